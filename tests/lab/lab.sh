#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Boots the lab's kernel and runs the cases inside, first in virtual time, then in real time those that say "# time: both".
#
# usage: tests/lab/lab.sh BUILD_DIR [CASE...]
#   LAB_KERNEL   a kernel instead of the cached one
#   LAB_ROOTFS   a folder to boot instead of /, with the tree at LAB_TREE inside; BUILD_DIR lies below it
#   LAB_ENV      "NAME=VALUE ...", for cases that look at such
#   LAB_TIMES    "virtual real" (default)
#   LAB_SECONDS, LAB_CASE_SECONDS   limits of a boot (180) and of a case (60)
# Cases that say "# nightly" run when they are named. Cases that say "# boots: 2" are, when they are named, booted again in virtual time: for the same
# numbers.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=$(cd "$1" && pwd)
shift
kernel=${LAB_KERNEL:-$("$here/kernel.sh")}
rootfs=${LAB_ROOTFS:-/}
tree=${LAB_TREE:-$root}
limit_s=${LAB_SECONDS:-180}
log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT
status=0
passed=0
wrong() { printf 'lab: %s\n' "$*" >&2; status=1; }

# cases_for TIME [CASE...]: those that run in this kind of time.
cases_for() {
  local time=$1 name
  shift
  # shellcheck disable=SC2046
  [ $# -gt 0 ] || set -- $(grep -L '^# nightly' "$here"/cases/*.sh)
  for name in "$@"; do
    name=$(basename "$name" .sh)
    [ -f "$here/cases/$name.sh" ] || { wrong "there is no case '$name'"; continue; }
    if [ "$time" = virtual ] || grep -q '^# time: both' "$here/cases/$name.sh"; then printf '%s ' "$name"; fi
  done
}

# boot TIME CASES: one boot; judges what the console said.
boot() {
  local time=$1 cases=$2 travel='' console=$log/$1 began now case
  [ "$time" = virtual ] && travel=time-travel=inf-cpu
  began=$(date +%s.%N)
  # The kernel keeps its memory in a file in TMPDIR. Virtual time begins at 0 of the host's day, real time as it is.
  # setarch: that memory begins behind the kernel's own heap, whose place the host draws by lot; by its size go TCP's windows, and by these times (docs/lab.md).
  # shellcheck disable=SC2086
  TMPDIR=/dev/shm timeout -k 5 "$limit_s" setarch -R "$kernel" mem=384M root=none rootfstype=hostfs rootflags="$rootfs" ro con0=null,fd:1 con=null ssl=null \
    quiet panic=-1 $travel init="$tree/tests/lab/init.sh" LAB_HERE="$tree/tests/lab" LAB_ROOT="$tree" LAB_BUILD="/${build#"$rootfs"}" LAB_TIME="$time" LAB_CASE_SECONDS="${LAB_CASE_SECONDS:-60}" "LAB_CASES=\"$cases\"" ${LAB_ENV:-} \
    </dev/null >"$console.raw" 2>&1 || true
  tr -d '\r' <"$console.raw" >"$console"
  now=$(date +%s.%N)
  if ! grep -q '^LAB BEGIN' "$console"; then
    tail -n 20 "$console" >&2
    wrong "the kernel did not start ($time time)"
    return
  fi
  grep -E '^(ok|not ok|#) ?' "$console" || true
  for case in $cases; do
    # A case that ended early, or that looked at nothing, is as wrong as one that failed.
    grep -q "^LAB EXIT $case 0\$" "$console" || wrong "case $case ended with: $(grep "^LAB EXIT $case " "$console" || echo 'no exit status')"
    awk -v c="$case" '$0 == "LAB CASE " c { inside = 1 } $0 ~ "^LAB EXIT " { inside = 0 } inside && /^ok / { n++ } END { exit !n }' "$console" \
      || wrong "case $case has not one good line"
  done
  grep -q '^LAB END' "$console" || wrong "the kernel did not come to the end ($time time, limit $limit_s s)"
  grep -q '^not ok' "$console" && wrong "$(grep -c '^not ok' "$console") checks failed ($time time)"
  [ $status -eq 0 ] || { echo "--- the console's end" >&2; tail -n 20 "$console" >&2; }
  passed=$((passed + $(grep -c '^ok' "$console" || true)))
  printf '# %s time: %d passed, %d failed, %.1f s\n' "$time" "$(grep -c '^ok' "$console" || true)" "$(grep -c '^not ok' "$console" || true)" \
    "$(echo "$now $began" | awk '{ print $1 - $2 }')"
}

# again CASES: what they print as "# number: " must be the same in another boot.
again() {
  local case cases='' first
  for case in $1; do
    if grep -q '^# boots: 2' "$here/cases/$case.sh"; then cases+="$case "; fi
  done
  [ -n "$cases" ] || return 0
  first=$(grep '^# number: ' "$log/virtual" || true)
  boot virtual "${cases% }"
  if [ -n "$first" ] && [ "$first" = "$(grep '^# number: ' "$log/virtual")" ]; then
    echo "ok - another boot, the same numbers"
    passed=$((passed + 1))
  else
    wrong "another boot gave other numbers: $first"
  fi
}

for time in ${LAB_TIMES:-virtual real}; do
  cases=$(cases_for "$time" "$@")
  [ -n "$cases" ] || continue
  boot "$time" "${cases% }"
  if [ "$time" = virtual ] && [ $# -gt 0 ]; then again "$cases"; fi
done
[ $passed -gt 0 ] || wrong "nothing was checked"
[ $status -eq 0 ] && echo "lab: $passed passed, 0 failed"
exit $status

#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What measuring costs beside an older state of the tree: bench_scan, linked with either's rooms, in turns, since no machine is always as fast;
# and counted in instructions, which no other load moves.
# usage: bench/compare.sh COMMIT [ROUNDS]
set -euo pipefail
commit=$1
rounds=${2:-9}
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'git -C "$root" worktree remove --force "$work/tree"; rm -rf "$work"' EXIT
git -C "$root" worktree add --quiet --detach "$work/tree" "$commit"
flags=(-std=gnu17 -O3 -g -fno-math-errno -ffp-contract=off -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64)
compiler=${CC:-gcc}
[ -n "${CC:-}" ] || ! command -v ccache >/dev/null || compiler="ccache gcc"

build() { # NAME TREE
  mkdir "$work/$1"
  for room in measure model base; do
    for file in "$2/rig/$room"/*.c; do printf '%s %s\n' "$file" "$work/$1/$room-$(basename "$file" .c).o"; done
  done >"$work/$1/list"
  printf '%s %s\n' "$root/tests/bench/bench_scan.c" "$work/$1/bench_scan.o" >>"$work/$1/list"
  xargs -L 1 -P "$(nproc)" sh -c "$compiler ${flags[*]} -I$2/rig/measure -I$2/rig/model -I$2/rig/base -c \"\$0\" -o \"\$1\"" <"$work/$1/list"
  gcc "$work/$1"/*.o -lm -o "$work/$1/bench_scan"
}

build old "$work/tree"
build new "$root"
for _ in $(seq "$rounds"); do
  for name in old new; do "$work/$name/bench_scan" 20 3 | awk -v name="$name" '/^scan and/ {print name, $4} /^measuring/ {print name "_us", $4}'; done
done | awk -v commit="$commit" '
  function middle(key,   i, j, t, n) {
    n = count[key]
    for (i = 1; i < n; i++) for (j = i; j > 0 && value[key, j - 1] > value[key, j]; j--) { t = value[key, j]; value[key, j] = value[key, j - 1]; value[key, j - 1] = t }
    return value[key, int(n / 2)]
  }
  { value[$1, count[$1]++] = $2 }
  $1 == "new" { value["ratio", count["ratio"]++] = $2 / value["old", count["old"] - 1] }
  END {
    printf "scan and measure     %7.0f MSa/s, %s %.0f MSa/s: %.2f of it, the median of %d pairs\n", middle("new"), commit, middle("old"), middle("ratio"), count["ratio"]
    printf "measuring a pulse    %7.1f us, %s %.1f us\n", middle("new_us"), commit, middle("old_us")
  }'
command -v valgrind >/dev/null || { echo "instructions: not counted, valgrind is not here"; exit 0; }
instructions() {
  valgrind --tool=callgrind --callgrind-out-file=/dev/null '--toggle-collect=time_measure*' "$work/$1/bench_scan" 10 1 2>&1 | awk '/Collected/ {print $NF}'
}
awk -v new="$(instructions new)" -v old="$(instructions old)" -v commit="$commit" \
  'BEGIN { printf "instructions         %7.1f M for 10 s, %s %.1f M: %.2f of it\n", new / 1e6, commit, old / 1e6, new / old }'

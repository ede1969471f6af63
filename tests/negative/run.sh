#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The negative suite of the program: every file cli/NAME.case is one wrong use,
#   args: the command line after `tmsrig` ($HERE is this folder, $TMP a fresh folder)
#   stderr: a fragment that the message must have
#   status: the exit status, 2 unless given
#   setup: a shell command run first, in $TMP
# For each: that exit status, one message line on stderr that starts with "tmsrig", nothing on stdout, no sanitizer report, no finished evidence.
# usage: run.sh TMSRIG
set -u
tmsrig=$(realpath "$1")
HERE=$(cd "$(dirname "$0")" && pwd)
export HERE
TMSRIG_DATA=$(cd "$HERE/../.." && pwd)
export TMSRIG_DATA
passed=0 failed=0

field() { sed -n "s/^$2: //p" "$1" | head -n 1; }
bad() { printf 'not ok %s: %s\n' "$name" "$1"; [ -s "$TMP/stderr" ] && sed 's/^/    /' "$TMP/stderr" | head -n 8; good=; }

for case in "$HERE"/cli/*.case; do
  name=$(basename "$case" .case)
  TMP=$(mktemp -d)
  export TMP TMSRIG_STATE=$TMP/state
  good=1
  args=$(field "$case" args) fragment=$(field "$case" stderr) want=$(field "$case" status) setup=$(field "$case" setup)
  if [ -z "$args$fragment" ]; then bad "the case file has no args and no stderr"; fi
  if [ -n "$setup" ]; then (cd "$TMP" && eval "$setup") || bad "its setup failed"; fi
  made=$(find "$TMP" -name SHA256SUMS)
  (cd "$TMP" && eval "timeout 60 \"$tmsrig\" $args" >stdout 2>stderr </dev/null)
  status=$?
  [ "$status" = "${want:-2}" ] || bad "exit status $status, expected ${want:-2}"
  grep -qF -- "$fragment" "$TMP/stderr" || bad "stderr lacks '$fragment'"
  head -n 1 "$TMP/stderr" | grep -qE '^tmsrig|^.*: (note|warning|strong warning): ' || bad "the message does not start with the program's name"
  grep -qE 'AddressSanitizer|runtime error|LeakSanitizer' "$TMP/stderr" && bad "a sanitizer report"
  [ -s "$TMP/stdout" ] && bad "something on stdout"
  [ "$(find "$TMP" -name SHA256SUMS)" != "$made" ] && bad "evidence that looks whole"
  rm -rf "$TMP"
  if [ -n "$good" ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -ge 30 ]

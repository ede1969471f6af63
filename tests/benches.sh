#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Every virtual bench, one device each, fires single pulses and conforms to the small spec; the monophasic one to its own.
# usage: benches.sh TMSRIG
set -u
tmsrig=$(realpath "$1")
TMSRIG_DATA=$(cd "$(dirname "$0")/.." && pwd)
export TMSRIG_DATA
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
for bench in "$TMSRIG_DATA"/fixtures/benches/virtual*.yaml; do
  name=$(basename "$bench" .yaml)
  # Without a channel for the capacitor nothing can be said of its discharge.
  [ "$name" = virtual-2ch ] && continue
  spec=smoke
  [ "$name" = virtual-monophasic ] && spec=example-monophasic
  if "$tmsrig" run single-pulse --bench "$name" --spec "$spec" --out "$work/$name" --quiet >/dev/null 2>"$work/err"; then
    passed=$((passed + 1))
    echo "ok: $name"
  else
    failed=$((failed + 1))
    echo "not ok: $name"
    tail -n 3 "$work/err"
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -ge 7 ]

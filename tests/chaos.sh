#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs in which anything may happen (kills/chaos.py): no pass that is not true, no evidence that looks whole and is not.
# usage: chaos.sh TMSRIG [COUNT [SEED]]
set -u
tmsrig=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
TMSRIG_DATA=$(cd "$here/.." && pwd)
export TMSRIG_DATA
folder=$(mktemp -d)
trap 'cd / && rm -rf "$folder"' EXIT
cd "$folder" || exit 2
"${CC:-cc}" -std=gnu17 -D_GNU_SOURCE -O2 -shared -fPIC -o clock_step.so "$here/kills/clock_step.c" || exit 2
/usr/bin/python3 -B "$here/kills/chaos.py" "$tmsrig" "$TMSRIG_DATA/fixtures" clock_step.so "${2:-300}" "${3:-1}"

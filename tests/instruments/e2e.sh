#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Sessions through the real drivers against `tmsrig sim`, and its faults in the midst of them (end_to_end.py).
# usage: e2e.sh TMSRIG [scenarios|faults [SERVER]|kill [COUNT]|loss [COUNT [SEED [PARALLEL]]]|sustained [SECONDS [MSA_PER_S]]]    (default: scenarios, faults, loss, kill 1)
set -u
tmsrig=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
shift
folder=$(mktemp -d)
export TMSRIG_STATE=$folder/state
trap 'cd / && rm -rf "$folder"' EXIT
export TMSRIG_STATE=$folder/state
cd "$folder" || exit 2
status=0
try() {
  if [ "$1" = loss ]; then
    shift
    /usr/bin/python3 "$here/losses.py" "$tmsrig" "$here/../../fixtures" "$@" || status=1
    return
  fi
  /usr/bin/python3 "$here/end_to_end.py" "$tmsrig" "$here/../../fixtures" "$@" || status=1
}
if [ $# -gt 0 ]; then
  try "$@"
else
  try scenarios
  try faults
  try loss
  try kill 1
fi
exit $status

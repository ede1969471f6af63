#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The rig stopped by its operator, refused by the bench's lock, and killed at random moments; the simulated device is looked at from outside.
# usage: safety.sh TMSRIG [KILLS [SEED]]
set -u
tmsrig=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
TMSRIG_DATA=$(cd "$here/.." && pwd)
export TMSRIG_DATA
folder=$(mktemp -d)
trap 'cd / && rm -rf "$folder"' EXIT
for tool in h5clear h5dump h5ls /usr/bin/python3; do
  command -v "$tool" >/dev/null || { echo "safety: $tool is missing" >&2; exit 2; }
done
cd "$folder" || exit 2
status=0
/usr/bin/python3 -B "$here/kills/kills.py" "$tmsrig" "$TMSRIG_DATA/fixtures" "${2:-2}" "${3:-1}" || status=1
brief=brief
[ "${2:-2}" -gt 10 ] && brief=
/usr/bin/python3 -B "$here/kills/paths.py" "$tmsrig" "$TMSRIG_DATA/fixtures" $brief || status=1
exit $status

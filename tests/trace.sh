#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Traceability from end to end: fingerprints against another implementation, the matrix, import and export, the files other tools read.
# usage: trace.sh TMSRIG [all]   (all: the files of every shipped scenario; TMSRIG_SCHEMAS: a folder with the published junit-10.xsd, JUnit.xsd,
#                                 needsfile.json, SI_Format.xsd, reqif.xsd, the IEEE's TestResults.xsd 3.06 and Common.xsd; TMSRIG_REQIF: a folder with
#                                 ReqIF files of other tools; TMSRIG_REQIF_LIBRARY: a folder with the Python library reqif)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
TMSRIG_DATA=${TMSRIG_DATA:-$(dirname "$here")}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
TMSRIG_SCHEMAS_CACHE=$("$here/trace/schemas.sh") || echo "NOT RUN: the published schemas of JUnit"
export TMSRIG_DATA TMSRIG_SCHEMAS_CACHE TMSRIG_STATE="$work/state" PYTHONDONTWRITEBYTECODE=1
tmsrig=$(realpath "$1")
cd "$work"
status=0
/usr/bin/python3 "$here/trace/trace.py" "$tmsrig" "$here/trace" || status=1
/usr/bin/python3 "$here/trace/foreign.py" "$tmsrig" "$here/trace" || status=1
/usr/bin/python3 "$here/trace/formats.py" "$tmsrig" "$here/trace" "${2:-brief}" || status=1
exit $status

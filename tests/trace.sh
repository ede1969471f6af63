#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Traceability from end to end: fingerprints against another implementation, the matrix, import and export, the files other tools read.
# usage: trace.sh TMSRIG   (TMSRIG_SCHEMAS: a folder with the published junit-10.xsd, JUnit.xsd, needsfile.json, SI_Format.xsd, reqif.xsd;
#                           TMSRIG_REQIF: a folder with ReqIF files of other tools)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
TMSRIG_DATA=${TMSRIG_DATA:-$(dirname "$here")}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TMSRIG_DATA TMSRIG_STATE="$work/state"
exec_in() { (cd "$work" && "$@"); }
exec_in /usr/bin/python3 "$here/trace/trace.py" "$(realpath "$1")" "$here/trace"

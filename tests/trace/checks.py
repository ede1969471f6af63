# SPDX-License-Identifier: GPL-3.0-or-later
"""Counting what was checked, for the tests of this folder."""
import sys

passed = failed = 0


def check(name, good, why=""):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print("not ok:", name, str(why)[:600])


def finish():
    """The last line, and the exit status."""
    print("%d passed, %d failed" % (passed, failed))
    sys.exit(1 if failed else 0)

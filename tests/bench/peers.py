# SPDX-License-Identifier: GPL-3.0-or-later
"""What NumPy and SciPy take on the same recording, in process, reading included. Neither does the whole task of the rig.
usage: peers.py FILE ROUNDS"""
import statistics
import sys
import time

import numpy as np
from scipy import signal

path, rounds = sys.argv[1], int(sys.argv[2])


def blocks():
    """Blocks of 256 frames in which channel 0 leaves its rest: finding only, no pulse is measured."""
    x = np.fromfile(path, dtype="<i2").reshape(-1, 2)
    n = x.shape[0] // 256 * 256
    cells = x[:n].reshape(-1, 256, 2)
    high, low = cells.max(axis=1), cells.min(axis=1)
    return int(((high[:, 0] > 200) | (low[:, 0] < -200)).sum()), x.size


def threshold():
    """Rising crossings of a threshold on channel 0: times to one sample, no fit."""
    x = np.fromfile(path, dtype="<i2").reshape(-1, 2)
    above = x[:, 0] > 1000
    return int(np.count_nonzero(above[1:] & ~above[:-1])), x.size


def peaks():
    """scipy.signal.find_peaks and peak_widths on channel 0: peak and half width."""
    x = np.fromfile(path, dtype="<i2").reshape(-1, 2)
    y = x[:, 0].astype(np.float32)
    found, _ = signal.find_peaks(y, height=1000, distance=10000)
    signal.peak_widths(y, found, wlen=2000)
    return len(found), x.size


for name, function in (("numpy: block min/max, finds blocks only", blocks), ("numpy: threshold crossings, 1 channel", threshold),
                       ("scipy: find_peaks, peak_widths, 1 channel", peaks)):
    seconds = []
    for _ in range(rounds):
        start = time.monotonic()
        found, samples = function()
        seconds.append(time.monotonic() - start)
    rate = [samples / s / 1e6 for s in seconds]
    print(f"{name:<44} {statistics.median(rate):7.0f} MSa/s [{min(rate):.0f}-{max(rate):.0f}]   found {found}")

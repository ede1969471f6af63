#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The first process of the lab's kernel. Its root is the host's file system, read-only; what is written goes to memory. Runs the cases named in
# LAB_CASES and prints what they say on the console, which the host reads; then switches the machine off.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/run TMPDIR=/run/tmp TMSRIG_STATE=/run/state LANG=C.UTF-8
fatal() { echo "LAB FATAL $*"; busybox poweroff -f; }
busybox mount -t proc proc /proc || fatal "proc"
busybox mount -t sysfs sysfs /sys || fatal "sysfs"
busybox mount -t devtmpfs devtmpfs /dev || fatal "devtmpfs"
mkdir -p /dev/pts /dev/shm
busybox mount -t devpts devpts /dev/pts || fatal "devpts"
busybox mount -t tmpfs tmpfs /dev/shm || fatal "shm"
busybox mount -t tmpfs tmpfs /run || fatal "run"
mkdir -p /run/tmp
busybox mount -t configfs configfs /sys/kernel/config || fatal "configfs"
busybox mount -t tracefs tracefs /sys/kernel/tracing || fatal "tracefs"
ln -s /proc/self/fd /dev/fd
busybox ip link set lo up || fatal "lo"
echo "LAB BEGIN $(uname -r) $LAB_TIME"
for case in $LAB_CASES; do
  echo "LAB CASE $case"
  mkdir -p "/run/$case" && cd "/run/$case" || fatal "/run/$case"
  timeout "${LAB_CASE_SECONDS:-60}" sh -u "$LAB_HERE/cases/$case.sh" 2>&1
  echo "LAB EXIT $case $?"
done
echo "LAB END"
busybox poweroff -f

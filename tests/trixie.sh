#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The tree on Debian 13 (libgpiod 2, libiio 0.26): builds in a chroot, runs the unit tests there, and boots the lab's kernel with that chroot as
# its root. The chroot is made in the cache, anew when the packages are others; needs root, and mmdebstrap.
#
# usage: tests/trixie.sh [SHELL-COMMAND]: instead of everything, only this, at the tree's top inside
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/.." && pwd)
chroot=${XDG_CACHE_HOME:-$HOME/.cache}/tmsrig/trixie
[ "$(id -u)" -eq 0 ] || { echo "trixie: needs root" >&2; exit 2; }
# The lists of packages have one place.
packages() { grep "^$1=" "$root/dev" | cut -d '"' -f 2; }

wanted="$(packages build_packages) $(packages driver_packages) libcriterion-dev libgsl-dev sigrok-cli procps busybox-static gpiod libiio-utils iiod"
if [ "$(cat "$chroot/.ready" 2>/dev/null)" != "$wanted" ]; then
  command -v mmdebstrap >/dev/null || apt-get install -y -qq --no-install-recommends mmdebstrap >/dev/null
  mirror=$(grep -hoE 'https?://[^ ]+/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -n 1 | tr -d ' ' || true)
  umount -q "$chroot/proc" "$chroot/dev/shm" "$chroot/dev/pts" 2>/dev/null || true
  rm -rf --one-file-system "$chroot"
  mkdir -p "$(dirname "$chroot")"
  # shellcheck disable=SC2086
  mmdebstrap --mode=root --variant=apt --quiet --include="$(echo $wanted | tr ' ' ',')" trixie "$chroot" ${mirror:+"$mirror"}
  echo "$wanted" >"$chroot/.ready"
fi

# The tree as committed, at the same path on both sides, so that the lab's kernel finds it below its root.
rm -rf "$chroot/tmsrig.new"
git clone -q "$root" "$chroot/tmsrig.new"
if [ -d "$chroot/tmsrig" ]; then
  for build in test lab; do [ ! -d "$chroot/tmsrig/build/$build" ] || { mkdir -p "$chroot/tmsrig.new/build"; mv "$chroot/tmsrig/build/$build" "$chroot/tmsrig.new/build/"; }; done
  rm -rf "$chroot/tmsrig"
fi
mv "$chroot/tmsrig.new" "$chroot/tmsrig"
mountpoint -q "$chroot/proc" || mount -t proc proc "$chroot/proc"
mountpoint -q "$chroot/dev/shm" || { mkdir -p "$chroot/dev/shm"; mount -t tmpfs tmpfs "$chroot/dev/shm"; }
# Simulated serial lines are pseudo-terminals; the chroot's own, for those of the machine are not to be seen in it.
mountpoint -q "$chroot/dev/pts" || { mkdir -p "$chroot/dev/pts"; mount -t devpts -o ptmxmode=0666 devpts "$chroot/dev/pts"; }
mounts=("$chroot/proc" "$chroot/dev/shm" "$chroot/dev/pts")
trap 'umount "${mounts[@]}"' EXIT
inside() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 chroot "$chroot" sh -c "cd /tmsrig && $1"; }

if [ $# -gt 0 ]; then inside "$1"; exit; fi
echo "$(inside 'pkg-config --modversion libgpiod') libgpiod, $(inside 'pkg-config --modversion libiio') libiio, $(inside 'gcc -dumpfullversion') gcc"
inside '[ -f build/test/build.ninja ] || meson setup build/test --buildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false >/dev/null
  ninja -C build/test >build/test/log || { tail -n 30 build/test/log; exit 1; }
  ! grep -A6 "warning:" build/test/log || exit 1
  meson test -C build/test --no-rebuild --print-errorlogs --suite unit'
inside '[ -f build/lab/build.ninja ] || meson setup build/lab --buildtype=release -Dtests=false -Dlab=true >/dev/null
  ninja -C build/lab >build/lab/log || { tail -n 30 build/lab/log; exit 1; }'
trap - EXIT
umount "${mounts[@]}"
LAB_ROOTFS=$chroot LAB_TREE=/tmsrig "$here/lab/lab.sh" "$chroot/tmsrig/build/lab"

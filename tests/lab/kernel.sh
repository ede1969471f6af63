#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Builds the lab's kernel once from Debian's source package, into a cache that is keyed by the source's version, the configuration and the
# patch. Prints the path of the kernel on standard output, all else on standard error.
#
# usage: tests/lab/kernel.sh [--path]
#   --path  only print where the kernel would be
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
package=linux-source-6.1
archive=/usr/src/$package.tar.xz
cache=${XDG_CACHE_HOME:-$HOME/.cache}/tmsrig/lab

say() { printf 'lab kernel: %s\n' "$*" >&2; }

[ "$(uname -m)" = x86_64 ] || { say "User Mode Linux runs on x86_64 only, this is $(uname -m)"; exit 2; }
version=$(dpkg-query -W -f='${Version}' "$package" 2>/dev/null) || { say "the package $package is not installed (./dev lab-kernel does)"; exit 2; }
key=$({ echo "$version"; cat "$here/kernel/lab.config" "$here/kernel/um.patch"; } | sha256sum | cut -c1-16)
kernel=$cache/$key/linux

if [ "${1:-}" = --path ]; then echo "$kernel"; exit; fi

mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
if [ -x "$kernel" ]; then echo "$kernel"; exit; fi

began=$SECONDS
work=$(mktemp -d "$cache/build.XXXXXX")
trap 'rm -rf "$work"' EXIT
log=$work/log
step() { "$@" >>"$log" 2>&1 || { tail -n 30 "$log" >&2; say "failed: $*"; exit 2; }; }

say "building $package $version for ARCH=um; this takes minutes, once"
mkdir "$work/source" "$work/out"
step tar --strip-components=1 -xJf "$archive" -C "$work/source"
step patch -d "$work/source" -p1 -i "$here/kernel/um.patch"
in_source() { nice -n 19 make -C "$work/source" ARCH=um O="$work/out" "$@"; }
step in_source KCONFIG_ALLCONFIG="$here/kernel/lab.config" allnoconfig

# Kconfig drops without a word what its dependencies do not allow.
missing=$(grep '^CONFIG_' "$here/kernel/lab.config" | grep -vxFf "$work/out/.config" || true)
if [ -n "$missing" ]; then
  say "these options of lab.config did not survive:"
  printf '%s\n' "$missing" >&2
  exit 2
fi

step in_source -j"$(nproc)" linux
mkdir -p "$cache/$key"
strip -o "$cache/$key/linux.new" "$work/out/linux"
cp "$work/out/.config" "$cache/$key/config"
mv "$cache/$key/linux.new" "$kernel"
say "$kernel, $(stat -c %s "$kernel") bytes, built in $((SECONDS - began)) s"
echo "$kernel"

#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Bundles of this machine on others, and theirs here: a bare Debian 12 with stock tools alone, Debian 13 (another compiler, libc, libm, HDF5), aarch64
# (under qemu), and x86-64 processors of other kinds. The others are folders in the cache, made by mmdebstrap; needs root and a Debian mirror.
# usage: elsewhere.sh TMSRIG [auditor|processors|trixie|arm64]...   (without: all of them)
set -uo pipefail
tmsrig=$(realpath "$1")
shift
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/tmsrig/elsewhere
[ "$(id -u)" -eq 0 ] || { echo "elsewhere: needs root" >&2; exit 2; }
work=$(mktemp -d)
mounted=() tsa=
clean() {
  [ -z "$tsa" ] || kill "$tsa" 2>/dev/null
  [ ${#mounted[@]} -eq 0 ] || umount "${mounted[@]}"
  rm -rf "$work"
}
trap clean EXIT
TMSRIG_DATA=$root TMSRIG_STATE=$work/state
export TMSRIG_DATA TMSRIG_STATE
failed=0
part() { echo "== elsewhere: $*"; }
must() { "$@" || { failed=$((failed + 1)); echo "not ok: $*"; }; }
bundles() { /usr/bin/python3 "$here/verify/bundles.py" "$@"; }
# The lists of packages have one place.
libraries() { grep "^build_packages=" "$root/dev" | cut -d '"' -f 2 | tr ' ' '\n' | grep -- '-dev$' | grep -v '^libc6-dev$'; }

# made NAME SUITE "PACKAGES" [ARCHITECTURES]: a Debian in a folder, anew when the packages are others
made() {
  local at=$cache/$1 mirror
  if [ "$(cat "$at/.ready" 2>/dev/null)" != "$2 $3" ]; then
    command -v mmdebstrap >/dev/null || apt-get install -y -qq --no-install-recommends mmdebstrap >/dev/null || return 1
    mirror=$(grep -hoE 'https?://[^ ]+/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -n 1 | tr -d ' ')
    rm -rf --one-file-system "$at"
    mkdir -p "$cache"
    # shellcheck disable=SC2086
    mmdebstrap --mode=root --variant=apt --quiet --include="$(echo $3 | tr ' ' ',')" ${4:+--architectures="$4"} "$2" "$at" ${mirror:+"$mirror"} || return 1
    echo "$2 $3" >"$at/.ready"
  fi
  mountpoint -q "$at/proc" || { mount -t proc proc "$at/proc" && mounted+=("$at/proc"); }
}
inside() { # NAME, shell command
  nice -n 19 env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 TMSRIG_DATA=/tmsrig TMSRIG_STATE=/state chroot "$cache/$1" bash -c "$2"
}
# The tree as committed, with the build directory that an earlier call left.
tree() {
  local at=$cache/$1
  rm -rf "$at/tmsrig.new" "$at/state"
  git clone -q "$root" "$at/tmsrig.new" || return 1
  [ ! -d "$at/tmsrig/build" ] || mv "$at/tmsrig/build" "$at/tmsrig.new/build"
  rm -rf "$at/tmsrig"
  mv "$at/tmsrig.new" "$at/tmsrig"
}
build() { # NAME, meson's options
  inside "$1" "cd /tmsrig && { [ -f build/there/build.ninja ] || meson setup build/there --buildtype=release -Dtests=false $2 >/dev/null; } &&
    ninja -C build/there rig/cli/tmsrig >build/log && ! grep -A6 'warning:' build/log" || { tail -n 20 "$cache/$1/tmsrig/build/log" 2>/dev/null; return 1; }
}

# Bundles of here, judged there, and of there, judged here.
exchange() { # NAME
  local at=$cache/$1
  rm -rf "$at/here" "$at/there"
  cp -r "$work/bundles" "$at/here"
  must bundles judge "$at/here" --inside /here "this machine's bundles judged by $1" chroot "$at" env TMSRIG_STATE=/state /tmsrig/build/tmsrig
  must inside "$1" "python3 /tmsrig/tests/verify/bundles.py make /tmsrig/build/tmsrig /there brief"
  must bundles judge "$at/there" "the bundles of $1 judged by this machine" "$tmsrig"
  must bundles judge "$at/there" --inside /there --same "the bundles of $1 judged by itself" chroot "$at" env TMSRIG_STATE=/state /tmsrig/build/tmsrig
  rm -rf "$at/here" "$at/there"
}

elsewhere_trixie() {
  part "Debian 13"
  made trixie trixie "gcc libc6-dev meson ninja-build pkg-config $(libraries | tr '\n' ' ')" && tree trixie && build trixie "" || return 1
  printf '#!/bin/sh\nexec /tmsrig/build/there/rig/cli/tmsrig "$@"\n' >"$cache/trixie/tmsrig/build/tmsrig"
  chmod 755 "$cache/trixie/tmsrig/build/tmsrig"
  inside trixie 'gcc -dumpfullversion | sed "s/^/gcc /"; ldd --version | head -n 1; pkg-config --modversion hdf5 | sed "s/^/hdf5 /"'
  exchange trixie
}

elsewhere_arm64() {
  part "aarch64, cross-compiled, under qemu"
  local packages
  packages="gcc gcc-aarch64-linux-gnu libc6-dev-arm64-cross meson ninja-build pkg-config qemu-user-static libc6:arm64 $(libraries | sed 's/$/:arm64/' | tr '\n' ' ')"
  made arm64 bookworm "$packages" amd64,arm64 && tree arm64 || return 1
  mkdir -p "$cache/arm64/tmsrig/build"
  cat >"$cache/arm64/tmsrig/build/cross.ini" <<'END'
[binaries]
c = 'aarch64-linux-gnu-gcc'
ar = 'aarch64-linux-gnu-ar'
strip = 'aarch64-linux-gnu-strip'
pkgconfig = 'pkg-config'
exe_wrapper = 'qemu-aarch64-static'
[properties]
pkg_config_libdir = '/usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig'
[host_machine]
system = 'linux'
cpu_family = 'aarch64'
cpu = 'cortex-a76'
endian = 'little'
END
  build arm64 "--cross-file build/cross.ini" || return 1
  printf '#!/bin/sh\nexec qemu-aarch64-static /tmsrig/build/there/rig/cli/tmsrig "$@"\n' >"$cache/arm64/tmsrig/build/tmsrig"
  chmod 755 "$cache/arm64/tmsrig/build/tmsrig"
  inside arm64 'qemu-aarch64-static --version | head -n 1; /tmsrig/build/tmsrig --version; od -An -tx2 -j18 -N2 /tmsrig/build/there/rig/cli/tmsrig | sed "s/^/ELF machine (00b7: aarch64)/"'
  exchange arm64
}

# The same program where libm takes other code: told by what it comes to, for /proc/cpuinfo says the same.
elsewhere_processors() {
  part "x86-64 of other kinds"
  local other
  [ "$(uname -m)" = x86_64 ] || { echo "NOT RUN: this machine is no x86-64"; return; }
  must bundles judge "$work/bundles" --same "the same program on the same processor" "$tmsrig"
  if grep -qw fma /proc/cpuinfo; then
    other=$(GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-FMA,-AVX2_Usable,-FMA_Usable bundles judge "$work/bundles" "libm without FMA and AVX2" "$tmsrig") ||
      failed=$((failed + 1))
    echo "$other"
    grep -q "libm chose other code" <<<"$other" || { failed=$((failed + 1)); echo "not ok: libm's other code was not noticed"; }
  else
    echo "NOT RUN: this processor has no FMA to be without"
  fi
  if [ -x "$cache/arm64/usr/bin/qemu-x86_64-static" ]; then
    must bundles judge "$work/bundles" "qemu's Nehalem (no AVX, no FMA)" "$cache/arm64/usr/bin/qemu-x86_64-static" -cpu Nehalem "$tmsrig"
  fi
  [ -f "$root/build/v3/build.ninja" ] || meson setup "$root/build/v3" --buildtype=release -Dtests=false -Dc_args=-march=x86-64-v3 >/dev/null
  if grep -qw avx2 /proc/cpuinfo; then
    must ninja -C "$root/build/v3" --quiet rig/cli/tmsrig
    must bundles judge "$work/bundles" "built for x86-64-v3" "$root/build/v3/rig/cli/tmsrig"
  fi
}

# A bundle with two signatures and a time stamp, another one like it, keys, certificates, the ledger.
for_auditor() {
  cd "$work" || return 1
  openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out tsa-ca.pem -subj "/CN=Test CA" -days 30 >/dev/null 2>&1 &&
    openssl req -newkey rsa:2048 -nodes -keyout tsa.key -out tsa.csr -subj "/CN=Test TSA" >/dev/null 2>&1 || return 1
  printf 'extendedKeyUsage = critical,timeStamping\n' >tsa.ext
  openssl x509 -req -in tsa.csr -CA tsa-ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile tsa.ext -out tsa.pem >/dev/null 2>&1 || return 1
  cat >tsa.cnf <<END
[tsa]
default_tsa = tsa1
[tsa1]
serial = $work/tsa.serial
signer_cert = $work/tsa.pem
certs = $work/tsa-ca.pem
signer_key = $work/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
END
  echo 01 >tsa.serial
  /usr/bin/python3 "$here/tamper/tsa.py" "$work" 2>tsa.log &
  tsa=$!
  for _ in $(seq 200); do [ -s port ] && break; sleep 0.05; done
  [ -s port ] || { cat tsa.log; return 1; }
  "$tmsrig" keygen --no-password --out meier.key >/dev/null && "$tmsrig" keygen --no-password --out sato.key >/dev/null || return 1
  for bundle in bundle other; do
    "$tmsrig" run smoke --operator "A. Meier" --reason "for the audit" --out $bundle --quiet >/dev/null 2>&1 &&
      "$tmsrig" sign $bundle --key meier.key --meaning performed --name "A. Meier" --tsa "http://127.0.0.1:$(cat port)/" --tsa-ca tsa-ca.pem >/dev/null &&
      "$tmsrig" sign $bundle --key sato.key --meaning approved --name "B. Sato" >/dev/null || return 1
  done
  "$tmsrig" export bundle bundle.zip >/dev/null || return 1
  sed -n '/^   ```python$/,/^   ```$/p' "$root/docs/bundle.md" | sed '1d;$d;s/^   //' >chain.py
}

elsewhere_auditor() {
  part "a bare Debian 12, stock tools alone"
  made audit bookworm "coreutils diffutils findutils grep sed jq python3 hdf5-tools minisign openssl unzip" && for_auditor || return 1
  local at=$cache/audit/audit line
  rm -rf "$at"
  mkdir "$at"
  cp -r "$work"/{other,bundle.zip,chain.py,meier.pub,sato.pub,tsa-ca.pem} "$here/elsewhere/auditor.sh" "$at"
  cp "$work/state/virtual/ledger.jsonl" "$at"
  # Every command stands in the documentation.
  while read -r line; do
    [ "$line" = "python3 chain.py ledger.jsonl" ] || [ "$line" = "python3 chain.py events.jsonl result.json" ] || grep -qF -- "    $line" "$root"/docs/{bundle,signing}.md ||
      { failed=$((failed + 1)); echo "not ok: docs/ does not say: $line"; }
  done < <("$here/elsewhere/auditor.sh" commands)
  inside audit '! command -v tmsrig && . /etc/os-release && echo "$PRETTY_NAME, $(dpkg-query -f . -W | wc -c) packages, no tmsrig, no library of it but those of hdf5-tools and openssl"'
  must inside audit "cd /audit && unzip -q bundle.zip && ./auditor.sh steps"
  must inside audit "cd /audit && ./auditor.sh tampered"
  rm -rf "$at"
}

parts=("$@")
[ $# -gt 0 ] || parts=(auditor trixie arm64 processors)
[ "${parts[*]}" = auditor ] || must bundles make "$tmsrig" "$work/bundles" brief
for one in "${parts[@]}"; do
  case $one in
    auditor | trixie | arm64 | processors) must "elsewhere_$one" ;;
    *) echo "elsewhere: there is no part '$one'"; exit 2 ;;
  esac
done
if [ "$failed" = 0 ]; then echo "elsewhere: all holds"; else echo "elsewhere: $failed not ok"; fi
[ "$failed" = 0 ]

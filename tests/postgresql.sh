# SPDX-License-Identifier: GPL-3.0-or-later
# To be sourced: a real PostgreSQL server of this machine in a scratch folder, on a Unix socket. The server refuses to be root's.
# shellcheck shell=bash
pg_bin=$(for dir in /usr/lib/postgresql/*/bin /usr/bin; do [ -x "$dir/initdb" ] && echo "$dir"; done | sort -V | tail -n 1)
pg_user=$(id -un)
pg_as=()

# pg_make FOLDER: an empty cluster; the folder must let others pass. pg_server is the connection string.
pg_make() {
  pg_folder=$1
  [ -n "$pg_bin" ] || { echo "there is no PostgreSQL server (package postgresql): NOT RUN" >&2; return 1; }
  if [ "$(id -u)" -eq 0 ]; then pg_user=nobody pg_as=(setpriv --reuid=nobody --regid=nogroup --clear-groups env "HOME=$pg_folder/pg"); fi
  mkdir -p "$pg_folder/pg" "$pg_folder/socket"
  chmod 755 "$pg_folder"
  [ "$(id -u)" -ne 0 ] || chown nobody:nogroup "$pg_folder/pg" "$pg_folder/socket"
  "${pg_as[@]}" "$pg_bin/initdb" -D "$pg_folder/pg/data" -U rig --auth=trust --no-sync -E UTF8 >"$pg_folder/initdb.log" 2>&1 || { cat "$pg_folder/initdb.log"; return 1; }
  pg_server="postgresql:///postgres?host=$pg_folder/socket&user=rig"
}

# pg_start [OPTION]...: options of the server.
pg_start() {
  "${pg_as[@]}" "$pg_bin/pg_ctl" -D "$pg_folder/pg/data" -w -t 60 -l "$pg_folder/pg/log" -o "-k $pg_folder/socket -c listen_addresses='' $*" start \
    >"$pg_folder/start.log" 2>&1 || { cat "$pg_folder/start.log" "$pg_folder/pg/log"; return 1; }
}

# The server's own process, which the others go with.
pg_pid() { head -n 1 "$pg_folder/pg/data/postmaster.pid"; }

pg_stop() {
  [ ! -f "$pg_folder/pg/data/postmaster.pid" ] || "${pg_as[@]}" "$pg_bin/pg_ctl" -D "$pg_folder/pg/data" -m immediate -w stop >/dev/null 2>&1
}

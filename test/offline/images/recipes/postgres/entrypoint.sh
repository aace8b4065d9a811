#!/bin/bash
# Starts Postgres, and makes its cluster at the first start. Keeps what the staging stack relies on of the official
# image: POSTGRES_USER, POSTGRES_DB, POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE, POSTGRES_INITDB_ARGS; trust from
# inside the container, passwords (scram) from outside; nothing listens on TCP until the cluster is whole.
set -euo pipefail

if [ "${1:-}" != postgres ]; then exec "$@"; fi

if [ "$(id -u)" = 0 ]; then
  chown postgres:postgres "$PGDATA"
  chmod 700 "$PGDATA"
  # The file may be readable by root only.
  if [ -n "${POSTGRES_PASSWORD_FILE:-}" ]; then
    POSTGRES_PASSWORD="$(cat "$POSTGRES_PASSWORD_FILE")"
    export POSTGRES_PASSWORD
    unset POSTGRES_PASSWORD_FILE
  fi
  exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi

user="${POSTGRES_USER:-postgres}"
database="${POSTGRES_DB:-$user}"
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  : "${POSTGRES_PASSWORD:?set POSTGRES_PASSWORD_FILE or POSTGRES_PASSWORD}"
  # What an interrupted first start left must not be taken for a cluster.
  find "$PGDATA" -mindepth 1 -delete
  # POSTGRES_INITDB_ARGS is a list of words, as in the official image.
  # shellcheck disable=SC2086
  initdb --username="$user" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") \
    --no-sync --auth-local=trust --auth-host=trust ${POSTGRES_INITDB_ARGS:-} >&2
  printf 'host all all all scram-sha-256\n' >>"$PGDATA/pg_hba.conf"
  if [ "$database" != postgres ]; then
    pg_ctl -D "$PGDATA" -w -o "-c listen_addresses=''" start >&2
    printf 'CREATE DATABASE :"name";\n' | psql -v ON_ERROR_STOP=1 -v name="$database" -U "$user" -d postgres >&2
    pg_ctl -D "$PGDATA" -w -m fast stop >&2
  fi
fi
unset POSTGRES_PASSWORD
exec "$@"

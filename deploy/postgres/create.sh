#!/usr/bin/env bash
# Runs create.sql with passwords from files, as containers have them. The image `postgres` runs it
# at its first start when it lies in /docker-entrypoint-initdb.d, with create.sql and grants.sql in
# SQL_DIR. Elsewhere libpq's variables (PGHOST, PGUSER, …) say where a superuser gets in.
set -euo pipefail

secret() { # NAME: the value of NAME, or what is in the file named by NAME_FILE
  local file_variable="$1_FILE"
  if [[ -n "${!1:-}" ]]; then
    printf '%s' "${!1}"
  elif [[ -n "${!file_variable:-}" ]]; then
    cat -- "${!file_variable}"
  else
    echo "create.sh: set $1 or $file_variable" >&2
    exit 1
  fi
}

OWNER_PASSWORD=$(secret OWNER_PASSWORD)
USER_PASSWORD=$(secret USER_PASSWORD)
export OWNER_PASSWORD USER_PASSWORD
directory=${SQL_DIR:-$(dirname -- "$0")}
exec psql --no-psqlrc --username "${PGUSER:-${POSTGRES_USER:-postgres}}" --dbname postgres \
  --file "$directory/create.sql"

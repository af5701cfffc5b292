#!/usr/bin/env bash
# Shows that a backup can be restored: backs up, restores into a database of its own, and compares
# every table's rows with those the backup was made of, while the service goes on writing. Afterwards
# that database is gone, and so is the file.
#
#   DATABASE_URL  what is backed up, as libpq takes it
#   DRILL_URL     a role that may make databases, connected to any database of the server to restore
#                 to: postgres://postgres@host/postgres
#   APP_ROLE      as for restore.sh
set -euo pipefail
here=$(cd -- "$(dirname -- "$0")" && pwd)
: "${DATABASE_URL:?}" "${DRILL_URL:?}"
database=chatbot_drill_$$
[[ $DRILL_URL =~ ^([a-z]+://[^/]+)/[^?]*(\?.*)?$ ]] || {
  echo "drill.sh: DRILL_URL must be like postgres://user@host/database" >&2
  exit 1
}
drill=${BASH_REMATCH[1]}/$database${BASH_REMATCH[2]-}
directory=$(mktemp -d)
admin() { psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --dbname "$DRILL_URL" --command "$1"; }
trap 'rm -rf -- "$directory"; admin "drop database if exists $database" 2>/dev/null' EXIT

# One transaction sees what the dump sees, so that nobody's writes make a difference.
coproc SOURCE { psql --no-psqlrc --quiet --no-align --tuples-only --dbname "$DATABASE_URL"; }
# shellcheck disable=SC2153 # bash sets it
source_pid=$SOURCE_PID to_source=${SOURCE[1]} from_source=${SOURCE[0]}
echo "begin isolation level repeatable read read only; select pg_export_snapshot();" >&"$to_source"
read -r -t 30 snapshot <&"$from_source"

started=$SECONDS
env -u BACKUP_METRICS_DIR BACKUP_DIR="$directory" BACKUP_SNAPSHOT="$snapshot" "$here/backup.sh"
backup_seconds=$((SECONDS - started))
{
  echo "\\o $directory/source"
  cat -- "$here/checksums.sql"
} >&"$to_source"
exec {to_source}>&-
wait "$source_pid"
[[ -s $directory/source ]]

started=$SECONDS
admin "create database $database template template0 encoding 'UTF8'"
file=("$directory"/chatbot_*.sql.gz)
DATABASE_URL=$drill "$here/restore.sh" "${file[0]}" >/dev/null
restore_seconds=$((SECONDS - started))
psql --no-psqlrc --quiet --dbname "$drill" --output "$directory/restored" --file "$here/checksums.sql"
diff "$directory/source" "$directory/restored" || {
  echo "drill.sh: the restored rows differ from those of the source" >&2
  exit 1
}
echo "equal, table by table (rows, checksum):"
cat -- "$directory/restored"
echo "backup $backup_seconds s, restore $restore_seconds s"

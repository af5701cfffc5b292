#!/usr/bin/env bash
# Writes a backup of the PostgreSQL database to BACKUP_DIR/chatbot_YYYYmmdd_HHMMSS.sql.gz (UTC), and
# then removes backups of its own that are older than BACKUP_KEEP_DAYS.
#
# The file appears under its name when it is whole, was read again and is safely on disk. On any
# failure the exit code is not 0, there is no file and nothing is removed.
#
#   DATABASE_URL        as the service has it, or DATABASE_URL_FILE; any role that may read all rows
#   BACKUP_DIR          /backups/chatbot
#   BACKUP_KEEP_DAYS    30
#   BACKUP_METRICS_DIR  where node_exporter's textfile collector looks; unset: no metrics
#   BACKUP_SNAPSHOT     an exported snapshot to show, for drill.sh
set -euo pipefail
umask 077

fail() {
  echo "backup.sh: $1" >&2
  exit 1
}

# Takes a URL of the service apart: what is not libpq's is dropped, and the password goes to the
# environment, since other users of the machine may read command lines.
read_url() {
  local url=${DATABASE_URL:-} rest credentials query kept=()
  [[ -n $url || -z ${DATABASE_URL_FILE:-} ]] || url=$(<"$DATABASE_URL_FILE") ||
    fail "DATABASE_URL_FILE: cannot read $DATABASE_URL_FILE"
  [[ -n $url ]] || fail "set DATABASE_URL or DATABASE_URL_FILE"
  [[ $url =~ ^postgres(ql)?(\+asyncpg)?:// ]] ||
    fail "DATABASE_URL must begin with postgres:// or postgresql:// (SQLite: chatbot-api backup)"
  rest=${url#*://}
  query=
  [[ $rest != *\?* ]] || query=${rest#*\?}
  rest=${rest%%\?*}
  if [[ $rest == *@* ]]; then
    credentials=${rest%@*}
    rest=${rest##*@}
    if [[ $credentials == *:* ]]; then
      PGPASSWORD=${credentials#*:}
      PGPASSWORD=$(printf '%b' "${PGPASSWORD//%/\\x}")
      export PGPASSWORD
    fi
    rest=${credentials%%:*}@$rest
  fi
  local parameter parameters
  IFS='&' read -ra parameters <<<"$query"
  for parameter in "${parameters[@]}"; do
    case $parameter in
      pool_size=* | max_overflow=* | '') ;;
      *) kept+=("$parameter") ;;
    esac
  done
  query=$(IFS='&' && echo "${kept[*]-}")
  connection=postgresql://$rest${query:+?$query}
}

partial=
child=
on_exit() {
  local code=$?
  [[ -z $child ]] || kill "$child" 2>/dev/null || true
  [[ -z $partial ]] || rm -f -- "$partial"
  exit "$code"
}
trap on_exit EXIT
# The shell waits for its child in the background, so that a signal ends both at once.
trap 'echo "backup.sh: stopped by a signal" >&2; exit 143' TERM INT HUP

write_metrics() { # SECONDS BYTES
  [[ -n ${BACKUP_METRICS_DIR:-} ]] || return 0
  local file=$BACKUP_METRICS_DIR/chatbot_backup.prom
  cat >"$file.$$" <<METRICS
# HELP chatbot_backup_last_success_timestamp_seconds When the last good backup was written, since 1970.
# TYPE chatbot_backup_last_success_timestamp_seconds gauge
chatbot_backup_last_success_timestamp_seconds $(date +%s)
# HELP chatbot_backup_duration_seconds How long it took.
# TYPE chatbot_backup_duration_seconds gauge
chatbot_backup_duration_seconds $1
# HELP chatbot_backup_size_bytes How large it is.
# TYPE chatbot_backup_size_bytes gauge
chatbot_backup_size_bytes $2
METRICS
  chmod 644 "$file.$$"
  mv -- "$file.$$" "$file"
}

directory=${BACKUP_DIR:-/backups/chatbot}
keep=${BACKUP_KEEP_DAYS:-30}
[[ $keep =~ ^[1-9][0-9]{0,3}$ ]] || fail "BACKUP_KEEP_DAYS must be a number of days, 1 to 9999"
[[ -z ${BACKUP_METRICS_DIR:-} || -w $BACKUP_METRICS_DIR ]] ||
  fail "BACKUP_METRICS_DIR: cannot write to $BACKUP_METRICS_DIR"
connection=
read_url
mkdir -p -- "$directory" || fail "BACKUP_DIR: cannot make $directory"
exec 9<"$directory"
flock --nonblock 9 || fail "another backup is being written to $directory"
# Nobody else writes now, so these were left by one that was killed.
rm -f -- "$directory"/.chatbot_*.partial

name=chatbot_$(date -u +%Y%m%d_%H%M%S).sql.gz
[[ ! -e $directory/$name ]] || fail "$directory/$name is there already"
partial=$directory/.$name.partial
# Ownership and grants belong to the server a backup is restored to: postgres/grants.sql makes them.
pg_dump --dbname="$connection" --no-password --format=plain --compress=6 --file="$partial" \
  --no-owner --no-privileges ${BACKUP_SNAPSHOT:+--snapshot="$BACKUP_SNAPSHOT"} 9<&- &
child=$!
wait "$child" || fail "pg_dump failed; there is no new backup"
child=

# What a full disk cut off is no gzip file, or has no end.
gzip --test "$partial" || fail "the backup cannot be read again; it was removed"
end=$(gzip --decompress --stdout "$partial" | tail -n 20)
[[ $end == *"PostgreSQL database dump complete"* ]] || fail "the backup has no end; it was removed"
sync -- "$partial" || fail "the backup does not get to the disk; it was removed"
bytes=$(stat -c %s -- "$partial")
mv --no-clobber -- "$partial" "$directory/$name"
partial=
sync -- "$directory"
echo "wrote $directory/$name, $bytes bytes, in $SECONDS s"
write_metrics "$SECONDS" "$bytes"

digits='[0-9][0-9]'
find "$directory" -maxdepth 1 -type f -mtime "+$keep" \
  -name "chatbot_$digits$digits$digits${digits}_$digits$digits$digits.sql.gz" \
  -print -delete | sed 's/^/removed /'

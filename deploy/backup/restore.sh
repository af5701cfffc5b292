#!/usr/bin/env bash
# Restores a backup that backup.sh wrote: restore.sh [--replace] FILE
#
# The file is read through first. Everything happens in one transaction: on any failure the database
# is as it was. Without --replace a database with tables is refused; with it they are dropped.
#
#   DATABASE_URL  of the role that owns the schema and migrates (chatbot_owner), or DATABASE_URL_FILE
#   APP_ROLE      the role the service runs as, which gets its grants: chatbot_user
#
# The service must be stopped: while APP_ROLE is connected, nothing is done.
set -euo pipefail

fail() {
  echo "restore.sh: $1" >&2
  exit 1
}

replace=false
if [[ ${1:-} == --replace ]]; then
  replace=true
  shift
fi
[[ $# -eq 1 ]] || fail "usage: restore.sh [--replace] FILE"
file=$1
app_role=${APP_ROLE:-chatbot_user}
grants=$(dirname -- "$0")/../postgres/grants.sql
[[ -f $grants ]] || fail "there is no $grants"

url=${DATABASE_URL:-}
[[ -n $url || -z ${DATABASE_URL_FILE:-} ]] || url=$(<"$DATABASE_URL_FILE")
[[ -n $url ]] || fail "set DATABASE_URL or DATABASE_URL_FILE"
[[ $url =~ ^postgres(ql)?:// ]] || fail "DATABASE_URL must begin with postgres:// or postgresql://"
# Other users of the machine may read command lines, so the password goes to the environment.
if [[ $url =~ ^([a-z]+://[^:@/]+):([^@/]*)@(.*)$ ]]; then
  PGPASSWORD=$(printf '%b' "${BASH_REMATCH[2]//%/\\x}")
  export PGPASSWORD
  url=${BASH_REMATCH[1]}@${BASH_REMATCH[3]}
fi

[[ -f $file ]] || fail "there is no file $file"
gzip --test "$file" || fail "$file is damaged; nothing was changed"
end=$(gzip --decompress --stdout "$file" | tail -n 20)
[[ $end == *"PostgreSQL database dump complete"* ]] ||
  fail "$file has no end; nothing was changed"

query() {
  psql --no-psqlrc --no-password --dbname "$url" --set ON_ERROR_STOP=1 --quiet --tuples-only \
    --no-align "$@"
}

connected=$(query --set app_role="$app_role" <<'SQL'
select count(*) from pg_stat_activity where datname = current_database() and usename = :'app_role';
SQL
) || fail "cannot ask the database; nothing was changed"
[[ $connected == 0 ]] || fail "$app_role is connected $connected times: stop the service first"
known=$(query --set app_role="$app_role" <<<"select count(*) from pg_roles where rolname = :'app_role'")
[[ $known == 1 ]] || fail "there is no role $app_role: run postgres/create.sql, or set APP_ROLE"
# What create.sql makes ahead of the first migration is nothing to lose.
tables=$(query <<'SQL'
select count(*) from pg_tables where schemaname = 'public' and tablename <> '__diesel_schema_migrations';
SQL
)
[[ $tables == 0 || $replace == true ]] ||
  fail "the database has $tables tables: --replace drops them"

{
  cat <<'SQL'
set client_min_messages = warning;
set lock_timeout = '10s';
select format('drop table %I.%I cascade', schemaname, tablename)
from pg_tables where schemaname = 'public' \gexec
SQL
  gzip --decompress --stdout "$file"
  # The dump leaves its session with an empty search path.
  echo "set search_path = public;"
  cat -- "$grants"
} | query --single-transaction --set app_role="$app_role" --output /dev/null ||
  fail "the restore failed; the database is as it was"
query <<<'set client_min_messages = error; analyze' || fail "the rows are back; ANALYZE failed"

echo "restored $file:"
query <<'SQL'
select format('select %L, count(*) from public.%I', tablename, tablename)
from pg_tables where schemaname = 'public' and tablename <> '__diesel_schema_migrations'
order by tablename \gexec
SQL
cat <<'NEXT'
Before the service starts: run `chatbot-api migrate up`, and give it another JWT_SECRET and no
JWT_PREVIOUS_SECRETS. Tokens of people who signed out after the backup would be good again, and
accounts that were deleted after it are back.
NEXT

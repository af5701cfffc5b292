# shellcheck shell=sh
# Runs a PostgreSQL with the roles and rules of a test until the standard input ends, and leaves
# nothing behind. Arguments: the directory of its programs, its port. Variables, in PEM format:
# CERTIFICATE and KEY of the server, empty for one without TLS; AUTHORITY, whose clients it knows. PASSWORD is that of ada.
# Says "ready" when it listens.
set -eu
programs=$1
port=$2
umask 077
directory=$(mktemp -d "${TMPDIR:-/tmp}/todo-postgres.XXXXXX")
log=$directory/log
data=$directory/data

clean_up() {
    code=$?
    [ "$code" = 0 ] || tail -n 30 "$log" >&2
    "$programs/pg_ctl" --pgdata="$data" --wait stop --mode=immediate >>"$log" 2>&1 || :
    rm -rf "$directory"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

"$programs/initdb" --pgdata="$data" --username=postgres --auth=trust --encoding=UTF8 --locale=C \
    --no-sync >"$log" 2>&1 </dev/null
cat >>"$data/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = '$directory'
shared_buffers = 16MB
fsync = off
CONF
if [ -n "$CERTIFICATE" ]; then
    printf '%s' "$CERTIFICATE" >"$data/server.crt"
    printf '%s' "$KEY" >"$data/server.key"
    printf '%s' "$AUTHORITY" >"$data/root.crt"
    printf "ssl = on\nssl_ca_file = 'root.crt'\n" >>"$data/postgresql.conf"
    cat >"$data/pg_hba.conf" <<RULES
local     all all           trust
hostnossl all plain     all trust
hostssl   all encrypted all trust
hostssl   all ada       all scram-sha-256
hostssl   all certified all cert
RULES
fi
"$programs/pg_ctl" --pgdata="$data" --wait --timeout=60 --log="$log" --options="-p $port" start \
    >>"$log" 2>&1 </dev/null
"$programs/psql" --quiet --set=ON_ERROR_STOP=1 --host="$directory" --port="$port" \
    --username=postgres >>"$log" 2>&1 <<SQL
CREATE ROLE plain SUPERUSER LOGIN;
CREATE ROLE encrypted SUPERUSER LOGIN;
CREATE ROLE ada SUPERUSER LOGIN PASSWORD '$PASSWORD';
CREATE ROLE certified SUPERUSER LOGIN;
SQL
echo ready
cat >/dev/null

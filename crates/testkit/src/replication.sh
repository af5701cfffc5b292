# shellcheck shell=sh
# Runs a PostgreSQL and a streaming replica of it until the standard input ends, and leaves nothing
# behind. Arguments: the directory of its programs, the port of the primary, that of the replica.
# Says "ready", then obeys lines such as "stop replica" and says "done" after each.
set -eu
programs=$1
primary=$2
replica=$3
umask 077
directory=$(mktemp -d "${TMPDIR:-/tmp}/todo-replication.XXXXXX")
log=$directory/log

control() {
    server=$1
    shift
    "$programs/pg_ctl" --pgdata="$directory/$server" --wait --timeout=60 "$@" \
        >>"$log" 2>&1 </dev/null
}

start() {
    case $1 in
        primary) port=$primary ;;
        replica) port=$replica ;;
    esac
    control "$1" start --log="$log" --options="-p $port"
}

clean_up() {
    code=$?
    [ "$code" = 0 ] || tail -n 30 "$log" >&2
    for server in replica primary; do
        control "$server" stop --mode=immediate || :
    done
    rm -rf "$directory"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

"$programs/initdb" --pgdata="$directory/primary" --username=postgres --auth=trust --encoding=UTF8 \
    --locale=C --no-sync >"$log" 2>&1 </dev/null
cat >>"$directory/primary/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 50
shared_buffers = 16MB
fsync = off
full_page_writes = off
wal_keep_size = 256MB
wal_retrieve_retry_interval = 100ms
CONF
start primary
"$programs/pg_basebackup" --pgdata="$directory/replica" --host=127.0.0.1 --port="$primary" \
    --username=postgres --write-recovery-conf --checkpoint=fast --no-sync >>"$log" 2>&1 </dev/null
start replica
echo ready

while read -r action server; do
    case $action in
        start) start "$server" ;;
        # As if the machine had lost its power.
        stop) control "$server" stop --mode=immediate ;;
        restart)
            control "$server" stop --mode=immediate
            start "$server"
            ;;
    esac
    echo "done"
done

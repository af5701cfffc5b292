# shellcheck shell=sh
# Runs a PostgreSQL until the standard input ends, and leaves nothing behind.
# Arguments: the directory of its programs, the port it listens on.
set -eu
programs=$1
port=$2
umask 077
directory=$(mktemp -d "${TMPDIR:-/tmp}/todo-postgres.XXXXXX")
server=

# Asked more than once: a server that is only starting does not listen to signals yet.
stop() {
    while kill -INT "$1" 2>/dev/null; do sleep 1; done
}

trap '[ -z "$server" ] || stop "$server"; rm -rf "$directory"' EXIT
trap 'exit 1' HUP INT TERM

# Upper and lower case of letters beyond ASCII need a locale that knows them.
for locale in C.UTF-8 en_US.UTF-8 C; do
    if "$programs/initdb" --pgdata="$directory/data" --username=postgres --auth=trust \
        --encoding=UTF8 --locale="$locale" --no-sync >"$directory/log" 2>&1 </dev/null; then
        break
    fi
    [ "$locale" != C ] || { cat "$directory/log" >&2; exit 1; }
done

"$programs/postgres" -D "$directory/data" -p "$port" \
    -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200 \
    -c fsync=off -c synchronous_commit=off -c full_page_writes=off \
    >"$directory/log" 2>&1 </dev/null &
server=$!

exec 3<&0
(
    cat <&3 >/dev/null
    stop "$server"
) &

wait "$server" || { tail -n 20 "$directory/log" >&2; exit 1; }

#!/usr/bin/env bash
# Run one file of pgTAP tests in a database of its own: a private cluster under /tmp, all migrations, the roles.
#   tests/db/run.sh FILE.sql     from anywhere; exit code 77 where PostgreSQL or pgTAP is not installed
#
# The session's time zone is one that no test is about, so that what depends on it shows. A guardian, which
# outlives us however we end, stops the server and removes the folder.
set -euo pipefail
folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
migrations=$(realpath "$folder/../../sql/migrations")
programs=/usr/lib/postgresql/15/bin

skip() {
    printf 'skipped: %s\n' "$*"
    exit 77
}

[ $# = 1 ] && [ -f "$1" ] || {
    printf 'usage: tests/db/run.sh FILE.sql\n' >&2
    exit 2
}
tests=$(realpath "$1")
[ -x "$programs/postgres" ] || skip "PostgreSQL 15 is not installed"
[ -f /usr/share/postgresql/15/extension/pgtap.control ] || skip "postgresql-15-pgtap is not installed"
command -v pg_prove >/dev/null || skip "libtap-parser-sourcehandler-pgtap-perl is not installed"

work=$(mktemp -d /tmp/ff-tap-XXXXXX)
server=() # who runs the server's programs: it refuses root
if [ "$(id -u)" = 0 ]; then
    chown postgres "$work"
    server=(runuser -u postgres --)
fi
cd "$work"

clear_up() {
    [ ! -f "$work/data/postmaster.pid" ] ||
        "${server[@]}" "$programs/pg_ctl" stop -D "$work/data" -m immediate -s -w >/dev/null 2>&1
    rm -rf "$work"
}

# It waits for the end of a pipe that we alone hold, and is nobody's child: who kills us with all our
# children does not get it.
mkfifo "$work/alive"
(
    trap '' HUP INT TERM
    (
        set +e
        cat "$work/alive" >/dev/null
        cd /
        clear_up
    ) </dev/null >/dev/null 2>&1 &
)
exec {alive}>"$work/alive"
trap 'status=$?; set +e; cd /; clear_up; exit $status' EXIT

run() { "$@" {alive}>&-; }

run "${server[@]}" "$programs/initdb" -D "$work/data" -U floorfuse -A trust -E UTF8 --locale=C -N >initdb.log 2>&1 || {
    cat initdb.log >&2
    exit 1
}
cat >>"$work/data/postgresql.conf" <<END
listen_addresses = ''
unix_socket_directories = '$work'
timezone = 'Pacific/Auckland'
shared_buffers = 32MB
max_connections = 20
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
jit = off
END
run "${server[@]}" "$programs/pg_ctl" start -D "$work/data" -l "$work/server.log" -s -w || {
    cat "$work/server.log" >&2
    exit 1
}

export PGHOST=$work PGUSER=floorfuse PGDATABASE=test PGOPTIONS='-c client_min_messages=warning'
export MIGRATIONS=$migrations # for tests that make a database of their own
export PSQLRC=/dev/null
sql() { run psql -qX -v ON_ERROR_STOP=1 "$@"; }
sql -d postgres -c 'CREATE DATABASE test'
for migration in "$migrations"/*.sql; do
    sql -1 -o /dev/null -f "$migration"
done
sql -o /dev/null -c 'SELECT apply_roles()'
sql -c 'CREATE SCHEMA tap' -c 'GRANT USAGE ON SCHEMA tap TO PUBLIC' -c 'CREATE EXTENSION pgtap SCHEMA tap' \
    -c 'ALTER DATABASE test SET search_path = public, tap'
run pg_prove "$tests"

# cluster.sh - sourced by the tests in shell: a throw-away folder and private PostgreSQLs in it, gone at the end
#
# A test calls make_work and guard_work first; what lies in $work then goes with the test, however it ends.
# shellcheck shell=bash
set -euo pipefail
programs=/usr/lib/postgresql/15/bin
cluster_tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
migrations=$(realpath "$cluster_tests/../../sql/migrations")

# End the test: it has failed.
fail() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

# End the test: it cannot run here.
skip() {
    printf 'skipped: %s\n' "$*"
    exit 77
}

need_postgresql() { [ -x "$programs/postgres" ] || skip "PostgreSQL 15 is not installed"; }

# ---- the folder ----

# Make $work. All may enter: the server may run as another user.
make_work() {
    work=$(mktemp -d /tmp/floorfuse-test.XXXXXX)
    chmod 755 "$work"
}

# guard_work [COMMAND...]: clear up when the test ends; COMMAND is run first, to end what is no PostgreSQL.
#
# Our trap does it in time for who waits for us. Where we are killed, a guardian does. It has a session of its own
# and is nobody's child: who kills us with all our children, as ctest does at the time limit, or with our group does
# not get it.
guard_work() {
    at_end=("$@")
    setsid --fork "$cluster_tests/guardian.sh" $$ "$work" "$@" </dev/null >/dev/null 2>&1
    trap cleanup EXIT
}

# The trap, which keeps the exit code.
cleanup() {
    local status=$?
    clear_up "${at_end[@]}"
    exit "$status"
}

# Kill what was built here and works in $work, if a test failed before it could: a program that is told to stop may
# want its database for that.
end_programs() {
    local process
    for process in /proc/[0-9]*; do
        [[ $(readlink "$process/exe") == "${build:-/nowhere}"/* ]] || continue
        [[ $(readlink "$process/cwd") == "$work"* || $(tr '\0' ' ' <"$process/cmdline") == *"$work/"* ]] || continue
        kill -KILL "${process#/proc/}"
    done
}

# clear_up [COMMAND...]: run it, kill what is left of our programs, stop all servers in $work and remove the folder. Whoever comes second has no work.
clear_up() {
    local data
    set +e
    cd /
    [ -d "$work" ] || return
    [ $# = 0 ] || "$@"
    end_programs
    find "$work" -name postmaster.pid -printf '%h\n' | while read -r data; do
        as_server "$programs/pg_ctl" stop -D "$data" -m immediate -s -w </dev/null
    done
    rm -rf "$work"
} >/dev/null 2>&1

# ---- clusters; NAME is also that of the data folder in $work ----

# Run one of the server's programs: they refuse root. In / because postgres may not be allowed to enter our folder.
as_server() (
    cd /
    if [ "$(id -u)" = 0 ]; then exec runuser -u postgres -- "$@"; else exec "$@"; fi
)

# cluster_make NAME [OPTION...]: a cluster that listens in $work/socket, made with initdb's options. What its test
# appends to its postgresql.conf comes after our settings and wins.
#
# No test and no store lives in the session's time zone, so that what depends on it shows.
cluster_make() {
    local data=$work/$1
    shift
    mkdir -p "$work/socket" "$data"
    [ "$(id -u)" != 0 ] || chown postgres "$work/socket" "$data"
    as_server "$programs/initdb" -D "$data" -U floorfuse -A trust -E UTF8 --locale=C -N "$@" \
        >"$work/initdb.log" 2>&1 || {
        cat "$work/initdb.log" >&2
        fail "could not make a cluster in $data"
    }
    cat >>"$data/postgresql.conf" <<END
listen_addresses = ''
unix_socket_directories = '$work/socket'
timezone = 'Pacific/Auckland'
shared_buffers = 32MB
max_connections = 20
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
jit = off
END
}

cluster_start() {
    as_server "$programs/pg_ctl" start -D "$work/$1" -l "$work/$1/server.log" -s -w || {
        cat "$work/$1/server.log" >&2
        fail "could not start the cluster in $work/$1"
    }
}

# cluster_stop NAME HOW: as pg_ctl's modes: smart, fast, immediate
cluster_stop() { as_server "$programs/pg_ctl" stop -D "$work/$1" -m "$2" -s -w; }

# cluster_database DATABASE: make a database with all migrations and the roles in the cluster at the default port.
# From here on it is psql's default, too.
cluster_database() {
    local migration
    export PGHOST=$work/socket PGUSER=floorfuse PGDATABASE=$1 PSQLRC=/dev/null
    export PGOPTIONS='-c client_min_messages=warning'
    cluster_sql -d postgres -c "CREATE DATABASE $1"
    for migration in "$migrations"/*.sql; do
        cluster_sql -1 -f "$migration"
    done
    cluster_sql -c 'SELECT apply_roles()'
}

# cluster_sql ARGUMENT...: psql, which ends at the first error and shows no rows
cluster_sql() { psql -qX -v ON_ERROR_STOP=1 -o /dev/null "$@"; }

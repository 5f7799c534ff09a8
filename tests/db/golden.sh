#!/usr/bin/env bash
# Run all queries of etc/grafana and docs/bi.md on the sample chain and compare with tests/data/bi/golden.
#   tests/db/golden.sh BUILD SOURCE              exit code 77 where PostgreSQL is not installed
#   UPDATE=1 tests/db/golden.sh BUILD SOURCE     write the golden files anew; check them by the sample's comments
#
# The queries run as a login that was given what a BI tool is given, allow_reader(), and nothing else.
. "$(dirname "${BASH_SOURCE[0]}")/../system/common.sh"
programs=/usr/lib/postgresql/15/bin
source=$(realpath "$source")
golden=$source/tests/data/bi/golden
python=/usr/bin/python3

[ -x "$programs/postgres" ] || skip "PostgreSQL 15 is not installed"
[ -x "$python" ] || skip "python3 is not installed"

server=() # who runs the server's programs: it refuses root
if [ "$(id -u)" = 0 ]; then
    chown postgres "$work"
    server=(runuser -u postgres --)
fi
cd "$work"
"${server[@]}" "$programs/initdb" -D "$work/pg" -U floorfuse -A trust -E UTF8 --locale=C -N >"$work/initdb.log" 2>&1 || {
    cat "$work/initdb.log" >&2
    fail "could not make a cluster in $work/pg"
}
# A time zone that no store is in: roll-ups must not depend on the session's. (golden.py shows times in UTC.)
"${server[@]}" tee -a "$work/pg/postgresql.conf" >/dev/null <<END
listen_addresses = ''
unix_socket_directories = '$work'
timezone = 'Pacific/Auckland'
shared_buffers = 32MB
max_connections = 10
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
jit = off
END
"${server[@]}" "$programs/pg_ctl" start -D "$work/pg" -l "$work/server.log" -s -w || {
    cat "$work/server.log" >&2
    fail "could not start the cluster in $work/pg"
}

export PGHOST=$work PGUSER=floorfuse PGDATABASE=sample PSQLRC=/dev/null
export PGOPTIONS='-c client_min_messages=warning'
sql() { psql -qX -v ON_ERROR_STOP=1 -o /dev/null "$@"; }
sql -d postgres -c 'CREATE DATABASE sample'
for migration in "$source"/sql/migrations/*.sql; do
    sql -1 -f "$migration"
done
sql -c 'SELECT apply_roles()'
sql -f "$source/tests/data/bi/store.sql"
sql -c 'CREATE ROLE tool LOGIN' -c "SELECT allow_reader('tool', 'corner-shops')"

mkdir "$work/out"
PGUSER=tool "$python" "$source/tests/db/golden.py" "$source" "$work/out" || fail "queries; see above"

if [ -n "${UPDATE:-}" ]; then
    mkdir -p "$golden"
    rm -f "$golden"/*.txt
    cp "$work"/out/*.txt "$golden/"
    printf 'wrote %s; see git diff\n' "$golden"
    exit 0
fi
diff -ru "$golden" "$work/out" ||
    fail "results differ from tests/data/bi/golden; where they should, run UPDATE=1 $0 $build $source"
printf '%s queries give what they should\n' "$(cat "$work"/out/*.txt | grep -c '^== ')"

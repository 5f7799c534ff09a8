#!/usr/bin/env bash
# Run one file of pgTAP tests in a database of its own: a private cluster under /tmp, all migrations, the roles.
#   tests/db/run.sh FILE.sql     from anywhere; exit code 77 where PostgreSQL or pgTAP is not installed
# shellcheck source=tests/db/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"

if [ $# != 1 ] || [ ! -f "$1" ]; then
    printf 'usage: tests/db/run.sh FILE.sql\n' >&2
    exit 2
fi
tests=$(realpath "$1")
need_postgresql
[ -f /usr/share/postgresql/15/extension/pgtap.control ] || skip "postgresql-15-pgtap is not installed"
command -v pg_prove >/dev/null || skip "libtap-parser-sourcehandler-pgtap-perl is not installed"

make_work
# shellcheck disable=SC2119 # it takes a command, not our arguments
guard_work
cd "$work"
cluster_make pg
cluster_start pg
cluster_database test
cluster_sql -c 'CREATE SCHEMA tap' -c 'GRANT USAGE ON SCHEMA tap TO PUBLIC' -c 'CREATE EXTENSION pgtap SCHEMA tap' \
    -c 'ALTER DATABASE test SET search_path = public, tap'
export MIGRATIONS=$migrations # for tests that make a database of their own
pg_prove "$tests"

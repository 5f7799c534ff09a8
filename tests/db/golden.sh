#!/usr/bin/env bash
# Run all queries of etc/grafana and docs/bi.md on the sample chain and compare with tests/data/bi/golden.
#   tests/db/golden.sh BUILD SOURCE              exit code 77 where PostgreSQL is not installed
#   UPDATE=1 tests/db/golden.sh BUILD SOURCE     write the golden files anew; check them by the sample's comments
#
# The queries run as a login that was given what a BI tool is given, allow_reader(), and nothing else.
# shellcheck source=tests/system/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../system/common.sh"
golden=$source/tests/data/bi/golden
python=/usr/bin/python3

need_postgresql
[ -x "$python" ] || skip "python3 is not installed"

# Roll-ups must not depend on the session's time zone. (golden.py shows times in UTC.)
cd "$work"
cluster_make pg
cluster_start pg
cluster_database sample
cluster_sql -f "$source/tests/data/bi/store.sql"
cluster_sql -c 'CREATE ROLE tool LOGIN' -c "SELECT allow_reader('tool', 'corner-shops')"

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

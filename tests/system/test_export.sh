#!/usr/bin/env bash
# The database by hand: what migrate --dry-run says, and views as CSV through the real program.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
need_postgresql
make_store
cfg=$work/store.cfg
ff=$build/floorfuse
sql() { "$ff" psql --config "$cfg" -- -qtAX -v ON_ERROR_STOP=1 -c "$1"; }
export_csv() { "$ff" export --config "$cfg" "$@"; }
files=("$source"/sql/migrations/*.sql)

# Looking makes nothing, not even the cluster.
said=$("$ff" migrate --config "$cfg" --dry-run)
[ ! -e "$work/pg" ] || fail "migrate --dry-run made the database"
[ "$(wc -l <<<"$said")" = $((${#files[@]} + 1)) ] || fail "migrate --dry-run said: $said"
diff <(head -n -1 <<<"$said") <(head -qn 1 "${files[@]}" | sed 's/^-- //') || fail "not the files' first lines"
grep -q "would apply ${#files[@]} migrations; the schema is at version 0" <<<"$said" || fail "$said"
"$ff" migrate --config "$cfg"
[ "$("$ff" migrate --config "$cfg" --dry-run)" = \
    "would apply 0 migrations; the schema is at version ${#files[@]}" ] || fail "not all were applied"

# Views that are not in the schema: a long one, and one that fails half way.
sql "CREATE VIEW v_many AS SELECT generate_series(1, 3000000) AS n, 'a \"b\", c' AS words, NULL AS nothing"
sql "CREATE VIEW v_broken AS SELECT 1 / (90000 - n) AS n FROM (SELECT generate_series(1, 100000) AS n) AS s"

export_csv --list >"$work/list"
grep -q '^v_heat_cell  *Heat, one row per' "$work/list" || fail "--list has no v_heat_cell"
export_csv --list --view v_exposure | grep -q '^bucket_at  *Start of the bucket$' || fail "no columns in --list"

export_csv --view v_many --columns words,n,nothing --csv "$work/many.csv"
[ "$(wc -l <"$work/many.csv")" = 3000001 ] || fail "$(wc -l <"$work/many.csv") lines in many.csv"
[ "$(head -n 2 "$work/many.csv")" = $'words,n,nothing\n"a ""b"", c",1,' ] || fail "$(head -n 2 "$work/many.csv")"
export_csv --view v_many --columns words,n,nothing --csv - | cmp - "$work/many.csv"
export_csv --view v_heat_cell --from 2026-11-23 --csv - >"$work/none.csv" 2>"$work/stderr"
[ "$(wc -l <"$work/none.csv")" = 1 ] || fail "rows in an empty database"
grep -q 'has no rows that fit' "$work/stderr" || fail "no word about an empty export"

# A reader that has had enough: no words, exit code 1, and no server left running.
set +eo pipefail
export_csv --view v_many --csv - 2>"$work/stderr" | head -n 1 >"$work/first"
status=${PIPESTATUS[0]}
set -eo pipefail
[ "$status" = 1 ] || fail "exit code $status of a broken pipe"
[ ! -s "$work/stderr" ] || fail "a broken pipe was told: $(cat "$work/stderr")"
[ "$(cat "$work/first")" = n,words,nothing ] || fail "$(cat "$work/first")"
[ ! -e "$work/pg/data/postmaster.pid" ] || fail "the database still runs"

# A file is written whole or not at all.
echo before >"$work/kept.csv"
expect_failure 1 'division by zero' "$ff" export --config "$cfg" --view v_broken --csv "$work/kept.csv"
[ "$(cat "$work/kept.csv")" = before ] || fail "a failed export replaced the file"
expect_failure 1 'division by zero' "$ff" export --config "$cfg" --view v_broken --csv "$work/new.csv"
[ -z "$(find "$work" -maxdepth 1 -name '*new*')" ] || fail "a failed export left a file"
expect_failure 1 "$work/nowhere/x.csv" "$ff" export --config "$cfg" --view v_many --csv "$work/nowhere/x.csv"
expect_failure 1 'No space left' "$ff" export --config "$cfg" --view v_many --csv /dev/full

# Wrong words
expect_failure 1 'did you mean v_heat_cell?' "$ff" export --config "$cfg" --view v_heat_cel --csv -
expect_failure 1 'did you mean dwell_s?' "$ff" export --config "$cfg" --view v_heat_cell --columns dwel_s --csv -
expect_failure 1 'there is no view' "$ff" export --config "$cfg" --view 'v_many"; DROP VIEW v_many; --' --csv -
expect_failure 1 'no column' "$ff" export --config "$cfg" --view v_many --columns 'n) TO STDOUT; DROP VIEW v_many; --' --csv -
expect_failure 1 'is not in the database' "$ff" export --config "$cfg" --view v_heat_cell --store "x'; DROP VIEW v_many; --" --csv -
expect_failure 1 'no column that times could limit' "$ff" export --config "$cfg" --view v_many --from 2026-11-23 --csv -
expect_failure 2 'give --csv' "$ff" export --config "$cfg" --view v_many
expect_failure 2 'give --view' "$ff" export --config "$cfg" --csv -
expect_failure 2 '--from must be before --to' "$ff" export --config "$cfg" --view v_many --csv - --from 2026-11-24 --to 2026-11-23
expect_failure 2 'is not a time' "$ff" export --config "$cfg" --view v_many --csv - --from soon
[ "$(sql "SELECT to_regclass('v_many')")" = v_many ] || fail "words became SQL"

# A database that the program must not touch is refused by --dry-run too.
sql "UPDATE schema_version SET sha256 = '00' WHERE version = 2"
expect_failure 1 'migrations are never edited' "$ff" migrate --config "$cfg" --dry-run

#!/usr/bin/env bash
# The whole way on real video: two camera programs, fusion, a private PostgreSQL, pictures. Then the same
# sums must be in the summary, in the table and in SQL.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
need_video
make_store

engine=()
[ -e "$work/model" ] || engine=(--engine hog)
timeout 600 "$build/floorfuse" demo --config "$work/store.cfg" --out "$work/out" "${engine[@]}"

for file in heatmap.png movement.png heatmap.csv tracks.csv summary.json; do
    [ -s "$work/out/$file" ] || fail "$file is missing or empty"
done

value() { grep -m 1 "\"$1\"" "$work/out/summary.json" | tr -dc '0-9.'; }

# All 795 frames of both cameras came through, none was lost on the wire.
[ "$(value frames_published)" = 1590 ] || fail "published $(value frames_published) of 1590 frames"
[ "$(value frames_received)" = 1590 ] || fail "received $(value frames_received) of 1590 frames"
[ "$(value frames_missed)" = 0 ] || fail "missed $(value frames_missed) frames"
[ "$(value tracks)" -ge 5 ] || fail "only $(value tracks) tracks on a clip with 19 people"

# The same dwell three times: fusion's own sum, the CSV table, SQL.
sql() { "$build/floorfuse" psql --config "$work/store.cfg" -- -qtAX -c "$1"; }
from_sql=$(sql "SELECT round(sum(dwell_s)::numeric, 1) FROM v_heat_cell")
from_csv=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "dwell_s") c = i; next }
    { s += $c } END { printf "%.1f", s }' "$work/out/heatmap.csv")
from_summary=$(value dwell_s)
awk -v a="$from_sql" -v b="$from_csv" -v c="$from_summary" 'BEGIN {
    exit !(a > 0 && (a - b < 0.5 && b - a < 0.5) && a <= c + 0.5) }' ||
    fail "dwell differs: SQL $from_sql s, CSV $from_csv s, fusion $from_summary s"
printf 'dwell: SQL %s s, CSV %s s, fusion %s s\n' "$from_sql" "$from_csv" "$from_summary"

# Nobody is not the same as not seen.
[ "$(sql "SELECT count(*) > 0 FROM v_heat_cell WHERE dwell_s = 0 AND exposure_s > 0")" = t ] ||
    fail "no cell where somebody looked and nobody came"
[ "$(sql "SELECT count(*) FROM v_heat_cell WHERE dwell_s = 0 AND coalesce(exposure_s, 0) = 0")" = 0 ] ||
    fail "cells that nobody saw show 0"

# The same recording again writes the same buckets: nothing doubles.
timeout 600 "$build/floorfuse" demo --config "$work/store.cfg" --out "$work/out" "${engine[@]}" >/dev/null
again=$(sql "SELECT round(sum(dwell_s)::numeric, 1) FROM v_heat_cell")
awk -v a="$from_sql" -v b="$again" 'BEGIN { exit !(b < 1.05 * a && b > 0.95 * a) }' ||
    fail "the second run changed the sums from $from_sql s to $again s"

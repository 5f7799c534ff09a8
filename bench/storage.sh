#!/usr/bin/env bash
# The cases of tools/bench storage: what a chain's facts take on disk, how fast they are written, rolled up and
# read, beside a naive schema filled with the same facts where there is one, else beside what was asked for. The
# server is a private one with the settings that floorfuse gives it; without --keep it and its data go away in the end.
# Usage: bench/storage.sh FOLDER_OF_PROGRAMS [--quick] [--keep] [--plans FILE]
set -euo pipefail
programs=$1
shift
chain=(--days 30 --year-days 365 --stores 1001 --hour-stores 50 --heat-stores 3)
buckets=20000
runs=9
keep=0 plans=
while [ $# -gt 0 ]; do
    case $1 in
    --quick) chain=(--days 10 --year-days 31 --stores 51 --hour-stores 3 --heat-stores 1) buckets=1000 runs=3 ;;
    --keep) keep=1 ;;
    --plans)
        plans=${2:?"--plans needs a FILE"}
        shift
        ;;
    *)
        echo "bench/storage.sh: unknown option $1 (known: --quick, --keep, --plans FILE)" >&2
        exit 2
        ;;
    esac
    shift
done
option() { # option NAME: its value among those of the generator
    local i
    for ((i = 0; i < ${#chain[@]}; i += 2)); do [ "${chain[i]}" != "$1" ] || echo "${chain[i + 1]}"; done
}
days=$(option --days) year_days=$(option --year-days) stores=$(option --stores)

# shellcheck source=bench/line.sh
. "$(dirname "${BASH_SOURCE[0]}")/line.sh"
failed=0

# What a store-year has: 12 hours a day.
year_buckets=$((365 * 12 * 60)) year_hours=$((365 * 12)) year_dates=365

# ---- the server ----

bin=/usr/lib/postgresql/15/bin
[ -x "$bin/pg_ctl" ] || {
    echo "bench/storage.sh: PostgreSQL 15 is not installed (no $bin/pg_ctl)" >&2
    exit 1
}
work=$(mktemp -d /tmp/ff-bench.XXXXXX)
chmod 755 "$work"
as_owner=()
[ "$(id -u)" != 0 ] || as_owner=(runuser -u postgres --)

control() { (cd / && "${as_owner[@]}" "$bin/pg_ctl" -D "$work/pg/data" -w -s "$@") >&2; }
start() { control start -l "$work/pg/server.log" "$@"; }
stop() { control stop -m "${1:-fast}"; }
# shellcheck disable=SC2317 # called by the trap
clear_up() {
    if [ "$keep" = 1 ]; then
        echo "kept: psql 'host=$work/pg/socket user=floorfuse dbname=floorfuse', data in $work" >&2
        return
    fi
    [ ! -f "$work/pg/data/postmaster.pid" ] || stop immediate || true
    rm -rf "$work"
}
trap clear_up EXIT
trap 'exit 1' INT TERM

conninfo="host=$work/pg/socket user=floorfuse dbname=floorfuse"
sql() { psql -qAtX -v ON_ERROR_STOP=1 -d "$conninfo" "$@"; }
note() { printf '%s %s\n' "$(date +%T)" "$*" >&2; }

# The cluster, its settings and its schema are those of a store.
make_cluster() {
    cat >"$work/store.cfg" <<EOF
chain = "bench";
store = { id = "store-1"; timezone = "Europe/Berlin"; };
database = { mode = "embedded"; dir = "$work/pg"; };
run_dir = "$work/run";
floors = ( { id = "ground"; plan = { png = "plan.png"; metres_per_pixel = 0.05; origin_m = [0.0, 0.0]; }; } );
cameras = ( { id = "camera-1"; floor = "ground"; url = "rtsp://127.0.0.1/"; calibration = "camera-1.cfg"; } );
EOF
    "$programs/floorfuse" migrate --config "$work/store.cfg" >&2
}

# Only while millions of rows are copied in: what is measured has the store's own settings.
start_for_loading() {
    start -o "-c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_wal_size=4GB -c shared_buffers=512MB -c autovacuum=off"
}

# Heat of the year: that of store 1 again, on later dates and in more stores. Rows are copied as they are compressed.
repeat_heat() {
    sql <<EOF
CREATE TEMP TABLE target AS
SELECT s AS store_id, DATE '2025-06-01' + d AS local_date, DATE '2025-06-01' + (d + 7 * (s - 1)) % $days AS from_date
FROM generate_series(1, $(($(option --heat-stores) + 1))) AS s CROSS JOIN generate_series(0, $((year_days - 1))) AS d
WHERE s <> 2 AND (s <> 1 OR d >= $days);
INSERT INTO heat_hour (store_id, floor_id, hour_at, is_open, local_hour, local_date, grid_id, definition_id, hour_end,
    first_bucket_at, last_bucket_end, cell, dwell_ms, passes, move_x_cm, move_y_cm, path_cm)
SELECT t.store_id, 1, a.at, true, h.local_hour, t.local_date, 1, 1, a.at + '1 hour', a.at, a.at + '1 hour', h.cell,
    h.dwell_ms, h.passes, h.move_x_cm, h.move_y_cm, h.path_cm
FROM target AS t
JOIN heat_hour AS h ON h.store_id = 1 AND h.local_date = t.from_date
CROSS JOIN LATERAL (SELECT (t.local_date + h.local_hour * interval '1 hour') AT TIME ZONE 'Europe/Berlin' AS at) AS a
ORDER BY t.local_date, h.local_hour, t.store_id;
INSERT INTO heat_day (store_id, floor_id, local_date, is_open, grid_id, definition_id, day_at, day_end,
    first_bucket_at, last_bucket_end, cell, dwell_ms, passes, move_x_cm, move_y_cm, path_cm)
SELECT t.store_id, 1, t.local_date, true, 1, 1, t.local_date::timestamp AT TIME ZONE 'Europe/Berlin',
    (t.local_date + 1)::timestamp AT TIME ZONE 'Europe/Berlin',
    (t.local_date + time '08:00') AT TIME ZONE 'Europe/Berlin', (t.local_date + time '20:00') AT TIME ZONE 'Europe/Berlin',
    d.cell, d.dwell_ms, d.passes, d.move_x_cm, d.move_y_cm, d.path_cm
FROM target AS t JOIN heat_day AS d ON d.store_id = 1 AND d.local_date = t.from_date
ORDER BY t.local_date, t.store_id;
EOF
}

load() { "$programs/bench/storage_chain" "$1" "${chain[@]}" | sql; }

# ---- figures ----

of() { jq "$1" <<<"$2"; }

# less_is_better NAME FIGURE UNIT BASELINE BASELINE_IS [MORE_JSON]: a line whose ratio is baseline to figure
less_is_better() { line "$1" "$2" "$3" "$4" "$5" "$(jq -n "$4 / $2")" "${6:-{\}}"; }

# timed TIMES SQL [BEFORE]: ms of each run in one session, a line each
timed() {
    local i
    {
        printf '%s\n\\timing on\n' "${3:-}"
        for ((i = 0; i < $1; i++)); do printf '%s;\n' "$2"; done
    } | sql -f - | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p'
}

# timing SQL [BEFORE]: the first run, and median and least of $runs warm ones in the same session; and the processor
# time of the server process, which others on the machine do not lengthen as much
timing() {
    local i
    {
        printf '%s\n' "${2:-}" 'SELECT pg_backend_pid() AS pid \gset' '\setenv BACKEND :pid' '\timing on'
        for ((i = 0; i <= runs; i++)); do
            printf '%s\n' "\\! sed 's/^/cpu /; s/ [0-9]* [0-9]*\$//' /proc/\$BACKEND/schedstat" "$1;"
        done
        printf '%s\n' "\\! sed 's/^/cpu /; s/ [0-9]* [0-9]*\$//' /proc/\$BACKEND/schedstat"
    } | sql -f - | sed -n 's/^Time: \([0-9.]*\) ms.*/{"ms": \1}/p; s/^cpu \([0-9]*\)$/{"cpu_ns": \1}/p' | jq -sc '
        def median: sort | .[length / 2 | floor];
        (map(.ms // empty)) as $ms | (map(.cpu_ns // empty)) as $cpu
        | {first_ms: $ms[0], median_ms: ($ms[1:] | median), least_ms: ($ms[1:] | min),
           processor_ms: ([range(1; $cpu | length - 1) | ($cpu[. + 1] - $cpu[.]) / 1e6] | median)}'
}

# query NAME TARGET_MS SQL BASELINE_MS BASELINE_IS [BEFORE]
query() {
    local measured
    measured=$(timing "$3" "${6:-}")
    less_is_better "$1" "$(of .median_ms "$measured")" ms "$4" "$5" \
        "$(jq -c --argjson target "$2" '{target: $target, first_ms, least_ms, processor_ms}' <<<"$measured")"
    plan "$1" "$3" "${6:-}"
}

# plan NAME SQL [BEFORE]: with --plans, a section of that file
plan() {
    [ -n "$plans" ] || return 0
    {
        printf '\n## %s\n\n    %s\n\n' "$1" "$2"
        { echo "${3:-}" && echo "EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) $2;"; } | sql -f - |
            grep -Ev 'never executed|Heap Blocks|Recheck Cond|Heap Fetches|Buckets:' | cut -c1-140 | sed 's/^/    /'
    } >>"$plans"
}

# size FACT...: bytes of these tables, with indexes and TOAST; partitions without rows left out
size() {
    local names
    names=$(printf "'%s'," "$@")
    sql -c "SELECT coalesce(sum(pg_total_relation_size(inhrelid)), 0) FROM pg_inherits
        WHERE inhparent::regclass::text IN (${names%,}) AND pg_relation_size(inhrelid) > 0"
}

# facts LEVEL: the tables of a level
facts() { sql -c "SELECT fact FROM fact_table WHERE level = '$1' ORDER BY fact"; }

# store_year NAME BYTES ROWS_OF_TIME OF_YEAR BASELINE_MB BASELINE_IS TARGET_MB: extrapolated
store_year() {
    less_is_better "$1, a store-year" "$(jq -n "$2 / $3 * $4 / 1e6")" MB "$5" "$6" \
        "$(jq -nc --argjson target "${7:-null}" '{target: $target}')"
}

# ---- size ----

# The naive schemas get three days of store 1.
make_naive() {
    sql <<'EOF'
CREATE TABLE naive_cell (store_id integer, floor_id integer, bucket_at timestamptz, cell integer,
    dwell_ms integer NOT NULL, passes integer NOT NULL, PRIMARY KEY (store_id, floor_id, bucket_at, cell));
CREATE TABLE naive_array (store_id integer, floor_id integer, bucket_at timestamptz, cell integer[] NOT NULL,
    dwell_ms integer[] NOT NULL, passes integer[] NOT NULL, PRIMARY KEY (store_id, floor_id, bucket_at));
INSERT INTO naive_cell
SELECT store_id, floor_id, bucket_at, e.cell, sum(e.dwell_ms), sum(e.passes)
FROM heat_bucket CROSS JOIN LATERAL heat_cells(first_cell, dwell_unit_ms, cells) AS e
WHERE store_id = 1 AND bucket_at < '2025-06-10T00:00Z'
GROUP BY store_id, floor_id, bucket_at, e.cell
HAVING sum(e.dwell_ms) > 0
ORDER BY bucket_at, cell;
INSERT INTO naive_array
SELECT store_id, floor_id, bucket_at, array_agg(cell), array_agg(dwell_ms), array_agg(passes)
FROM (SELECT * FROM naive_cell ORDER BY bucket_at, cell) AS c
GROUP BY store_id, floor_id, bucket_at
ORDER BY bucket_at;
ANALYZE naive_cell, naive_array;
EOF
}

report_buckets() {
    local rows naive_rows cell array fact
    rows=$(sql -c "SELECT count(*) FROM heat_bucket")
    naive_rows=$(sql -c "SELECT count(*) FROM naive_array")
    cell=$(jq -n "$(sql -c "SELECT pg_total_relation_size('naive_cell')") / $naive_rows * $year_buckets / 1e6")
    array=$(jq -n "$(sql -c "SELECT pg_total_relation_size('naive_array')") / $naive_rows * $year_buckets / 1e6")
    less_is_better "occupied cells of a bucket" "$(sql -c "SELECT avg(cardinality(cell)) FROM naive_array")" cells 300 "as asked" \
        "$(sql -c "SELECT json_build_object('entries', avg(octet_length(cells) / 5)::integer) FROM heat_bucket")"
    store_year "minutes of heat" "$(size heat_bucket)" "$rows" "$year_buckets" "$cell" "one row a cell" 500
    less_is_better "minutes of heat in plain arrays of cell, dwell, passes, a store-year" "$array" MB "$cell" "one row a cell"
    for fact in $(facts bucket); do
        [ "$fact" = heat_bucket ] ||
            store_year "minutes, $fact" "$(size "$fact")" "$rows" "$year_buckets" "$cell" "heat, one row a cell"
    done
    # shellcheck disable=SC2046 # names
    store_year "minutes, all facts" "$(size $(facts bucket))" "$rows" "$year_buckets" "$cell" "heat, one row a cell"
}

# ---- rolling up ----

# roll_up: call by call until nothing is left, "HOURS_AND_DAYS MS" a line
roll_up() {
    local answer
    while answer=$(printf '%s\n' '\timing on' "SELECT roll_up(2, '2025-07-05T00:00Z');" | sql -f -) &&
        [ "${answer%%$'\n'*}" != 0 ]; do
        sed 'N; s/\nTime: \([0-9.]*\) ms.*/ \1/' <<<"$answer"
    done
}

report_roll_up() {
    local calls all_ms hours=84 sums_ms heat_ms day_ms
    sql -c "DELETE FROM rollup_hour_pending WHERE store_id = 1 OR hour_at >= '2025-06-08T00:00Z'" -c "ANALYZE"
    calls=$(roll_up)
    all_ms=$(awk '{ sum += $2 } END { print sum }' <<<"$calls")
    less_is_better "rolling up a week of one floor, all levels" "$all_ms" ms 604800000 "a week" \
        "$(jq -nc --argjson longest "$(awk '$2 > most { most = $2 } END { print most }' <<<"$calls")" '{longest_call_ms: $longest}')"
    sums_ms=$(timing "SELECT rollup_hour_sums(2, 1, '{2025-06-03T08:00Z}')")
    heat_ms=$(timing "SELECT rollup_hour_heat(2, 1, '{2025-06-03T08:00Z}')")
    day_ms=$(timing "SELECT rollup_day_sums(2, 1, '{2025-06-03}'), rollup_day_heat(2, 1, '{2025-06-03}')")
    less_is_better "rolling up one more bucket (the sums of its hour)" "$(of .median_ms "$sums_ms")" ms 60000 "a bucket's time"
    less_is_better "rolling up the heat of an hour" "$(of .median_ms "$heat_ms")" ms 3600000 "an hour"
    less_is_better "rolling up a day" "$(of .median_ms "$day_ms")" ms 86400000 "a day"
    sql -c "VACUUM FULL heat_hour, heat_day, zone_hour, zone_day"
    less_is_better "occupied cells of an hour" "$(sql -c "SELECT avg(cardinality(cell)) FROM heat_hour WHERE is_open")" cells \
        18000 "60 buckets of 300"
    # shellcheck disable=SC2046 # names
    {
        store_year "hours of heat" "$(size heat_hour)" "$hours" "$year_hours" 500 "what minutes may take"
        store_year "hours, all facts" "$(size $(facts hour))" "$hours" "$year_hours" 500 "what minutes may take"
        store_year "days of heat" "$(size heat_day)" 7 "$year_dates" 500 "what minutes may take"
        store_year "days, all facts" "$(size $(facts day))" 7 "$year_dates" 500 "what minutes may take"
    }
}

# ---- reading ----

minute_from=2025-06-03T08:17Z minute_to=2025-06-10T09:43Z # any week to the minute
day_from=2025-06-02T22:00Z day_to=2025-06-09T22:00Z       # whole days of the store's clock

heat_query() { echo "SELECT * FROM heat_sum(1, 1, '$1', '$2')"; }

naive_week() {
    case $1 in
    cell) echo "SELECT cell, sum(dwell_ms), sum(passes) FROM naive_cell
        WHERE store_id = 1 AND floor_id = 1 AND bucket_at >= '$day_from' AND bucket_at < '$day_to' GROUP BY cell" ;;
    array) echo "SELECT cell, sum(dwell_ms), sum(passes) FROM (SELECT unnest(cell) AS cell, unnest(dwell_ms) AS dwell_ms,
        unnest(passes) AS passes FROM naive_array
        WHERE store_id = 1 AND floor_id = 1 AND bucket_at >= '$day_from' AND bucket_at < '$day_to') AS u GROUP BY cell" ;;
    esac | tr -s ' \n' ' '
}

# Composed or minute by minute, the sums are the same.
check_same() {
    local composed minutes same=1
    composed=$(sql -c "SELECT count(*), round(sum(dwell_s)::numeric, 1), sum(passes), round(sum(path_m)::numeric, 2)
        FROM heat_sum(1, 1, '$minute_from', '$minute_to')")
    minutes=$(sql -c "SELECT count(DISTINCT e.cell) FILTER (WHERE e.dwell_ms > 0), round(sum(e.dwell_ms) / 1000.0, 1),
            sum(e.passes), round(sum(e.path_cm) / 100.0, 2)
        FROM heat_bucket AS b CROSS JOIN LATERAL heat_cells(b.first_cell, b.dwell_unit_ms, b.cells) AS e
        WHERE b.store_id = 1 AND b.floor_id = 1 AND b.bucket_at >= '$minute_from' AND b.bucket_at < '$minute_to'")
    [ "$composed" = "$minutes" ] || same=0 failed=1
    line "a week composed of days, hours and minutes, same sums as its minutes" "$same" "1: equal" 1 "the same" "$same"
}

report_heat() {
    local cell_ms array_ms packed_ms
    cell_ms=$(of .median_ms "$(timing "$(naive_week cell)")")
    array_ms=$(of .median_ms "$(timing "$(naive_week array)")")
    packed_ms=$(timed 1 "SELECT e.cell, sum(e.dwell_ms), sum(e.passes) FROM heat_bucket AS b
        CROSS JOIN LATERAL heat_cells(b.first_cell, b.dwell_unit_ms, b.cells) AS e
        WHERE b.store_id = 1 AND b.floor_id = 1 AND b.bucket_at >= '$day_from' AND b.bucket_at < '$day_to' GROUP BY e.cell")
    check_same
    less_is_better "heat of a week, one row a cell and minute" "$cell_ms" ms "$array_ms" "arrays of minutes, unnested" \
        "$(jq -nc --argjson packed "$packed_ms" '{packed_minutes_ms: $packed}')"
    query "heat of a week to the minute, SQL" 150 "$(heat_query $minute_from $minute_to)" "$array_ms" \
        "arrays of minutes, unnested"
    query "heat of a week of whole days, SQL" null "$(heat_query $day_from $day_to)" "$array_ms" "arrays of minutes, unnested"
    read_in_c "heat of a week to the minute, storage_reader_heat" 150 $minute_from $minute_to "$array_ms"
    read_in_c "heat of a week of whole days, storage_reader_heat" 20 $day_from $day_to "$array_ms"
}

# read_in_c NAME TARGET_MS FROM TO BASELINE_MS
read_in_c() {
    local measured
    measured=$("$programs/bench/storage_heat" "$conninfo" store-1 ground "$3" "$4" "$runs") || {
        note "storage_heat failed; its line is left out"
        failed=1
        return 0
    }
    less_is_better "$1" "$(of .median_ms "$measured")" ms "$5" "arrays of minutes, unnested" \
        "$(jq -c --argjson target "$2" '{target: $target, first_ms, least_ms}' <<<"$measured")"
}

report_chain() {
    local range="local_date >= '2025-06-01' AND local_date < '2026-06-01' AND is_open"
    local ranking="SELECT store, sum(zone_visits) AS visits FROM v_store_day WHERE $range GROUP BY store ORDER BY visits DESC"
    local by_zone="SELECT store, sum(visits) AS visits FROM v_zone_day WHERE $range GROUP BY store ORDER BY visits DESC"
    local profile="SELECT extract(isodow FROM local_date) AS weekday, local_hour, sum(zone_visits) AS visits,
        sum(people_s) AS people_s, sum(exposure_s) AS exposure_s
        FROM v_floor_hour WHERE store_id = 3 AND $range GROUP BY 1, 2 ORDER BY 1, 2"
    local zones="SELECT extract(isodow FROM local_date) AS weekday, local_hour, sum(visits) AS visits, sum(exposure_s) AS exposure_s
        FROM v_zone_hour WHERE store_id = 3 AND $range GROUP BY 1, 2 ORDER BY 1, 2"
    local reader="SET ROLE bench_reader;" naive_ms zone_ms minutes_ms jit_ms
    profile=$(tr -s ' \n' ' ' <<<"$profile") zones=$(tr -s ' \n' ' ' <<<"$zones")
    naive_ms=$(timed 1 "$by_zone")
    query "ranking of $((stores - 1)) stores by zone visits over $year_days days" 1000 "$ranking" "$naive_ms" "v_zone_day, one row a zone and day"
    query "the same, a reader of the chain" 1000 "$ranking" "$naive_ms" "v_zone_day, one row a zone and day" "$reader"
    jit_ms=$(of .median_ms "$(timing "$ranking" 'SET jit = on;')")
    less_is_better "the same with jit" "$jit_ms" ms "$naive_ms" "v_zone_day, one row a zone and day"
    plan "ranking by v_zone_day" "$by_zone"
    zone_ms=$(timed 1 "$by_zone" "$reader")
    less_is_better "ranking by v_zone_day, a reader of the chain" "$zone_ms" ms "$naive_ms" "its owner"
    minutes_ms=$(jq -n "$year_days / $days * $(timed 1 "SELECT extract(isodow FROM bucket_at AT TIME ZONE 'Europe/Berlin'),
        extract(hour FROM bucket_at AT TIME ZONE 'Europe/Berlin'), sum(visits), sum(exposure_ms)
        FROM zone_bucket WHERE store_id = 1 GROUP BY 1, 2")")
    query "hour-of-week profile of a store over $year_days days" 100 "$profile" "$minutes_ms" "from its minutes, extrapolated"
    query "the same, a reader of the chain" 100 "$profile" "$minutes_ms" "from its minutes, extrapolated" "$reader"
    query "the same of all its zones" 100 "$zones" "$minutes_ms" "from its minutes, extrapolated"
    query "the same of all its zones, a reader of the chain" 100 "$zones" "$minutes_ms" "from its minutes, extrapolated" "$reader"
}

# ---- writing ----

# write_buckets WHAT NAME
write_buckets() {
    local measured
    sql -c "CREATE DATABASE writer_$1"
    measured=$("$programs/bench/storage_writer" "${conninfo/dbname=floorfuse/dbname=writer_$1}" "$buckets" "$1") || {
        note "storage_writer failed; its lines are left out"
        failed=1
        return 0
    }
    line "writer, $2, new" "$(of .new_per_s "$measured")" buckets/s 3000 "as asked of heat" \
        "$(jq -n "$(of .new_per_s "$measured") / 3000")" "$(jq -c '{cells}' <<<"$measured")"
    line "writer, $2, there already" "$(of .again_per_s "$measured")" buckets/s 3000 "as asked of heat" \
        "$(jq -n "$(of .again_per_s "$measured") / 3000")"
}

report_writer() {
    write_buckets heat "heat with exposure of 2 cameras"
    write_buckets all "all of 8 cameras, 12 zones, 3 lines"
}

# ---- all of it ----

if [ -n "$plans" ]; then
    cat >"$plans" <<EOF
# Plans of the queries that are measured

Made by \`tools/bench storage --plans docs/database-plans.md\`: EXPLAIN (ANALYZE, BUFFERS) on the generated chain
(docs/benchmarks.md), steps that were never executed left out. Times are those of a run that is watched, so
longer than the figures.
EOF
fi
note "making the cluster in $work"
make_cluster
start_for_loading
sql -o /dev/null -c "SELECT apply_roles()" -c "SELECT ensure_partitions('2025-05-31', '2026-06-01')"
note "copying minutes of 2 stores x $days days"
load dimensions
load minutes
make_naive
report_buckets
stop
start
note "rolling a week up"
report_roll_up
stop
start_for_loading
note "copying hours and days of $year_days days"
load year
note "repeating heat"
repeat_heat
sql -c "CREATE ROLE bench_reader" -c "SELECT allow_reader('bench_reader', 'bench')" -c "VACUUM ANALYZE" -o /dev/null
less_is_better "the whole database" "$(sql -c "SELECT pg_database_size('floorfuse') / 1e9")" GB 8 "what the bench may take"
stop
start
note "reading"
report_heat
report_chain
note "writing"
report_writer
note "done"
exit "$failed"

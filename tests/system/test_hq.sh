#!/usr/bin/env bash
# Three stores and one headquarters as four private clusters: stores join, lines break, the bound is hit,
# and in the end every row is everywhere, once.
#
# Rows are made in SQL, so what is compared does not come from the writer. "Equal" is the MD5 of all rows of
# a store in every replicated table, as both databases print them.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
need_postgresql

declare -A port=([hq]=6000 [berlin]=6001 [paris]=6002 [rome]=6003)
declare -A id=([berlin]=101 [paris]=102 [rome]=103)

# ---- servers ----

start() { cluster_start "pg-$1"; }
stop() { cluster_stop "pg-$1" "$2"; }

# sql PLACE SQL [DATABASE]
sql() {
    psql "host=$work/socket port=${port[$1]} user=floorfuse dbname=${3:-floorfuse}" \
        -qtAX -v ON_ERROR_STOP=1 -c "$2"
}

# The passfile is for both: headquarters' server, and floorfuse, which asks the store first.
make_servers() {
    local place
    mkdir "$work/run"
    # Segments of 1 MB, so that a bound of a few MB can be hit.
    cluster_make base --wal-segsize=1
    # Servers crash here, and what they have committed must be there after.
    cat >>"$work/base/postgresql.conf" <<CONF
synchronous_commit = on
full_page_writes = on
autovacuum = on
shared_buffers = 16MB
wal_level = logical
max_wal_size = 8MB
min_wal_size = 2MB
max_slot_wal_keep_size = 64MB
wal_retrieve_retry_interval = 100ms
CONF
    printf '%s\n' 'local all floorfuse_hq scram-sha-256' 'local all all trust' >"$work/base/pg_hba.conf"
    for place in hq berlin paris rome; do
        cp -a "$work/base" "$work/pg-$place"
        printf 'port = %s\n' "${port[$place]}" >>"$work/pg-$place/postgresql.conf"
    done
    printf '*:*:*:floorfuse_hq:secret\n' >"$work/hq.pgpass"
    chmod 600 "$work/hq.pgpass"
    [ "$(id -u)" != 0 ] || chown postgres "$work/hq.pgpass"
}

# make_database PLACE DATABASE CHAIN: an empty database of ours, and its config DATABASE.cfg or PLACE.cfg
make_database() {
    local name=$1
    [ "$2" = floorfuse ] || name=$2
    sql "$1" "CREATE DATABASE $2" postgres
    cat >"$work/$name.cfg" <<CFG
chain = "$3";
database = {
    mode = "conninfo";
    conninfo = "host=$work/socket port=${port[$1]} user=floorfuse dbname=$2";
};
CFG
    "$build/floorfuse" migrate --config "$work/$name.cfg" >/dev/null
}

hq() { "$build/floorfuse" hq "$1" --config "$work/$2.cfg" "${@:3}"; }
refused() { expect_failure "$1" "$2" "$build/floorfuse" hq "$3" --config "$work/$4.cfg" "${@:5}"; }
way_to() { printf 'host=%s port=%s user=floorfuse_hq dbname=%s passfile=%s' "$work/socket" "${port[$1]}" \
    "${2:-floorfuse}" "$work/hq.pgpass"; }

# ---- rows ----

# The store and what its facts refer to: make_dimensions PLACE CHAIN STORE ID [DATABASE]
make_dimensions() {
    sql "$1" "
        INSERT INTO chain VALUES ('$2');
        INSERT INTO store (store_id, chain, store, timezone) VALUES ($4, '$2', '$3', 'Europe/Berlin');
        INSERT INTO floor (store_id, floor) VALUES ($4, 'ground');
        INSERT INTO grid (store_id, floor_id, origin_x_m, origin_y_m, cell_m, columns, rows)
            VALUES ($4, 1, 0, 0, 0.5, 4, 2);
        INSERT INTO definition (store_id, bucket_s, visit_s, cell_m) VALUES ($4, 60, 5, 0.5);
        INSERT INTO camera (store_id, camera) VALUES ($4, 'left'), ($4, 'right');
        INSERT INTO calibration (store_id, camera_id, version, text) VALUES ($4, 1, 'aa', 'ä'), ($4, 2, 'bb', NULL);
        INSERT INTO footprint (store_id, camera_id, grid_id, calibration_id, mask) VALUES ($4, 1, 1, 1, '\x0f');
        INSERT INTO camera_set (store_id, grid_id, camera_ids, footprint_ids, mask)
            VALUES ($4, 1, '{1}', '{1}', '\x0f');
        INSERT INTO zone (store_id, floor_id, kind, zone, geojson, area_m2, valid_from)
            VALUES ($4, 1, 'zone', 'door', '{\"type\": \"MultiPolygon\", \"coordinates\": []}', 1, '-infinity');
        INSERT INTO zone_cells VALUES ($4, 1, 1, '{0,1}');
        INSERT INTO walkable VALUES ($4, 1, '\xff', 8);
        INSERT INTO camera_position VALUES ($4, 1, now(), 1, 2)" "${5:-floorfuse}"
}

# Buckets of every minute in [FROM, TO), with all that belongs to them, rolled up: write PLACE FROM TO
write() {
    sql "$1" "
        CREATE TEMP TABLE minute AS SELECT t AS at, (extract(epoch FROM t)::bigint / 60 % 1000)::integer AS n
            FROM generate_series('$2'::timestamptz, '$3'::timestamptz - interval '1 s', '1 min') AS t;
        INSERT INTO heat_bucket SELECT ${id[$1]}, 1, at, 1, 1, n % 7, 60 * n, p.first_cell, p.dwell_unit_ms, p.cells
            FROM minute CROSS JOIN LATERAL heat_pack(ARRAY[0, 3], ARRAY[n, 2], ARRAY[1, n], ARRAY[-n, 0],
                ARRAY[0, n], ARRAY[n, n]) AS p;
        INSERT INTO exposure SELECT ${id[$1]}, 1, at, 1, 1000 * (n % 60) FROM minute;
        INSERT INTO camera_bucket SELECT ${id[$1]}, 1, at, 1, 1, n, 2 * n, n % 3 FROM minute;
        INSERT INTO pair_residual_bucket SELECT ${id[$1]}, 1, at, 1, 2, n, n / 7.0, -n / 3.0, n FROM minute;
        INSERT INTO zone_bucket SELECT ${id[$1]}, 1, at, 1, n % 3, n % 5, n % 4, n % 7, 10 * n, 60000 FROM minute;
        DO \$\$ BEGIN WHILE roll_up(${id[$1]}) > 0 LOOP END LOOP; END \$\$"
}

# Count and MD5 of a store's rows in every replicated table: fingerprint PLACE STORE_ID [CONDITION]
fingerprint() {
    local table tables
    tables=$(sql berlin "SELECT table_name FROM replicated_table WHERE table_name <> 'chain' ORDER BY 1")
    for table in $tables; do
        printf "SELECT '%s', count(*), md5(string_agg(t::text, E'\\\\n' ORDER BY t::text)) FROM %s AS t WHERE store_id = %s" \
            "$table" "$table" "$2"
        case $table in heat_bucket | exposure | *_bucket) printf ' AND %s' "${3:-true}" ;; esac
        printf ';\n'
    done | psql "host=$work/socket port=${port[$1]} user=floorfuse dbname=floorfuse" -qtAX -v ON_ERROR_STOP=1
}

# wait_for WORDS COMMAND...: until the command succeeds, for at most 60 s
wait_for() {
    local words=$1 deadline=$((SECONDS + 60))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $deadline ] || {
            tail -n 5 "$work"/pg-*/server.log >&2
            fail "waited in vain until $words"
        }
        sleep 0.1
    done
}

equal_at_headquarters() { [ "$(fingerprint "$1" "${id[$1]}" "${2:-}")" = "$(fingerprint hq "${id[$1]}" "${2:-}")" ]; }

check_equal() {
    local place
    for place in berlin paris rome; do
        wait_for "all rows of $place are at headquarters" equal_at_headquarters "$place"
    done
    printf 'ok: %s (%s rows of heat at headquarters)\n' "$1" "$(sql hq "SELECT count(*) FROM heat_bucket")"
}

# expect WANT WHAT GOT
expect() { [ "$1" = "$3" ] || fail "$2: expected \"$1\", got \"$3\""; }

# ---- the chain is made ----

make_servers
for place in hq berlin paris rome; do start "$place"; done
for place in hq berlin paris rome; do make_database "$place" floorfuse acme; done
for place in berlin paris rome; do
    make_dimensions "$place" acme "$place" "${id[$place]}"
    sql "$place" "SELECT ensure_partitions('2026-09-01', '2026-10-31')" >/dev/null
    write "$place" 2026-09-20T00:00Z 2026-09-21T00:00Z
done

refused 2 "needed and not given: --store-conninfo" join hq
refused 1 "floorfuse hq init at the store" join hq --store-conninfo \
    "host=$work/socket port=${port[berlin]} user=floorfuse dbname=floorfuse"

# A server that would fill its disk is refused, and nothing has changed.
sql berlin "ALTER SYSTEM SET max_slot_wal_keep_size = -1"
sql berlin "SELECT pg_reload_conf()" >/dev/null
wait_for "the bound is off" eval '[ "$(sql berlin "SHOW max_slot_wal_keep_size")" = -1 ]'
refused 1 "max_slot_wal_keep_size" init berlin
expect 0 "publications after a refusal" "$(sql berlin "SELECT count(*) FROM pg_publication")"
sql berlin "ALTER SYSTEM RESET max_slot_wal_keep_size"
sql berlin "SELECT pg_reload_conf()" >/dev/null
wait_for "the bound is on" eval '[ "$(sql berlin "SHOW max_slot_wal_keep_size")" = 64MB ]'

for place in berlin paris rome; do
    hq init "$place" >/dev/null
    sql "$place" "ALTER ROLE floorfuse_hq PASSWORD 'secret'"
done
hq status berlin >/dev/null || fail "a store that is ready raises an alarm"

refused 1 "passfile" join hq --store-conninfo "$(way_to berlin) password=secret"
refused 1 "names no database" join hq --store-conninfo "host=$work/socket"
refused 1 "could not connect" join hq --store-conninfo "$(way_to berlin) port=6009"

hq join hq --store-conninfo "$(way_to berlin)"
hq join hq --store-conninfo "$(way_to paris)"
# PostgreSQL's default of 4 workers is two stores and two copies of tables.
refused 1 "has room for 2 stores and receives from 2" join hq --store-conninfo "$(way_to rome)"
sql hq "ALTER SYSTEM SET max_logical_replication_workers = 8"
stop hq fast
start hq
hq join hq --store-conninfo "$(way_to rome)"
check_equal "the first copy"
expect 0 "rows of a local table at headquarters" "$(sql hq "SELECT count(*) FROM camera_position")"
[ "$(sql hq "SELECT count(*) FROM heat_bucket_default")" = 0 ] || fail "headquarters made no partitions"

PGPASSFILE=$work/hq.pgpass psql "$(way_to berlin)" -qc "DELETE FROM exposure" 2>/dev/null &&
    fail "headquarters' role may delete at a store"

# ---- joining again, wrong stores ----

hq join hq --store-conninfo "$(way_to berlin)" | grep -q "had joined already" || fail "the second join"
hq join hq --store-conninfo \
    "postgresql://floorfuse_hq@:${port[berlin]}/floorfuse?host=$work/socket&passfile=$work/hq.pgpass" |
    grep -q "had joined already" || fail "the third join, by another string"
expect 1 "subscriptions of berlin" \
    "$(sql hq "SELECT count(*) FROM pg_subscription WHERE subname = 'floorfuse_store_101'")"

make_database berlin other_chain other
make_dimensions berlin other berlin 555 other_chain
hq init other_chain >/dev/null
refused 1 'chain = "acme"' join hq --store-conninfo "$(way_to berlin other_chain)"
make_database berlin made_anew acme
make_dimensions berlin acme berlin 101 made_anew
hq init made_anew >/dev/null
refused 1 "from another database" join hq --store-conninfo "$(way_to berlin made_anew)"
make_database berlin taken acme
make_dimensions berlin acme madrid 101 taken
hq init taken >/dev/null
refused 1 "give one of them another id" join hq --store-conninfo "$(way_to berlin taken)"
refused 1 "no store madrid has joined" resync hq --store madrid

refused 1 "on one server" join made_anew --store-conninfo "$(way_to berlin)"

# ---- the stream ----

# A bucket written again arrives as an update; so does one that is deleted and inserted, as older writers did.
sql berlin "UPDATE heat_bucket SET people_ms = 77, cells = '' WHERE bucket_at = '2026-09-20T10:00Z'"
sql berlin "BEGIN; DELETE FROM exposure WHERE bucket_at = '2026-09-20T10:00Z';
    INSERT INTO exposure VALUES (101, 1, '2026-09-20T10:00Z', 1, 5); COMMIT"
check_equal "buckets written again"

# Rows that move from the default partition to their month's do not come twice.
write berlin 2026-11-10T00:00Z 2026-11-10T02:00Z
check_equal "rows in the default partition"
expect 15 "partitions made" "$(sql berlin "SELECT ensure_partitions('2026-11-01', '2026-11-30')")"
write berlin 2026-11-10T02:00Z 2026-11-10T03:00Z
check_equal "rows that moved to their month"
expect 180 "buckets of that night" \
    "$(sql hq "SELECT count(*) FROM heat_bucket WHERE store_id = 101 AND bucket_at >= '2026-11-10'")"

# A table that a later migration brings.
for place in hq berlin; do
    sql "$place" "CREATE TABLE later (store_id integer, n integer, PRIMARY KEY (store_id, n))"
done
sql berlin "INSERT INTO later SELECT 101, n FROM generate_series(1, 10) AS n"
hq status berlin >/dev/null || fail "a store with a new table raises an alarm"
hq status hq >/dev/null || fail "headquarters with a new table raises an alarm"
sql berlin "INSERT INTO later SELECT 101, n FROM generate_series(11, 20) AS n"
wait_for "the later table is at headquarters" eval '[ "$(sql hq "SELECT count(*) FROM later")" = 20 ]'
for place in paris rome; do
    sql "$place" "CREATE TABLE later (store_id integer, n integer, PRIMARY KEY (store_id, n))"
    hq init "$place" >/dev/null
done

# What headquarters cannot write it tries again until it can; the alarm comes once.
sql hq "ALTER TABLE later ADD CONSTRAINT later_n_check CHECK (n < 100)"
sql berlin "INSERT INTO later VALUES (101, 100)"
says_failed() { ! hq status hq 2>"$work/stderr" >/dev/null && grep -q "could not be written" "$work/stderr"; }
wait_for "headquarters tells that a row cannot be written" says_failed
sql hq "ALTER TABLE later DROP CONSTRAINT later_n_check"
wait_for "the row is written" eval '[ "$(sql hq "SELECT count(*) FROM later")" = 21 ]'
wait_for "the alarm is over" hq status hq

# ---- cut off ----

# Headquarters crashes, stores write on; then a store's server crashes and comes back.
stop hq immediate
for place in berlin paris rome; do write "$place" 2026-10-01T00:00Z 2026-10-01T12:00Z; done
sql paris "UPDATE camera_bucket SET missed = missed + 1 WHERE bucket_at < '2026-09-20T01:00Z'"
hq status paris | grep -q away || fail "the store does not say that headquarters is away"
start hq
check_equal "headquarters was away"
stop paris immediate
hq status hq --silent 0.001 2>"$work/stderr" && fail "headquarters does not miss paris"
grep -q "store acme/paris: no contact for" "$work/stderr" || fail "no alarm for a silent store"
write berlin 2026-10-02T00:00Z 2026-10-02T06:00Z
start paris
write paris 2026-10-02T00:00Z 2026-10-02T06:00Z
check_equal "a store's server was away"
hq status hq >"$work/stdout" || fail "an alarm although all is well"
expect 3 "stores that stream" "$(grep -c streaming "$work/stdout")"

# ---- retention ----

sql paris "DELETE FROM heat_bucket WHERE bucket_at < '2026-09-20T12:00Z'"
sql paris "DROP TABLE camera_bucket_2026_09"
write paris 2026-10-03T00:00Z 2026-10-03T01:00Z
wait_for "paris has streamed past its deletes" equal_at_headquarters paris "bucket_at >= '2026-10-01'"
expect 1440 "buckets that only headquarters keeps" "$(sql hq "SELECT count(*) FROM heat_bucket
    WHERE store_id = 102 AND bucket_at < '2026-10-01'")"

# ---- the bound ----

sql rome "ALTER SYSTEM SET max_slot_wal_keep_size = '4MB'"
sql rome "SELECT pg_reload_conf()" >/dev/null
wait_for "the bound is small" eval '[ "$(sql rome "SHOW max_slot_wal_keep_size")" = 4MB ]'
sql hq "ALTER SUBSCRIPTION floorfuse_store_103 DISABLE"
fill() { sql rome "SELECT pg_logical_emit_message(false, 'test', repeat('x', 900000)), pg_switch_wal()" >/dev/null; }
filling() { fill; ! hq status rome 2>"$work/stderr" >/dev/null && grep -q "of at most 4 MB" "$work/stderr"; }
wait_for "the store alarms before the bound is hit" filling
expect 0 "slots lost at the alarm" "$(sql rome "SELECT count(*) FROM pg_replication_slots WHERE wal_status = 'lost'")"
write rome 2026-10-03T00:00Z 2026-10-04T00:00Z
lost() { fill; sql rome "CHECKPOINT"; [ "$(sql rome "SELECT wal_status FROM pg_replication_slots")" = lost ]; }
wait_for "the bound is hit" lost
hq status hq 2>"$work/stderr" >/dev/null && fail "no alarm for a subscription that is off"
grep -q "switched off" "$work/stderr" || fail "headquarters does not say that the subscription is off"
sql hq "ALTER SUBSCRIPTION floorfuse_store_103 ENABLE"
refused 1 "rome: its slot is lost" status hq
refused 1 "is lost" status rome
refused 1 "floorfuse hq resync --store acme/rome" join hq --store-conninfo "$(way_to rome)"
hq status hq --json >"$work/stdout" 2>/dev/null || true
grep -q '"state": "lost"' "$work/stdout" || fail "the JSON does not say lost"

# What the store deleted meanwhile stays at headquarters, the rest is made equal.
sql rome "DELETE FROM heat_bucket WHERE bucket_at < '2026-09-20T12:00Z'"
sql rome "UPDATE heat_bucket SET peak_people = 9 WHERE bucket_at < '2026-09-20T13:00Z'"
hq resync hq --store rome
wait_for "rome is copied again" equal_at_headquarters rome "bucket_at >= '2026-09-20T12:00Z'"
expect 1440 "buckets of the day that rome has half of" "$(sql hq "SELECT count(*) FROM heat_bucket
    WHERE store_id = 103 AND bucket_at < '2026-09-21T00:00Z'")"
write rome 2026-10-05T00:00Z 2026-10-05T01:00Z
wait_for "rome streams again" equal_at_headquarters rome "bucket_at >= '2026-09-20T12:00Z'"
hq status hq >/dev/null || fail "an alarm after the resync"
printf 'ok: the bound was hit and rome was copied again\n'

# ---- leaving ----

refused 1 "run floorfuse hq leave there first" leave rome
hq leave hq --store acme/rome | grep -q "has left" || fail "rome has not left"
expect 0 "slots at rome" "$(sql rome "SELECT count(*) FROM pg_replication_slots")"
expect 60 "buckets that stay" "$(sql hq "SELECT count(*) FROM heat_bucket
    WHERE store_id = 103 AND bucket_at >= '2026-10-05'")"
hq leave rome >/dev/null
stop paris fast
hq leave hq --store paris | grep -q "run floorfuse hq leave at the store" || fail "paris' slot is not told of"
start paris
# The slot that is left over is no trouble for a new start, and rows that are here already do not double.
write paris 2026-10-06T00:00Z 2026-10-06T01:00Z
hq join hq --store-conninfo "$(way_to paris)"
wait_for "paris is here again" equal_at_headquarters paris "bucket_at >= '2026-10-01'"
stop paris fast
hq leave hq --store paris >/dev/null
start paris
hq leave paris | grep -q "1 slots dropped" || fail "paris' slot was not dropped"
check_berlin() { equal_at_headquarters berlin; }
wait_for "berlin is as it was" check_berlin
printf 'ok: stores left\n'

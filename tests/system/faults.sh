# faults.sh - sourced by the fault tests: a simulated store, real programs, and what must come out of them
#
# A fault test runs the same simulated hours twice, once undisturbed and once with its fault, and compares all
# facts in PostgreSQL to the last bit. The simulator stands for the cameras: same wire, same rings, same numbering.
# shellcheck shell=bash source=tests/system/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
need_postgresql
ff=$build/floorfuse

# What the test has started ends with it, however it ends.
end_started() {
    local status=$?
    set +e
    jobs -p | xargs -r kill -KILL 2>/dev/null
    cat "$work"/*/fusion.pid 2>/dev/null | xargs -r kill -KILL 2>/dev/null
    (exit "$status")
    cleanup
}
trap end_started EXIT
mkfifo "$work/never"
exec {never}<>"$work/never" # nothing is ever written to it
SIM_S=${SIM_S:-1200} # simulated seconds of a run
SIM_FPS=${SIM_FPS:-5}

# make_sim: a shop with two zones, a counting line and three cameras that overlap
make_sim() {
    cat >"$work/sim.cfg" <<CFG
start = "2026-01-05T09:00:00Z";
duration_s = $SIM_S.0;
floor = { length_m = 20.0; width_m = 16.0; aisles = 3; };
people = { inside = 8; };
cameras = (
    { id = "a"; position_m = [0.3, 0.3]; height_m = 4.0; yaw_deg = 35.0; fps = $SIM_FPS.0; },
    { id = "b"; position_m = [19.7, 15.7]; height_m = 4.0; yaw_deg = -145.0; fps = $SIM_FPS.0; },
    { id = "c"; position_m = [19.7, 0.3]; height_m = 4.0; yaw_deg = 145.0; fps = $SIM_FPS.0; }
);
CFG
    "$ff" simulate --config "$work/sim.cfg" --seed 4 --duration-s 1 --out "$work/shop"
}

# make_run NAME [LINES]: a store config and a database of its own for one run, with config lines of its own
make_run() {
    run=$work/$1
    mkdir -p "$run/run"
    cp -r "$work/shop/." "$run/"
    {
        printf 'run_dir = "%s/run";\nstate_dir = "%s/state";\n' "$run" "$run"
        printf 'database = { mode = "conninfo"; conninfo = "host=%s dbname=%s user=floorfuse"; };\n' \
            "$work/socket" "$1"
        printf '%s\n' "${2:-}"
        grep -v '^database = ' "$work/shop/store.cfg"
    } >"$run/store.cfg"
    "$ff" check --config "$run/store.cfg" >/dev/null || fail "the config of run $1 cannot be used"
    export PGHOST=$work/socket PGUSER=floorfuse PSQLRC=/dev/null
    cluster_sql -d postgres -c "CREATE DATABASE $1"
    "$ff" migrate --config "$run/store.cfg" >/dev/null || fail "the database of run $1 cannot be made"
}

# start_fusion: fusion of the present run in the background; $fusion is its process
start_fusion() {
    "$build/floorfuse-fusion" --config "$run/store.cfg" --summary "$run/summary.json" 2>>"$run/fusion.log" &
    fusion=$!
}

# keep_fusion_up: as a supervisor would: fusion is started again whenever it ends, until stop_fusion
keep_fusion_up() {
    rm -f "$run/over"
    while [ ! -e "$run/over" ] && [ -d "$run" ]; do
        "$build/floorfuse-fusion" --config "$run/store.cfg" 2>>"$run/fusion.log" &
        printf '%s\n' $! >"$run/fusion.pid"
        wait $! || true
    done &
    keeper=$!
}

stop_fusion() {
    if [ -n "${keeper:-}" ]; then
        : >"$run/over"
        kill -TERM "$(cat "$run/fusion.pid")"
        wait "$keeper"
        keeper=
    else
        kill -TERM "$fusion"
        wait "$fusion" || { cat "$run/fusion.log" >&2 && fail "fusion did not end well"; }
    fi
}

# publish [OPTION...]: the cameras of the present run, to their end. With $store they read that config.
publish() {
    "$ff" simulate --config "$work/sim.cfg" --seed 4 --publish --store "${store:-$run/store.cfg}" --keep-time \
        --pace fast "$@" 2>>"$run/published"
}

# start_cameras [OPTION...]: the same in the background; $cameras is their process
start_cameras() {
    "$ff" simulate --config "$work/sim.cfg" --seed 4 --publish --store "${store:-$run/store.cfg}" --keep-time \
        --pace fast "$@" 2>>"$run/published" &
    cameras=$!
}

# status FIELD: a number of the running fusion's status, by its path in jq's words
status() { "$ff" status --config "$run/store.cfg" --json 2>/dev/null | python3 -c '
import json, sys
o = json.load(sys.stdin)
print(eval(sys.argv[1], {"o": o, "sum": sum}))' "$1"; }

# pause SECONDS: between two looks, or until a fault
pause() { read -rt "$1" _ <&"$never" || true; }

# await SECONDS WORDS COMMAND...: until COMMAND succeeds; WORDS is what is waited for
await() {
    local deadline=$((SECONDS + $1)) words=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$deadline" ] || {
            tail -n "${LOG_LINES:-30}" "$run/fusion.log" >&2
            "$ff" status --config "$run/store.cfg" >&2
            fail "waited in vain for $words"
        }
        pause 0.05
    done
}

# facts DATABASE: every fact of the database but how long messages took, in words instead of keys, ordered
facts() {
    psql -qXAt -v ON_ERROR_STOP=1 -d "$1" <<'SQL'
SELECT 'heat', floor, bucket_at, people_ms, peak_people, first_cell, dwell_unit_ms, md5(cells)
FROM heat_bucket JOIN floor USING (store_id, floor_id) ORDER BY 2, 3;
SELECT 'exposure', floor, bucket_at, exposure_ms,
    (SELECT array_agg(c.camera ORDER BY c.camera) FROM camera AS c WHERE c.camera_id = ANY (k.camera_ids)) AS cameras
FROM exposure JOIN floor USING (store_id, floor_id) JOIN camera_set AS k USING (store_id, camera_set_id)
WHERE exposure_ms > 0 ORDER BY 2, 3, 5, 4;
SELECT 'zone', zone, bucket_at, visits, entries, exits, peak_people, dwell_ms, exposure_ms
FROM zone_bucket JOIN zone USING (store_id, zone_id) ORDER BY 2, 3;
SELECT 'line', line, bucket_at, left_to_right, right_to_left
FROM line_bucket JOIN counting_line USING (store_id, line_id) ORDER BY 2, 3;
SELECT 'flow', y.zone, z.zone, bucket_at, people
FROM flow_bucket JOIN zone AS y ON y.zone_id = from_zone_id JOIN zone AS z ON z.zone_id = to_zone_id
WHERE people > 0 ORDER BY 2, 3, 4;
SELECT 'camera', camera, bucket_at, frames, observations, missed, uptime_ms
FROM camera_bucket JOIN camera USING (store_id, camera_id) ORDER BY 2, 3;
SELECT 'pair', a.camera, b.camera, bucket_at, matches, sum_dx_m, sum_dy_m, sum_squared_m2
FROM pair_residual_bucket JOIN camera AS a ON a.camera_id = camera_a_id JOIN camera AS b ON b.camera_id = camera_b_id
WHERE matches > 0 ORDER BY 2, 3, 4;
SQL
}

# more_than FIELD NUMBER: whether status has more, see status
more_than() { [ "$(status "$1")" -gt "$2" ]; }

# free_ports COUNT: ports on the loopback that nobody listens at now
free_ports() { python3 -c '
import socket, sys
sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(int(sys.argv[1]))]
print(*(s.getsockname()[1] for s in sockets))' "$1"; }

# expect_same_facts DATABASE OTHER: to the last bit; and there must be some
expect_same_facts() {
    facts "$1" >"$work/facts.$1"
    facts "$2" >"$work/facts.$2"
    [ "$(grep -c '^heat' "$work/facts.$1")" -ge 3 ] || fail "hardly any bucket in $1"
    diff -u "$work/facts.$1" "$work/facts.$2" >"$work/difference" || {
        head -n 40 "$work/difference" >&2
        tail -n 40 "$run/fusion.log" >&2
        fail "$2 is not what $1 is: $(grep -c '^[-+]' "$work/difference") lines differ"
    }
    printf '%s facts of %s buckets are the same, %s frames\n' "$(wc -l <"$work/facts.$1")" \
        "$(grep -c '^heat' "$work/facts.$1")" "$(awk -F'|' '$1 == "camera" { n += $4 } END { print n }' "$work/facts.$1")"
}

# undisturbed NAME: a run without a fault
undisturbed() {
    make_run "$1"
    start_fusion
    publish || cannot_publish
    await 60 "all frames" all_received
    stop_fusion
}

# Whether fusion has taken every frame that was published.
all_received() {
    received=$(status 'sum(c["frames_received"] for c in o["cameras"])')
    [ "$received" = "$(frames_published)" ]
}
# The same, for await: fusion may go back when the cameras have left already, so they come again, with nothing but
# their rings.
published_and_received() { publish --resume && all_received; }
# By the last run of the cameras and those before it.
frames_published() {
    sed -n 's/.* published frames=\([0-9]*\) .* known=\([0-9]*\).*/\1 \2/p' "$run/published" |
        awk '{ n = $1 + $2 } END { print n }'
}

cannot_publish() {
    tail -n 20 "$run/fusion.log" "$run/published" >&2
    fail "could not publish"
}

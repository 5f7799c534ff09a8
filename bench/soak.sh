#!/usr/bin/env bash
# What tools/soak runs: it gives MINUTES, CAMERAS, PEOPLE, FPS, FAULTS (yes or no) and OUT.
# Usage: bench/soak.sh BUILD SOURCE
# shellcheck source=tests/system/faults.sh
. "$2/tests/system/faults.sh"
seconds=$(awk -v m="$MINUTES" 'BEGIN { printf "%d", m * 60 }')

# Cameras stand around the floor at even steps and look at its middle. Frames are stamped with the time of day.
make_shop() {
    awk -v cameras="$CAMERAS" -v people="$PEOPLE" -v fps="$FPS" -v seconds="$seconds" -v start="$(date -u +%FT%TZ)" '
        BEGIN {
            length_m = 20; width_m = 16; pi = atan2(0, -1)
            printf "start = \"%s\";\nduration_s = %d.0;\n", start, seconds
            printf "floor = { length_m = %.1f; width_m = %.1f; aisles = 3; };\n", length_m, width_m
            printf "people = { inside = %.1f; };\ncameras = (\n", people
            for (i = 0; i < cameras; i++) {
                at = (i + 0.5) / cameras * 2 * (length_m + width_m)
                if (at < length_m) { x = at; y = 0.3 }
                else if (at < length_m + width_m) { x = length_m - 0.3; y = at - length_m }
                else if (at < 2 * length_m + width_m) { x = 2 * length_m + width_m - at; y = width_m - 0.3 }
                else { x = 0.3; y = 2 * (length_m + width_m) - at }
                if (x < 0.3) x = 0.3; if (x > length_m - 0.3) x = length_m - 0.3
                if (y < 0.3) y = 0.3; if (y > width_m - 0.3) y = width_m - 0.3
                printf "%s{ id = \"c%d\"; position_m = [%.2f, %.2f]; height_m = 4.0; yaw_deg = %.1f; fps = %.1f; }",
                    i ? ",\n" : "", i + 1, x, y, atan2(width_m / 2 - y, length_m / 2 - x) * 180 / pi, fps
            }
            print "\n);"
        }' >"$work/sim.cfg"
    "$ff" simulate --config "$work/sim.cfg" --seed 4 --duration-s 1 --out "$work/shop"
}

# The line between cameras and fusion, to be cut.
lay_line() {
    local observations replays near_observations near_replays
    read -r observations replays <<<"$(free_ports 2)"
    make_run soak "wire = { endpoint = \"tcp://127.0.0.1:$observations\"; replay = \"tcp://127.0.0.1:$replays\"; };"
    "$source/tests/system/line.py" "$observations" "$replays" >"$run/line" 2>"$run/line.log" &
    line=$!
    await 10 "the line" grep -q ready "$run/line"
    read -r _ near_observations near_replays <"$run/line"
    sed -e "s|127.0.0.1:$observations|127.0.0.1:$near_observations|" -e "s|127.0.0.1:$replays|127.0.0.1:$near_replays|" \
        "$run/store.cfg" >"$run/cameras.cfg"
    store=$run/cameras.cfg
}

# The faults in turn, at moments by chance. Each is over, or mends itself, when the next comes.
faults=0
fault() {
    local fault
    case $((faults++ % 4)) in
    0)
        fault=kill-fusion
        kill -KILL "$(cat "$run/fusion.pid")" || true
        ;;
    1)
        fault=kill-cameras
        kill -KILL "$cameras" 2>/dev/null || return 0 # they are through
        wait "$cameras" || true
        start_cameras --pace recorded --resume
        ;;
    2)
        fault=restart-database
        cluster_stop pg fast
        pause $((RANDOM % 3 + 1))
        cluster_start pg
        ;;
    3)
        fault=cut-line
        kill -USR1 "$line"
        pause "$((RANDOM % 3)).$((RANDOM % 9 + 1))"
        kill -USR2 "$line"
        ;;
    esac
    printf '%s %s\n' "$(date -u +%FT%TZ)" "$fault" >>"$OUT/faults.log"
}

all_there() {
    [ "$(status 'sum(c["frames_received"] + c["frames_missed"] for c in o["cameras"])')" -ge "$(frames_published)" ]
}

# As a function, so that it is read before it runs: who works on this file does not disturb a day of soak.
main() {
    local sampler facts missed
    rm -f "$OUT"/{samples.csv,faults.log,fusion.log,cameras.log}
    cluster_make pg
    cluster_start pg
    make_shop 2>/dev/null
    if [ "$FAULTS" = yes ]; then lay_line; else make_run soak; fi
    keep_fusion_up
    if [ "$FAULTS" = yes ]; then
        start_cameras --pace recorded # they keep their time, to go on in the same
    else
        "$ff" simulate --config "$work/sim.cfg" --seed 4 --publish --store "$run/store.cfg" 2>>"$run/published" &
        cameras=$!
    fi
    python3 "$source/bench/soak.py" sample "$ff" "$run" "$OUT/samples.csv" 2>"$OUT/sampler.log" &
    sampler=$!
    RANDOM=17
    until ! kill -0 "$cameras" 2>/dev/null; do
        if [ "$FAULTS" = yes ]; then
            pause $((RANDOM % 6 + 3))
            ! kill -0 "$cameras" 2>/dev/null || fault
        else
            pause 1
        fi
    done
    wait "$cameras" || { cp "$run/fusion.log" "$run/published" "$OUT" && cannot_publish; }
    kill -TERM "$sampler"
    wait "$sampler" || fail "the sampler ended: $(tail -n 1 "$OUT/sampler.log")"
    cp "$run/published" "$OUT/cameras.log"
    [ "$FAULTS" = no ] || publish --resume --pace fast || cannot_publish # for what was missed at the very end
    await 120 "all frames" all_there
    "$ff" status --config "$run/store.cfg" --json >"$run/status.json"
    stop_fusion
    cp "$run/fusion.log" "$OUT"
    read -r facts missed <<<"$(psql -qXAt -F ' ' -d soak -c 'SELECT sum(frames), sum(missed) FROM camera_bucket')"
    python3 "$source/bench/soak.py" judge "$OUT/samples.csv" "$run/status.json" "$FAULTS" "$(frames_published)" \
        "$facts" "$missed" "$(sed -n 's/.*behind_s=\(.*\)/\1/p' "$OUT/cameras.log" | tail -n 1)"
}

main
exit

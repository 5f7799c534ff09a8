#!/usr/bin/env bash
# The cases of tools/bench fusion. Each runs several times in a process of its own, and the fastest
# counts: what others do on the machine only ever makes it slower.
# Usage: bench/fusion.sh FOLDER_OF_PROGRAMS [--quick]
set -euo pipefail
programs=$1
repeats=3
[ "${2:-}" != --quick ] || repeats=1
failed=0

# best PROGRAM OPTION...: the raw line of the fastest of several runs
best() {
    local program=$1 i
    shift
    for ((i = 0; i < repeats; i++)); do
        "$programs/$program" "$@"
    done | jq -sc 'max_by(.observations_per_s)'
}

# line NAME FIGURE UNIT BASELINE BASELINE_IS BETTER: ratio is above 1 where the figure is the better one
line() {
    jq -nc --arg name "$1" --argjson figure "$2" --arg unit "$3" --argjson baseline "$4" \
        --arg is "$5" --arg better "$6" '
        def short: . * 1000 | round / 1000;
        {$name, figure: ($figure | short), $unit, baseline: ($baseline | short), baseline_is: $is,
         ratio: ((if $better == "more" then $figure / $baseline else $baseline / $figure end) | short)}'
}

of() { jq ".$1" <<<"$2"; }

# same NAME FAST NAIVE: the digests of all results must be equal
same() {
    local equal=1
    [ "$(of digest "$2")" = "$(of digest "$3")" ] || equal=0 failed=1
    line "$1, same results as the naive reference" "$equal" "1: bit for bit" 1 "the same" more
}

# store CAMERAS ROUNDS: a store that grows with its cameras
store() {
    local name="store $1 cameras x 10 Hz x 10 people" fast naive
    fast=$(best fusion_load --cameras "$1" --rounds "$2")
    naive=$(repeats=1 best fusion_load_naive --cameras "$1" --rounds "$2")
    line "$name, throughput of one core" "$(of observations_per_s "$fast")" "observations/s" \
        "$(of observations_per_s "$naive")" "naive reference, O(n^2)" more
    line "$name, p50 of a tick" "$(of p50_ms "$fast")" ms "$(of p50_ms "$naive")" "naive reference" less
    line "$name, p99 of a tick" "$(of p99_ms "$fast")" ms 100 "time between two ticks" less
    line "$name, memory per camera" "$(of bytes_per_camera "$fast")" bytes 1000000 "1 MB" less
    line "$name, memory per person" "$(of bytes_per_track "$fast")" bytes 1000000 "1 MB" less
    line "$name, saved state" "$(of state_bytes "$fast")" bytes 100000000 "100 MB" less
    line "$name, time to save it" "$(of save_ms "$fast")" ms 100 "time between two ticks" less
    line "$name, time to restore it" "$(of restore_ms "$fast")" ms 100 "time between two ticks" less
    same "$name" "$fast" "$naive"
    [ "$1" != 100 ] || hundred=$(of observations_per_s "$fast")
    [ "$1" != 1000 ] || line "growth from 100 to 1000 cameras" "$(of observations_per_s "$fast")" \
        "observations/s" "$hundred" "the same at 100 cameras; linear is 1" more
}

# hall: everybody in every picture
hall() {
    local name="hall 4 cameras x 15 fps x 300 people" fast naive
    fast=$(best fusion_load --cameras 4 --rate 15 --rounds 300 --hall 300)
    naive=$(repeats=1 best fusion_load_naive --cameras 4 --rate 15 --rounds 300 --hall 300)
    line "$name, throughput of one core" "$(of observations_per_s "$fast")" "observations/s" \
        "$(of observations_per_s "$naive")" "naive reference, O(n^2)" more
    line "$name, p99 of a tick" "$(of p99_ms "$fast")" ms 133 "SceneScape's target for this load" less
    same "$name" "$fast" "$naive"
}

store 4 600
store 16 300
store 100 200
store 1000 60
hall
exit "$failed"

#!/usr/bin/env bash
# What calibrations cost at run time, against the plain ways, in turns so that both meet the same noise.
# Usage: calibration.sh BENCH_FOLDER
set -euo pipefail
bench=$1
# shellcheck source=bench/line.sh
. "$(dirname "${BASH_SOURCE[0]}")/line.sh"
turns=5

median() {
    sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# compare NAME UNIT BASELINE_IS FAST SLOW: medians of runs in turns
compare() {
    local fast slow i
    fast=$(mktemp)
    slow=$(mktemp)
    for ((i = 0; i < turns; i++)); do
        "$bench/calibration_speed" "$4" >>"$fast"
        "$bench/calibration_speed" "$5" >>"$slow"
    done
    local f s
    f=$(median <"$fast")
    s=$(median <"$slow")
    rm -f "$fast" "$slow"
    line "$1" "$f" "$2" "$s" "$3" "$(awk -v f="$f" -v s="$s" 'BEGIN { print f / s }')"
}

compare floor_points "points/s" "Newton's method for each point" points points_newton
compare floor_points_with_covariance "points/s" "Newton's method for each point, without" points_covariance points_newton
compare warp_720p "frames/s" "each plan pixel projected, each frame" warp warp_naive

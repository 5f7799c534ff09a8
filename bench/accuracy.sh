#!/usr/bin/env bash
# How right fusion is on simulated stores: simulate, replay, evaluate, for many seeds. Prints JSON.
#   accuracy.sh BUILD SOURCE [seeds] [seconds]
# Scenes: the supermarket of etc/sim (8 cameras, 60 x 40 m, some 85 people, default noise) at 10 frames a
# second; the same at 30, 5, 2 and 1; and with other gates. Means over seeds, with standard deviations.
set -euo pipefail
build=$1 source=$2 seeds=${3:-30} seconds=${4:-300}
work=$(mktemp -d /tmp/floorfuse-bench.XXXXXX)
trap 'rm -rf "$work"' EXIT
keys='moda idf1 hota mota duplicate_rate count_bias_percent count_mae heat_l1 mean_error_m'

# score SEED FPS GATE CELL: one line "key value" each, to stdout
score() {
    local day=$work/day-$1-$2
    [ -d "$day" ] || "$build/floorfuse" simulate --config "$source/etc/sim/supermarket.cfg" --seed "$1" \
        --fps "$2" --duration-s "$seconds" --no-visible --out "$day" 2>/dev/null
    { cat "$day/store.cfg"; [ "$3" = default ] || printf 'fusion = { gate_sigma = %s; };\n' "$3"; } >"$day/gate.cfg"
    "$build/floorfuse" replay --config "$day/gate.cfg" --observations "$day/observations.csv" \
        --out "$day/tracks.csv" 2>/dev/null
    "$build/floorfuse" evaluate --truth "$day/truth.csv" --result "$day/tracks.csv" --cell-m "$4" --json |
        sed -n 's/^ *"\([a-z0-9_]*\)": *\([-0-9.e]*\),*$/\1 \2/p'
}

# scene NAME FPS GATE CELL SEEDS: means and standard deviations as one JSON line
scene() {
    local seed
    for seed in $(seq 1 "$5"); do score "$seed" "$2" "$3" "$4"; done |
        awk -v name="$1" -v fps="$2" -v gate="$3" -v cell="$4" -v seeds="$5" -v keys="$keys" '
            { n[$1]++; sum[$1] += $2; squares[$1] += $2 * $2 }
            END {
                printf "  {\"scene\": \"%s\", \"fps\": %s, \"gate\": \"%s\", \"cell_m\": %s, \"seeds\": %d", name, fps, gate, cell, seeds
                count = split(keys, key, " ")
                for (i = 1; i <= count; i++) {
                    k = key[i]; mean = sum[k] / n[k]; variance = squares[k] / n[k] - mean * mean
                    printf ", \"%s\": {\"mean\": %.3f, \"sd\": %.3f}", k, mean, sqrt(variance > 0 ? variance : 0)
                }
                printf "}"
            }'
    # Days are large; frames at another rate are another day.
    [ "${6:-}" = keep ] || rm -rf "$work"/day-*
}

few=$((seeds < 5 ? seeds : 5))
echo '{"bench": "accuracy", "unit": "percent, people, m", "seconds": '"$seconds"', "scenes": ['
scene supermarket 10 default 0.25 "$seeds"
for fps in 30 5 2 1; do
    echo ,
    scene frame-rate "$fps" default 0.25 "$few"
done
for gate in 1.5 2 2.5 3 3.5 4 5 6; do
    echo ,
    scene gate 10 "$gate" 0.25 "$few" keep
done
rm -rf "$work"/day-*
for cell in 0.5 1 2; do
    echo ,
    scene heat-cell 10 default "$cell" "$few" keep
done
echo
echo ']}'

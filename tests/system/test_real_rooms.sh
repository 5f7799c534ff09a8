#!/usr/bin/env bash
# Real rooms, real cameras, public detections: replay with nothing but its defaults, scored by evaluate. The
# bounds are what must hold, not what is reached (docs/fusion.md has that).
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
data=$source/../shared/data
[ -d "$data/cmc" ] && [ -d "$data/wildtrack" ] || skip "the public data is not here: $data"
ff=$build/floorfuse

# room FOLDER DETECTIONS IMAGE ROI RADIUS KEY LEAST...: each measure, in percent, is at least that
room() {
    local folder=$data/$1 name="$1 $2 at $5 m" roi=() key least value
    [ -z "$4" ] || roi=(--roi "$4")
    "$ff" replay --cameras "$folder/cameras.txt" --image "$3" --observations "$folder/observations-$2.csv" \
        --out "$work/tracks.csv" 2>"$work/words" || fail "$name: $(cat "$work/words")"
    "$ff" evaluate --truth "$folder/truth.csv" --result "$work/tracks.csv" --radius-m "$5" "${roi[@]}" --json \
        >"$work/score.json"
    shift 5
    while [ $# -gt 0 ]; do
        key=$1 least=$2
        shift 2
        value=$(sed -n "s/^ *\"$key\": *\([-0-9.]*\),*$/\1/p" "$work/score.json")
        printf '%s: %s %.1f (at least %s)\n' "$name" "$key" "$value" "$least"
        awk -v value="$value" -v least="$least" 'BEGIN { exit !(value >= least) }' ||
            fail "$name: $key is $value, below $least"
    done
}

region=2.03,0,6.30,3.41
room cmc/cmc1 fairmot 1920x1024 $region 0.5 moda 99 idf1 99
room cmc/cmc1 fasterrcnn 1920x1024 $region 0.5 moda 99 idf1 99
room cmc/cmc2 fairmot 1920x1024 $region 0.5 moda 95 idf1 90 mota 94
room cmc/cmc2 fasterrcnn 1920x1024 $region 0.5 moda 88 idf1 45
room wildtrack clipped 1920x1080 '' 0.5 moda 99
room wildtrack clipped 1920x1080 '' 1 idf1 94.5
room wildtrack noisy 1920x1080 '' 0.5 moda 85
room wildtrack noisy 1920x1080 '' 1 idf1 85

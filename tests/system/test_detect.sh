#!/usr/bin/env bash
# floorfuse detect and evaluate --boxes on real pictures with their truth: PETS 2009 and SCUT-HEAD.
# The least AP is what the same networks reached with OpenCV, less a point (the data's READMEs).
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
ff=$build/floorfuse
cd "$work"
models=$source/../shared/models data=$source/../shared/data
checked=0

# at_least JSON KEY LEAST
at_least() {
    awk -v key="\"$2\":" -v least="$3" '$1 == key { value = $2 + 0; seen = 1 }
        END { printf "%s %.2f, at least %s\n", key, value, least; exit !(seen && value >= least) }' "$1" ||
        fail "$2 is too low in $1"
}

body=$models/yolo-fastest-1.1_body/yolo-fastest-1.1_body.cfg
truth=$data/pets2009/PETS09-S2L1.txt
if [ -f "$body" ] && [ -f "$truth" ] && [ -f "${FLOORFUSE_VIDEO:-}" ]; then
    while read -r size least; do
        "$ff" detect --model "$body" --size "$size" --every 5 --threshold 0.005 --out boxes.csv "$FLOORFUSE_VIDEO"
        "$ff" evaluate --boxes --truth "$truth" --result boxes.csv --json --pr-curve curve.png >people.json
        grep -q '"truths": 895,' people.json || fail "the truth of every fifth frame has 895 boxes"
        printf '%s: ' "$size"
        at_least people.json ap50 "$least"
        [ "$(head -c 4 curve.png | tail -c 3)" = PNG ] || fail "there is no picture of the curve"
    done <<'SIZES'
320x320 82
512x384 85.5
SIZES
    checked=1
fi

head=$models/head-scut-yolofastest/head.cfg
if [ -f "$head" ] && [ -d "$data/scut-head-b" ]; then
    "$ff" detect --model "$head" --size 640x384 --threshold 0.01 --out heads.csv "$data/scut-head-b"
    # Their annotations call a head "person".
    "$ff" evaluate --boxes --truth "$data/scut-head-b" --result heads.csv --json >none.json 2>words &&
        fail "classes without a common name were compared"
    grep -q -- "--any-class" words || fail "the remedy is not named"
    "$ff" evaluate --boxes --any-class --truth "$data/scut-head-b" --result heads.csv --json >heads.json
    at_least heads.json ap50 68
    if [ -f "$body" ]; then
        mkdir one && cp "$data"/scut-head-b/PartB_00005.jpg one/
        "$ff" detect --model "$body" --heads "$head" --threshold 0.3 --out both.csv one
        grep -q ,head, both.csv || fail "the second network found no head"
    fi
    checked=1
fi
[ "$checked" = 1 ] || skip "neither ../shared/data nor the recording is here"

#!/usr/bin/env bash
# The cases of tools/bench detector: the engines in turn on each model; then each alone, its memory and
# its start. Usage: bench/detector.sh FOLDER_OF_PROGRAMS FOLDER_OF_MODELS [--quick]
set -euo pipefail
program=$1/detector_engines models=$2
rounds=60 slow_rounds=8
[ "${3:-}" != --quick ] || rounds=10 slow_rounds=2

# shellcheck source=bench/line.sh
. "$(dirname "${BASH_SOURCE[0]}")/line.sh"

of() { jq -s --arg engine "$1" "map(select(.engine == \$engine))[0].$2" <<<"$3"; }

# in_turn NAME CFG WEIGHTS SIZE OTHER ROUNDS: fast against another engine, minimum and median
in_turn() {
    local lines figure baseline what
    lines=$("$program" --model "$2" --weights "$3" ${4:+--size "$4"} --engines "fast,$5" --rounds "$6")
    [ "$(of "$5" engine "$lines")" != null ] || return 0
    for what in min median; do
        figure=$(of fast "${what}_ms" "$lines") baseline=$(of "$5" "${what}_ms" "$lines")
        line "$1, fast and $5 in turn, $what of a frame" "$figure" ms "$baseline" "$5" \
            "$(jq -n "$baseline / $figure")"
    done
}

# alone NAME CFG WEIGHTS SIZE ENGINE: memory, libraries and start of a process with one engine
alone() {
    local result
    result=$("$program" --model "$2" --weights "$3" ${4:+--size "$4"} --engines "$5" --alone)
    line "$1, memory of a process with only $5" "$(jq .rss_mb <<<"$result")" MB 80 \
        "what a camera may use" "$(jq '80 / .rss_mb' <<<"$result")" \
        "$(jq -c '{peak_mb: .peak_rss_mb, libraries}' <<<"$result")"
    line "$1, start to first answer with $5" "$(jq .first_answer_ms <<<"$result")" ms 1000 \
        "one second" "$(jq '1000 / .first_answer_ms' <<<"$result")"
}

# model FOLDER NAME [SIZE]
model() {
    local cfg=$models/$1/$2.cfg weights=$models/$1/$2.weights name="$2 ${3:-as in the cfg}"
    if [ ! -r "$weights" ]; then
        echo "$weights is not there; left out" >&2
        return 0
    fi
    in_turn "$name" "$cfg" "$weights" "${3:-}" opencv "$rounds"
    in_turn "$name" "$cfg" "$weights" "${3:-}" darknet "$slow_rounds"
}

# kernels CFG WEIGHTS SIZE: fast by what it may use, one after the other, against oneDNN alone
kernels() {
    local lines engine figure
    lines=$("$program" --model "$1" --weights "$2" --size "$3" --engines avx512,avx2,onednn --rounds "$rounds")
    for engine in avx512 avx2; do
        figure=$(of "$engine" min_ms "$lines")
        [ "$figure" != null ] || continue
        line "yolo-fastest-1.1_body $3, kernels of fast: $engine, min of a frame" "$figure" ms \
            "$(of onednn min_ms "$lines")" "oneDNN alone, AVX2 layout" \
            "$(jq -n "$(of onednn min_ms "$lines") / $figure")"
    done
}

model yolo-fastest-1.1_body yolo-fastest-1.1_body 320x320
model yolo-fastest-1.1_body yolo-fastest-1.1_body 416x320
model yolo-fastest-1.1_coco yolo-fastest-1.1
model yolo-fastest-1.1-xl_coco yolo-fastest-1.1-xl
model mnv2-yolov3-nano_coco MobileNetV2-YOLOv3-Nano-coco
model mnv2-yolo-fastest-v2_voc MobileNetV2-YOLO-Fastest-voc-v2
model head-scut-yolofastest head
body=$models/yolo-fastest-1.1_body/yolo-fastest-1.1_body
if [ -r "$body.weights" ]; then
    kernels "$body.cfg" "$body.weights" 320x320
    for engine in fast opencv darknet; do
        alone "yolo-fastest-1.1_body 416x320" "$body.cfg" "$body.weights" 416x320 "$engine"
    done
fi

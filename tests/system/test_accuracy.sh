#!/usr/bin/env bash
# How near the fused picture is to the truth: PETS 2009 S2.L1 ground truth, real video, real network. Each
# camera alone, then both; the judgement is in accuracy.c.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
need_video
truth=$source/../shared/data/pets2009/PETS09-S2L1.txt
[ -f "$truth" ] || skip "the ground truth is not here: $truth"
make_store
[ -e "$work/model" ] || skip "the model is not here"

# run NAME CAMERA...: the store with only these cameras, without a database
run() {
    local name=$1 camera pids=()
    shift
    printf 'running %s\n' "$name"
    "$build/floorfuse-fusion" --config "$work/$name.cfg" --no-database --until-ended \
        --tracks "$work/$name.csv" --summary "$work/$name.json" &
    local fusion=$!
    for camera in "$@"; do
        "$build/floorfuse-camera" --config "$work/$name.cfg" --camera "$camera" &
        pids+=($!)
    done
    wait "${pids[@]}" "$fusion"
}

# Each run is a store config of its own, with its own run_dir.
only() {
    awk -v keep="$1" '
        /^cameras/ { inside = 1 }
        inside && /^    \{/ { block = ""; taking = 1 }
        taking { block = block $0 "\n"; if (/^    \},?$/) { taking = 0
            if (block ~ "id = \"" keep "\"") { sub(/,\n$/, "\n", block); printf "%s", block } }; next }
        /^\);/ { inside = 0 }
        { print }' "$work/store.cfg"
}
only left | sed "s|$work/run|&-left|" >"$work/left-only.cfg"
only right | sed "s|$work/run|&-right|" >"$work/right-only.cfg"
cp "$work/store.cfg" "$work/both.cfg"
run left-only left
run right-only right
run both left right

"$build/tests/system/accuracy" "$truth" "$source/tests/data/demo-truth-transform.txt" \
    "$work/left.cfg" "$work/both.csv" "$work/left-only.csv" "$work/right-only.csv"

#!/usr/bin/env bash
# The cases of tools/bench camera: one whole camera program, from the coded picture to the published
# message, on real video: what a frame costs and where it goes, how many cameras one core carries, what
# the motion gate saves by day and by night. Each runs several times; the cheapest run counts.
# Usage: bench/camera.sh FOLDER_OF_PROGRAMS VIDEO MODEL_CFG WORK_FOLDER
set -euo pipefail
programs=$1 video=$2 model=$3 work=$4
repeats=3

# shellcheck source=bench/line.sh
. "$(dirname "${BASH_SOURCE[0]}")/line.sh"

# The films are as network cameras send them: H.264 without B frames, 4 Mbit/s at most. Nobody is in the
# median of many frames; the night has the noise of a sensor at full gain, another in every frame.
coding=(-an -c:v libx264 -pix_fmt yuv420p -bf 0 -refs 2 -g 50 -crf 23 -maxrate 4M -bufsize 8M)
encode() { ffmpeg -v error -y -i "$1" "${@:3}" "${coding[@]}" "$2"; }

make_films() {
    [ -f "$work/day-1080p.mp4" ] || encode "$video" "$work/day-1080p.mp4" -vf scale=1920:1080
    [ -f "$work/day-576p.mp4" ] || encode "$video" "$work/day-576p.mp4"
    [ -f "$work/empty.png" ] ||
        ffmpeg -v error -y -i "$video" -vf 'select=not(mod(n\,3)),tmedian=radius=120' -frames:v 1 \
            -update 1 "$work/empty.png"
    local size
    for size in 768:576 1920:1080; do
        local film=$work/night-${size#*:}p.mp4
        [ -f "$film" ] || ffmpeg -v error -y -loop 1 -framerate 5 -i "$work/empty.png" -t 120 \
            -vf "scale=$size,eq=brightness=-0.15:contrast=0.7,noise=alls=5:allf=t" "${coding[@]}" "$film"
    done
}

# store: the config of all cases, NAME-gated and NAME-always of each film
store() {
    local film size edge mode
    printf 'store = { id = "bench"; };\nrun_dir = "%s/run";\nstate_dir = "%s/state";\n' "$work" "$work"
    printf 'floors = ( { id = "floor"; plan = { png = "plan.png"; metres_per_pixel = 0.02; origin_m = [0.0, 0.0]; }; } );\ncameras = (\n'
    local comma=
    # The recording itself, with its own codec, first.
    ln -sfn "$video" "$work/vtest.mp4"
    for film in vtest day-576p day-1080p night-576p night-1080p; do
        size=768x576
        [ "${film%1080p}" = "$film" ] || size=1920x1080
        edge=${size#*x}
        for mode in gated always; do
            printf '%s  { id = "%s-%s"; floor = "floor"; url = "%s/%s.mp4"; calibration = "%s.cfg"; pace = "fast";\n' \
                "$comma" "$film" "$mode" "$work" "$film" "$size"
            printf '    detector = { engine = "fast"; model = "%s"; size = [416, 320]; };\n' "$model"
            printf '    gate = { enabled = %s; }; }' "$([ "$mode" = gated ] && echo true || echo false)"
            comma=$',\n'
        done
        # A floor under the picture: 1 px is 1 cm.
        printf 'image = { width = %s; height = %s; };\nfloor_from_image = ((0.01, 0, 0), (0, -0.01, %s), (0, 0, 1));\n' \
            "${size%x*}" "$edge" "$(jq -n "$edge / 100")" >"$work/$size.cfg"
    done
    printf '\n);\n'
}

# run CAMERA: the cheapest of several runs, with the parts of a frame from its log
run() {
    local i log result
    for ((i = 0; i < repeats; i++)); do
        log=$work/$1.log
        rm -f "$log"
        result=$("$programs/bench/camera_run" "$programs/floorfuse-camera" "$work/store.cfg" "$1" "$log")
        jq -c --argjson parts "$(sed -n 's/.*time of a frame //p' "$log" |
            jq -R 'split(" ") | map(split("=") | {(.[0]): (.[1] | tonumber)}) | add')" \
            '. + {parts: $parts}' <<<"$result"
    done | jq -sc 'min_by(.cpu_ms_per_frame)'
}

# cost NAME CAMERA: what a frame costs, and how many cameras at 5 frames a second that makes
cost() {
    local always gated
    always=$(run "$2-always") gated=$(run "$2-gated")
    line "$1, whole program, no gate" "$(jq .frames_per_core_s <<<"$always")" "frames/s of one core" 5 \
        "one camera" "$(jq '.frames_per_core_s / 5' <<<"$always")" "$(jq -c .parts <<<"$always")"
    line "$1, whole program, motion gate" "$(jq .frames_per_core_s <<<"$gated")" "frames/s of one core" \
        "$(jq .frames_per_core_s <<<"$always")" "no gate" \
        "$(jq -n "$(jq .frames_per_core_s <<<"$gated") / $(jq .frames_per_core_s <<<"$always")")" \
        "$(jq -c '.parts + {frames, rested}' <<<"$gated")"
    line "$1, cameras at 5 frames/s that one core carries, no gate" "$(jq '.frames_per_core_s / 5 | floor' <<<"$always")" \
        cameras 1 "one camera" "$(jq '.frames_per_core_s / 5 | floor' <<<"$always")"
    line "$1, cameras at 5 frames/s that one core carries, motion gate" "$(jq '.frames_per_core_s / 5 | floor' <<<"$gated")" \
        cameras 1 "one camera" "$(jq '.frames_per_core_s / 5 | floor' <<<"$gated")"
    line "$1, memory at most" "$(jq .peak_rss_mb <<<"$gated")" MB 80 "what a camera may use" \
        "$(jq '80 / .peak_rss_mb' <<<"$gated")"
    [ "${2#night}" != "$2" ] || line "$1, start to first person" "$(jq .first_person_ms <<<"$gated")" ms 1000 \
        "one second" "$(jq '1000 / .first_person_ms' <<<"$gated")"
}

mkdir -p "$work/run"
make_films
store >"$work/store.cfg"
cost "vtest.avi, people all the time" vtest
cost "768x576 H.264, people all the time" day-576p
cost "1920x1080 H.264, people all the time" day-1080p
cost "768x576 H.264, empty night" night-576p
cost "1920x1080 H.264, empty night" night-1080p

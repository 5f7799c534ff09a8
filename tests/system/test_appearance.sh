#!/usr/bin/env bash
# What people look like, on a simulated supermarket: vectors of a network that knows people raise IDF1, vectors that
# know nothing change next to nothing.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
ff=$build/floorfuse

"$ff" simulate --config "$source/etc/sim/supermarket.cfg" --seed 1 --duration-s 60 --out "$work/day" >/dev/null 2>&1

# add_looks KIND: observations.csv with 16 numbers a row. good: what all people share (length 1), the person (1), how the
# camera shows the person (0.4), and noise (0.6). By hand, with a portrait that has lost the noise: same person
# 1 - sqrt(2.16 / 2.52) = 0.07 apart, another person 1 - 1 / sqrt(2.16 x 2.52) = 0.57. nothing: all is noise.
add_looks() {
    awk -F, -v kind="$1" '
        function random() { # Lehmer, Park & Miller 1988
            state = (state * 16807) % 2147483647
            return state / 2147483647
        }
        function fill(into, seed, size,   i, sum) { # a direction by chance
            if (seed) { kept = state; state = seed }
            for (i = 0; i < 16; i++) { into[i] = random() + random() + random() + random() - 2; sum += into[i] ^ 2 }
            for (i = 0; i < 16; i++) into[i] *= size / sqrt(sum)
            if (seed) state = kept
        }
        BEGIN { OFS = ","; state = 4711; fill(all, 99991, 1) }
        NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; print $0, "appearance"; next }
        $column["class"] == "" { print $0, ""; next }
        {
            id = $column["id"]; camera = $column["camera"]
            if (!(camera in number)) number[camera] = ++cameras
            fill(noise, 0, 0.6)
            if (kind == "good" && id + 0 > 0) {
                fill(person, id * 7919 + 13, 1); fill(shown, (id * 64 + number[camera]) * 104729 % 2147483629 + 1, 0.4)
            }
            text = ""
            for (i = 0; i < 16; i++)
                text = text sprintf("%.3f ", kind == "good" && id + 0 > 0 ? all[i] + person[i] + shown[i] + noise[i] : noise[i])
            print $0, text
        }' "$work/day/observations.csv"
}

# score OBSERVATIONS: IDF1, percent
score() {
    "$ff" replay --config "$work/day/store.cfg" --observations "$1" --out "$work/tracks.csv" 2>"$work/words" ||
        fail "$(cat "$work/words")"
    "$ff" evaluate --truth "$work/day/truth.csv" --result "$work/tracks.csv" --radius-m 0.5 --json |
        sed -n 's/^ *"idf1": *\([-0-9.]*\),*$/\1/p'
}

without=$(score "$work/day/observations.csv")
add_looks good >"$work/good.csv"
good=$(score "$work/good.csv")
add_looks nothing >"$work/nothing.csv"
nothing=$(score "$work/nothing.csv")
printf 'IDF1 %s without vectors, %s with good ones, %s with noise\n' "$without" "$good" "$nothing"
awk -v a="$without" -v b="$good" 'BEGIN { exit !(b > a + 5) }' || fail "good vectors do not help"
awk -v a="$without" -v b="$nothing" 'BEGIN { exit !(b - a < 2 && a - b < 2) }' || fail "noise is not neutral"

#!/usr/bin/env bash
# floorfuse replay: detections in a file become tracks; bad files become one sentence.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
ff=$build/floorfuse
cd "$work"

# Two cameras hang 3 m above the floor at (-1, -10) and (1, -10) and look level along y: focal length 1,000 px,
# 1,000 x 1,000 px. By the pinhole's formula a point at (x, y, z) is at u = 500 + 1000 (x - x of the camera) /
# (y + 10), v = 500 + 1000 (3 - z) / (y + 10).
cat >cameras.txt <<'END'
# name  image_from_floor
West 1000 500 0 6000  0 500 -1000 8000  0 1 0 10
East 1000 500 0 4000  0 500 -1000 8000  0 1 0 10
END
table=(--cameras cameras.txt --image 1000x1000 --tick-ms 100)

# walk FORMAT: two people, 8 s at 10 Hz, seen by both cameras: A from (-2, 1) with 0.5 m/s along x, B stands at
# (1, -2). FORMAT is boxes or points. A box ends at the near shoe, 0.1 m before the body's axis.
walk() {
    awk -v format="$1" 'function see(t, camera, at, x, y,   u, v, d, far) {
            far = sqrt((x - at) ^ 2 + (y + 10) ^ 2)
            d = y + 10 - 0.1 * (y + 10) / far
            u = 500 + 1000 * (x - at) * (1 - 0.1 / far) / d; v = 500 + 3000 / d
            if (format == "boxes")
                printf "%d,%s,person,0.9,%.1f,%.1f,%.1f,%.1f\n", t, camera, u - 340 / d, 500 + 1300 / d, u + 340 / d, v
            else
                printf "%d,%s,person,0.9,%.4f,%.4f\n", t, camera, x - 0.1 * (x - at) / far, y - 0.1 * (y + 10) / far
        }
        BEGIN {
            print "time_us,camera,class,score," \
                (format == "boxes" ? "left_px,top_px,right_px,bottom_px" : "floor_x_m,floor_y_m")
            for (i = 1; i <= 80; i++) {
                x = -2 + 0.05 * i
                see(i * 100000, "West", -1, x, 1); see(i * 100000, "East", 1, x, 1)
                see(i * 100000, "West", -1, 1, -2); see(i * 100000, "East", 1, 1, -2)
            }
        }'
}

# check_walk FILE: after 2 s to settle, two tracks a tick, each within 0.05 m (pixels are exact; what is left is the
# filter's lag at the start) of A or B, seen by both cameras, and one number each to the end.
check_walk() {
    awk -F, -v file="$1" '
        NR == 1 { if ($0 != "time_us,track,x_m,y_m,var_xx,var_xy,var_yy,cameras,state") bad = "header " $0; next }
        $1 < 2000000 || $1 > 7900000 { next }
        {
            rows++
            who = $4 > 0 ? "A" : "B"
            dx = $3 - (who == "A" ? -2 + 0.5 * $1 / 1000000 : 1); dy = $4 - (who == "A" ? 1 : -2)
            if (dx * dx + dy * dy > 0.05 * 0.05) bad = "place " $0
            if ($8 != 2 || $9 != "confirmed") bad = "support " $0
            if (!(who in track)) track[who] = $2
            if (track[who] != $2) bad = "changed number " $0
        }
        END {
            if (rows != 120) bad = rows " rows instead of 120"
            if (bad) { print file ": " bad; exit 1 }
        }' "$1" || fail "the tracks are not those of the walk"
}

walk boxes >boxes.csv
walk points >points.csv
"$ff" replay "${table[@]}" --observations boxes.csv --out tracks.csv 2>words || fail "replay: $(cat words)"
check_walk tracks.csv
grep -qF '320 rows at 80 times, 2 cameras, 320 observations; 2 tracks in' words || fail "$(cat words)"
grep -q 'left out' words && fail "rows were left out: $(cat words)"
"$ff" replay "${table[@]}" --observations points.csv --out points-tracks.csv 2>words
check_walk points-tracks.csv

# A tick at each time of the input is the default: here they are those of --tick-ms 100.
"$ff" replay --cameras cameras.txt --image 1000x1000 --observations boxes.csv --out input.csv 2>words ||
    fail "$(cat words)"
check_walk input.csv

# The same bytes again, in any order of rows within a time, from a stream and to one
"$ff" replay "${table[@]}" --observations boxes.csv --out again.csv 2>/dev/null
cmp tracks.csv again.csv || fail "two runs differ"
for order in 2r,2 2,2 5n,5 5nr,5; do
    (head -n 1 boxes.csv && tail -n +2 boxes.csv | sort -t, -s -k1n,1 -k$order) >shuffled.csv
    "$ff" replay "${table[@]}" --observations shuffled.csv --out again.csv 2>/dev/null
    cmp tracks.csv again.csv || fail "the order of rows within a time matters"
done
"$ff" replay "${table[@]}" --observations - --out - <boxes.csv >again.csv 2>/dev/null
cmp tracks.csv again.csv || fail "a stream gives something else"

# Detections are there before a track is confirmed
"$ff" replay "${table[@]}" --observations boxes.csv --out again.csv --out-detections detections.csv 2>/dev/null
cmp tracks.csv again.csv || fail "--out-detections changes the tracks"
grep -q ',tentative$' tracks.csv && fail "a tentative track was published"
grep -q '^200000,.*,2,tentative$' detections.csv || fail "no detection before confirmation"

# The region filters the output only
"$ff" replay "${table[@]}" --observations boxes.csv --out roi.csv --roi -9,0,9,9 2>/dev/null
awk -F, 'NR == 1 || $4 >= 0' tracks.csv | cmp - roi.csv || fail "--roi is not a filter of the output"
"$ff" replay "${table[@]}" --observations boxes.csv --out polygon.csv --roi=-9,0,9,0,9,9,-9,9 2>/dev/null
cmp roi.csv polygon.csv || fail "the same region as a polygon gives something else"

# A store's config, by flags and by its own keys
for name in West East; do
    awk -v name="$name" '$1 == name {
        printf "image = { width = 1000; height = 1000; };\nimage_from_floor = ("
        for (i = 2; i <= 13; i++) printf "%.1f%s", $i, i < 13 ? ", " : ");\n" }' cameras.txt >"$name.cfg"
done
cat >floor.geojson <<'END'
{ "type": "FeatureCollection", "features": [ { "type": "Feature", "properties": { "kind": "walkable" },
  "geometry": { "type": "Polygon", "coordinates": [[[-7, -6], [7, -6], [7, 6], [-7, 6], [-7, -6]]] } } ] }
END
cat >shop.cfg <<'END'
store = { id = "shop"; };
floors = ( { id = "ground"; geojson = "floor.geojson"; }, { id = "roof"; geojson = "floor.geojson"; } );
cameras = (
    { id = "west"; floor = "ground"; url = "west.avi"; calibration = "West.cfg"; },
    { id = "east"; floor = "ground"; url = "east.avi"; calibration = "East.cfg"; },
    { id = "unused"; floor = "ground"; url = "x.avi"; calibration = "not-there.cfg"; },
    { id = "sky"; floor = "roof"; url = "x.avi"; calibration = "not-there.cfg"; } );
replay = { observations = "shop.csv"; out = "shop-tracks.csv"; tick_ms = 100; roi = [-9, 0, 9, 9]; };
END
sed 's/West/west/; s/East/east/' boxes.csv >shop.csv
"$ff" replay --config shop.cfg --out all.csv --roi -9,-9,9,9 2>/dev/null
check_walk all.csv
"$ff" replay --config shop.cfg 2>/dev/null
awk -F, 'NR == 1 || $4 >= 0' all.csv | cmp - shop-tracks.csv || fail "the config's replay group is not obeyed"
echo '8000000,sky,person,1,480,300,520,500' >>shop.csv
"$ff" replay --config shop.cfg 2>words
grep -qF '1 of another floor (first in line 322)' words || fail "$(cat words)"
expect_failure 1 'not-there.cfg' "$ff" replay --config shop.cfg --floor roof
expect_failure 1 'no floor "cellar"' "$ff" replay --config shop.cfg --floor cellar
sed 's/tick_ms = 100/tick_ms = 300/' shop.cfg >odd.cfg
expect_failure 1 'must divide 1000' "$ff" replay --config odd.cfg

# Zones and lines of a drawn floor. A leaves "west" (x < -1) when they are 0.3 m beyond it: they count as inside to
# x = -0.7, at 2.6 s, and cross the line x = 0, drawn upwards, from its left at 4.0 s. B stands in "till" all the time.
square() {
    printf '{"type":"Feature","properties":{"kind":"%s","name":"%s"},"geometry":{"type":"%s","coordinates":%s}}' "$@"
}
cat >zones.geojson <<END
{"type":"FeatureCollection","features":[
$(square walkable room Polygon '[[[-4,-4],[4,-4],[4,4],[-4,4],[-4,-4]]]'),
$(square zone west Polygon '[[[-4,0],[-1,0],[-1,2],[-4,2],[-4,0]]]'),
$(square zone till Polygon '[[[0,-3],[2,-3],[2,-1],[0,-1],[0,-3]]]'),
$(square line middle LineString '[[0,0],[0,2]]')]}
END
sed '/^replay/d; s/floor.geojson/zones.geojson/' shop.cfg >zones.cfg
"$ff" replay --config zones.cfg --observations shop.csv --tick-ms 100 --out again.csv --events events.csv 2>words ||
    fail "zones: $(cat words)"
cmp <(cut -d, -f2 events.csv | sort | uniq -c | tr -s ' ') <(sort -k2 <<'END'
 1 event
 2 floor_entered
 2 floor_left
 1 line_crossed
 2 zone_entered
 2 zone_left
 1 zone_visit
END
) || fail "the events are not those of the walk: $(cat events.csv)"
awk -F, 'function near(value, wanted, off) { return value > wanted - off && value < wanted + off }
    $2 == "zone_left" && $4 == "west" && !near($1 / 1e6, 2.6, 0.15) { bad = $0 }
    $2 == "zone_left" && $4 == "till" && !near($6 / 1e3, 7.9, 0.15) { bad = $0 }
    $2 == "zone_visit" && ($4 != "till" || !near($1 / 1e6, 5.1, 0.15)) { bad = $0 }
    $2 == "line_crossed" && ($4 != "middle" || $5 != "left_to_right" || !near($1 / 1e6, 4.0, 0.15)) { bad = $0 }
    END { if (bad) { print bad; exit 1 } }' events.csv || fail "an event is not where it was"

# Rows that cannot be used are counted by reason
cp boxes.csv odd.csv
cat >>odd.csv <<'END'
8000000,North,person,0.9,480,300,520,500
8000000,West,person,0.9,nan,300,520,500
8000000,West,person,0.9,520,300,480,500
8000000,West,trolley,0.9,480,300,520,500
8000000,West,person,0.9,480,-5,520,1005
END
"$ff" replay "${table[@]}" --observations odd.csv --out odd-tracks.csv 2>words || fail "$(cat words)"
cmp tracks.csv odd-tracks.csv || fail "rows that were left out change the tracks"
[ "$(wc -l <words)" = 1 ] || fail "more than one line: $(cat words)"
for reason in '1 of an unknown camera (first in line 322)' '1 with a number that is not finite (first in line 323)' \
    '1 with right <= left or bottom <= top (first in line 324)' '1 neither person nor head (first in line 325)' \
    '1 without a floor point (horizon, or cut at both ends) (first in line 326)'; do
    grep -qF -- "$reason" words || fail "not said: $reason: $(cat words)"
done

# Files that cannot be used are refused with file and line; what was there before stays, and nothing else is left
refused() { # WORDS LINE-OF-TEXT...: boxes.csv with lines behind it
    local words=$1
    shift
    (cat boxes.csv && printf '%s\n' "$@") >bad.csv
    expect_failure 1 "$words" "$ff" replay "${table[@]}" --observations bad.csv --out kept.csv --out-detections kept-too.csv
    [ "$(cat kept.csv)" = before ] || fail "the old output was touched"
    [ ! -e kept-too.csv ] || fail "half an output was left"
}
echo before >kept.csv
refused 'bad.csv:322: left_px: "wide" is not a number' '8000000,West,person,0.9,wide,300,520,500'
refused 'bad.csv:322: time_us goes back from 8000000 to 7000000' '7000000,West,person,0.9,480,300,520,500'
refused 'bad.csv:322: 3 fields where the header names 8' '8000000,West,person'
refused 'bad.csv:322: time_us: "8e6" is not a whole number' '8e6,West,person,0.9,480,300,520,500'
run=("$ff" replay "${table[@]}" --out kept.csv --observations)
: >empty.csv
expect_failure 1 'empty.csv: the file is empty' "${run[@]}" empty.csv
cut -d, -f1-7 boxes.csv >short.csv
expect_failure 1 'short.csv:1: neither a box nor a floor point is complete' "${run[@]}" short.csv
sed 's/West/Nord/; s/East/Sud/' boxes.csv >strangers.csv
expect_failure 1 'strangers.csv:2: camera "Nord" is unknown' "${run[@]}" strangers.csv
head -c 3000 /dev/urandom >noise.csv
expect_failure 1 'noise.csv' "${run[@]}" noise.csv
expect_failure 1 'nowhere.csv' "${run[@]}" nowhere.csv
expect_failure 1 "$work" "${run[@]}" "$work"
expect_failure 1 '/nowhere/x.csv' "$ff" replay "${table[@]}" --observations boxes.csv --out /nowhere/x.csv
[ "$(cat kept.csv)" = before ] || fail "the old output was touched"
printf 'West 1 2 3\n' >bad.txt
expect_failure 1 'bad.txt:1: camera West has 3 numbers' \
    "$ff" replay --cameras bad.txt --image 10x10 --observations boxes.csv --out kept.csv
expect_failure 1 'nowhere.txt' "$ff" replay --cameras nowhere.txt --image 10x10 --observations boxes.csv --out kept.csv
compgen -G '*.new' >/dev/null && fail "a temporary file was left: $(ls)"
if [ -w /dev/full ]; then
    expect_failure 1 'could not write /dev/full' "$ff" replay "${table[@]}" --observations boxes.csv --out /dev/full
fi

# Usage
expect_failure 2 'give the cameras' "$ff" replay --observations boxes.csv --out x.csv
expect_failure 2 '--image WIDTHxHEIGHT' "$ff" replay --cameras cameras.txt --observations boxes.csv --out x.csv
expect_failure 2 'e.g. 1920x1080' "$ff" replay --cameras cameras.txt --image big --observations boxes.csv --out x.csv
expect_failure 2 '1 .. 16384 px' "$ff" replay --cameras cameras.txt --image 0x5 --observations boxes.csv --out x.csv
expect_failure 2 'nothing to replay' "$ff" replay "${table[@]}" --out x.csv
expect_failure 2 'give --out FILE' "$ff" replay "${table[@]}" --observations boxes.csv
expect_failure 2 'divides 1000' "$ff" replay "${table[@]}" --tick-ms 300 --observations boxes.csv --out x.csv
expect_failure 2 'not both' "$ff" replay "${table[@]}" --tick input --observations boxes.csv --out x.csv
expect_failure 2 '--roi must be' "$ff" replay "${table[@]}" --roi 1,2,x,4 --observations boxes.csv --out x.csv
expect_failure 2 'the roi is empty' "$ff" replay "${table[@]}" --roi 1,2,0,4 --observations boxes.csv --out x.csv

# A file of 62 MB needs no more memory than one of 15 kB: what the small one can just run in (in steps of 8 MB;
# the libraries alone take some) is enough, and a step. The sanitizers reserve terabytes, so it is not for them.
within() { # MEGABYTES FILE
    (ulimit -d $(($1 * 1024)) && "$ff" replay "${table[@]}" --observations "$2" --out long-tracks.csv) >words 2>&1
}
if ! grep -q __asan_init "$ff"; then
    # %.0f: mawk stops %d at 2^31
    awk 'NR == 1 { print; next } { row[NR - 1] = $0; n = NR - 1 }
        END { for (r = 0; r < 3750; r++) for (i = 1; i <= n; i++) {
            t = row[i]; sub(/,.*/, "", t); rest = row[i]; sub(/^[^,]*/, "", rest)
            printf "%.0f%s\n", t + r * 8000000, rest } }' boxes.csv >long.csv
    for megabytes in $(seq 8 8 512); do
        within "$megabytes" boxes.csv && break
    done
    within $((megabytes + 8)) long.csv || fail "a long file takes more than $megabytes + 8 MB: $(cat words)"
    grep -qF '1200000 rows at 300000 times' words || fail "$(cat words)"
    printf 'ok: %s bytes within %s MB\n    %s\n' "$(wc -c <long.csv)" "$((megabytes + 8))" "$(cat words)"
fi

# Real detections, where they are
data=$source/../shared/data
[ -d "$data/cmc" ] || { echo "no real detections here: skipped" && exit 0; }
for file in "$data"/cmc/*/observations-*.csv "$data"/wildtrack/observations-*.csv; do
    size=1920x1024
    case $file in */wildtrack/*) size=1920x1080 ;; esac
    "$ff" replay --cameras "$(dirname "$file")/cameras.txt" --image $size --tick-ms 250 \
        --observations "$file" --out real.csv --out-detections real-detections.csv 2>words || fail "$file: $(cat words)"
    [ "$(wc -l <real.csv)" -gt 300 ] || fail "$file: nearly no tracks"
    printf 'ok: %s\n    %s\n' "$file" "$(cat words)"
done

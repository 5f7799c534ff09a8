#!/usr/bin/env bash
# Marks to a camera file, as an installer does it: the report, the pictures, every refusal.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
ff=$build/floorfuse
cd "$work"

# The demo's camera seen from outside: pixels of places by the formulas of docs/frames.md, in awk.
mark() {
    awk -v name="$5" -v px_noise="$4" -v X="$1" -v Y="$2" -v Z="$3" 'BEGIN {
        x = 0.998548481537 * X - 0.015269215632 * Y - 0.051650567017 * Z - 11.741656217
        y = -0.053860280900 * X - 0.283310844140 * Y - 0.957514509412 * Z + 5.145765754
        z = -0.000012670227 * X + 0.958906573471 * Y - 0.283722017462 * Z + 9.674876434
        u = x / z; v = y / z; r = u * u + v * v
        k = 1 - 0.157654634 * r + 0.073012380 * r * r - 0.034699710 * r * r * r
        printf "%.1f,%.1f,%s,%s,%s,%s\n", 324.721491 + 1185.001301 * u * k + px_noise,
            283.066501 + 1194.606087 * v * k - px_noise, X, Y, Z, name }'
}
{
    echo x_px,y_px,x_m,y_m,z_m,name
    mark 6.19 13.06 0 0.6 "lawn edge"
    mark 16.5 4.2 0 -0.4 kerb
    mark 13.6 17.79 0 0.3 "lamp post"
    mark 19.7 14.2 0 -0.7 sign
    mark 19.0 21.1 0 0.5 "road mark"
    mark 10.3 19.2 0 -0.3 cone
    mark 16.3 7.2 0 0.8 tripod
    mark 9.1 14.0 0 -0.6 stone
    mark 13.0 24.5 0 0.2 "car park"
    mark 13.6 17.79 2.2 -0.5 "lamp post top"
    mark 19.7 14.2 1.5 0.4 "sign top"
    mark 10.7 6.6 1.9 -0.2 "rod"
} >points.csv
"$ff" plan --config "$source/etc/demo/store.cfg" --out plan.png
fit=("$ff" calibrate fit --camera left --image 768 576)
plan=(--plan plan.png --metres-per-pixel 0.025)

"${fit[@]}" --points points.csv --out left.cfg --author "Ann" "${plan[@]}" \
    --error-plan plan-error.png --error-picture picture-error.png >report.txt
grep -q "^RMS .* cm on the floor; worst point points.csv:[0-9]* (.*): .* cm; leave-one-out .* cm$" report.txt ||
    fail "the report has no figures in cm: $(cat report.txt)"
grep -q "taken" report.txt || fail "the report names no model"
grep -q "saved as left.cfg, version [0-9a-f]\{8\}" report.txt || fail "nothing was saved"
# The camera hangs 7.07 m high (docs/demo-calibration.md).
height=$(sed -n 's/^hangs \([0-9.]*\) m above.*/\1/p' report.txt)
awk -v h="$height" 'BEGIN { exit !(h > 6.7 && h < 7.4) }' || fail "the camera hangs $height m high, not 7.07"
[ -s plan-error.png ] || fail "no picture over the plan"
[ -s picture-error.png ] || fail "no picture over the camera"

# What was saved is a camera of a store, and checks.
"$ff" calibrate check left.cfg --out-dir pictures "${plan[@]}" >check.txt
grep -q "fitted to 12 points" check.txt || fail "check does not know the points: $(cat check.txt)"
for picture in footprint person-px px-per-m error-plan error-picture pixel-plan person-px-picture; do
    [ -s "pictures/left-$picture.png" ] || fail "no picture of $picture"
done
! "$ff" calibrate check left.cfg --max-error-cm 0.1 >/dev/null 2>refused.txt || fail "0.1 cm cannot be reached"
grep -q "more than .* cm, 0.1 cm are allowed" refused.txt || fail "$(cat refused.txt)"
"$ff" calibrate check "$source/etc/demo/left.cfg" >check.txt
grep -q "names no points" check.txt || fail "an imported camera has no error of its own"

# A wrong point is found and named, and the camera is as good as before.
sed 's/^\(.*\),19.7,14.2,0,sign$/\1,21.7,14.2,0,sign/' points.csv >wrong.csv
"${fit[@]}" --points wrong.csv --out wrong.cfg >report.txt
grep -q "wrong.csv:5 (sign) does not agree" report.txt || fail "the wrong point is not named: $(cat report.txt)"

# Bad input: named by file and line, nothing written.
refuse() { # words, then the command's further options
    local words=$1
    shift
    rm -f bad.cfg
    if "${fit[@]}" --out bad.cfg "$@" >out.txt 2>err.txt; then fail "taken: $*"; fi
    grep -q -- "$words" err.txt || fail "no \"$words\" in: $(cat err.txt)"
    [ ! -e bad.cfg ] || fail "written all the same: $*"
}
head -n 4 points.csv >bad.csv
refuse "bad.csv:4: only 3 points" --points bad.csv
sed '5s/.*/abc,10,1,2,0,/' points.csv >bad.csv
refuse "bad.csv:5: .*abc" --points bad.csv
sed '5s/.*/nan,10,1,2,0,/' points.csv >bad.csv
refuse "bad.csv:5:" --points bad.csv
{ cat points.csv && sed -n 3p points.csv; } >bad.csv
refuse "bad.csv:14: this is the same point as line 3" --points bad.csv
{
    echo x_px,y_px,x_m,y_m
    for i in 1 2 3 4 5 6; do echo "$((100 + 80 * i)),$((100 + 40 * i)),$i,$((20 - i))"; done
} >bad.csv
refuse "bad.csv:7: all points up to here lie on one line" --points bad.csv
refuse "outside the picture of 320x240" --points points.csv --image 320 240
refuse "no camera \"nobody\"" --points points.csv --config "$source/etc/demo/store.cfg" --camera nobody
refuse "more than the 0.1 cm allowed" --points points.csv --max-error-cm 0.1
refuse "there is no model \"fisheye\"" --points points.csv --model fisheye
awk -F, -v OFS=, 'NR > 1 { $3 *= 100; $4 *= 100; $5 *= 100 } 1' points.csv >bad.csv
refuse "floor points are in metres" --points bad.csv
awk -F, -v OFS=, 'NR > 1 { $4 = -$4 } 1' points.csv >bad.csv
refuse "mirrored" --points bad.csv
refuse "nowhere.csv: cannot open" --points nowhere.csv

# An old camera file stays when the new one is refused.
cp left.cfg old.cfg
! "${fit[@]}" --points points.csv --max-error-cm 0.1 --out old.cfg >/dev/null 2>&1 || fail "0.1 cm cannot be reached"
cmp -s old.cfg left.cfg || fail "a refused fit touched the old file"

#!/usr/bin/env bash
# Bad input gets one clear sentence and exit code 1 or 2, never a crash.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
make_store
cfg=$work/store.cfg
good=$(cat "$cfg")
ff=$build/floorfuse
camera=("$build/floorfuse-camera" --config "$cfg" --camera left --no-publish)

# broken 's/sed/script/': the store's config with one thing wrong
broken() { printf '%s\n' "$good" | sed -e "$1" >"$cfg"; }

# Usage
expect_failure 2 'unknown command' "$ff" nonsense
expect_failure 2 '--config' "$ff" heatmap --out x.png
expect_failure 2 'unknown option --frm' "$ff" heatmap --config "$cfg" --frm x
expect_failure 2 'is not a time' "$ff" heatmap --config "$cfg" --from yesterday --out "$work/x.png"
expect_failure 2 'has no camera "middle"' "$build/floorfuse-camera" --config "$cfg" --camera middle

# Config
expect_failure 1 "$work/none.cfg" "$ff" check --config "$work/none.cfg"
expect_failure 1 "$work" "$ff" check --config "$work"
broken 's/bucket_s = 15/bukket_s = 15/'
expect_failure 1 'bukket_s' "$ff" check --config "$cfg"
broken 's/cell_m = 0.25/cell_m = "wide"/'
expect_failure 1 'heat.cell_m' "$ff" check --config "$cfg"
broken 's/bucket_s = 15/bucket_s = 7/'
expect_failure 1 '900' "$ff" check --config "$cfg"
broken 's/^chain = .*/chain = "demo/'
expect_failure 1 "$cfg:" "$ff" up --config "$cfg"
broken 's/floor = "yard"/floor = "roof"/; s/cell_m = 0.25/cell_m = -1/'
expect_failure 1 'roof' "$ff" check --config "$cfg"
grep -q 'cell_m' "$work/stderr" || fail "check did not say every problem"
printf '%s\n' "$good" >"$cfg"

# Calibration
cp "$work/left.cfg" "$work/left.good"
sed 's/focal = .*/focal = [nan, 1.0];/' "$work/left.good" >"$work/left.cfg"
expect_failure 1 "$work/left.cfg" "${camera[@]}"
printf 'image = { width = 768; height = 576; };\nfloor_from_image = ((1.0, 2.0, 3.0), (2.0, 4.0, 6.0), (0.0, 0.0, 1.0));\n' >"$work/left.cfg"
expect_failure 1 'singular' "${camera[@]}"
rm "$work/left.cfg"
expect_failure 1 "$work/left.cfg" "${camera[@]}"
cp "$work/left.good" "$work/left.cfg"

# Model
broken 's|model/yolo-fastest-1.1_body.cfg|nowhere/net.cfg|'
expect_failure 1 'nowhere/net.cfg' "${camera[@]}"
model=$(find_model)
if [ -n "$model" ]; then
    mkdir "$work/cut"
    cp "$model"/*.cfg "$model"/*.names "$work/cut/"
    head -c 500000 "$model/yolo-fastest-1.1_body.weights" >"$work/cut/yolo-fastest-1.1_body.weights"
    broken 's|"model/|"cut/|'
    expect_failure 1 'yolo-fastest-1.1_body.weights' "${camera[@]}"
fi
printf '%s\n' "$good" >"$cfg"

# Video
hog=("${camera[@]}" --engine hog)
rm -f "$work/vtest.avi"
expect_failure 1 'vtest.avi' "${hog[@]}"
head -c 100000 /dev/urandom >"$work/vtest.avi"
expect_failure 1 'vtest.avi' "${hog[@]}"

# Floor and plan
printf '{ "type": "FeatureCollection", "features": [' >"$work/broken.geojson"
broken 's|yard.geojson|broken.geojson|'
expect_failure 1 'broken.geojson' "$build/floorfuse-fusion" --config "$cfg" --no-database
printf '%s\n' "$good" >"$cfg"
"$ff" plan --config "$cfg" || fail "the plan could not be drawn"
head -c 2000 "$work/plan.png" >"$work/cut.png"
mv "$work/cut.png" "$work/plan.png"
expect_failure 1 'plan.png' "$ff" check --config "$cfg"
rm "$work/plan.png"

# Network: the port is taken
python=$(command -v python3 || true)
if [ -n "$python" ]; then
    coproc holder { exec "$python" -c '
import socket, sys
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen()
print(s.getsockname()[1], flush=True); sys.stdin.read()'; }
    read -r port <&"${holder[0]}"
    broken "s|^chain = .*|&\nwire = { endpoint = \"tcp://127.0.0.1:$port\"; };|"
    expect_failure 1 "$port" "$build/floorfuse-fusion" --config "$cfg" --no-database
    kill "$holder_PID" 2>/dev/null || true
fi

# Database
broken 's|mode = "embedded"|mode = "conninfo"; conninfo = "host=/nowhere-at-all dbname=x"|'
expect_failure 1 'nowhere-at-all' "$ff" migrate --config "$cfg"
expect_failure 1 'nowhere-at-all' "$ff" heatmap --config "$cfg" --out "$work/x.png"
# Fusion goes on without it, says so, and keeps what it has.
"$build/floorfuse-fusion" --config "$cfg" 2>"$work/fusion.log" &
fusion=$!
until grep -q 'the database takes no buckets, they wait in .*nowhere-at-all' "$work/fusion.log"; do
    kill -0 "$fusion" 2>/dev/null || { cat "$work/fusion.log" >&2 && fail "fusion ended without a database"; }
done
kill -INT "$fusion"
kill -TERM "$fusion"
wait "$fusion" || fail "fusion did not end well"
[ ! -e "$work/x.png" ] || fail "a picture was written although there was no data"
printf '%s\n' "$good" >"$cfg"
expect_failure 1 'not running' "$ff" stop --config "$cfg"
expect_failure 1 'does not answer' "$ff" status --config "$cfg"

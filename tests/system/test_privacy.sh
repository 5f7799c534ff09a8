#!/usr/bin/env bash
# No picture leaves a camera program: not by any connection, into no file and into no table. Real programs look at a
# texture that is unmistakable and at real people; all that they send, write and store is searched for it.
. "$(dirname "${BASH_SOURCE[0]}")/faults.sh"
command -v ffmpeg >/dev/null || skip "no ffmpeg to make the pictures with"
TEXTURES=40 STREET=24
run=$work/shop
mkdir -p "$run/texture" "$run/street" "$run/raw" "$run/seen"

# What the cameras see, as files and as the bytes that a decoder makes of them.
python3 -c 'import random, sys
random.seed(5)
sys.stdout.buffer.write(random.randbytes(240 * 180))' >"$run/texture.gray"
ffmpeg -v error -f rawvideo -pix_fmt gray -s 240x180 -stream_loop $((TEXTURES - 1)) -i "$run/texture.gray" \
    "$run/texture/%03d.png"
cameras=(texture) frames=$TEXTURES
if [ -f "${FLOORFUSE_VIDEO:-}" ]; then
    ffmpeg -v error -i "$FLOORFUSE_VIDEO" -vf "select=not(mod(n\,4))" -vsync 0 -frames:v "$STREET" "$run/street/%03d.png"
    cameras+=(street) frames=$((TEXTURES + STREET))
fi
for camera in "${cameras[@]}"; do
    for format in rgb24 bgr24 gray yuv420p; do
        ffmpeg -v error -framerate 7 -i "$run/$camera/%03d.png" -frames:v 12 -f rawvideo -pix_fmt "$format" \
            "$run/raw/$camera.$format"
    done
done

# The search finds what it is to find: a row of pixels among other bytes, in a dump too, and a still.
{ head -c 999 /dev/urandom && dd if="$run/raw/texture.bgr24" bs=1 skip=5000 count=64 status=none; } >"$run/planted"
{ printf 'row\t\\x' && od -An -v -tx1 "$run/planted" | tr -d ' \n'; } >"$run/planted.sql"
for planted in "$run/planted" "$run/planted.sql" "$run/texture/001.png"; do
    ! "$source/tests/system/picture_bytes.py" "$run"/raw/* -- "$planted" >/dev/null || fail "a picture in $planted was not found"
done

# A store of them; every connection, that to PostgreSQL too, goes through a line that records.
cluster_make pg
read -r observations replays database <<<"$(free_ports 3)"
printf "listen_addresses = '127.0.0.1'\nport = %s\n" "$database" >>"$work/pg/postgresql.conf"
cluster_start pg
export PGHOST=127.0.0.1 PGPORT=$database PGUSER=floorfuse PSQLRC=/dev/null
cluster_sql -d postgres -c "CREATE DATABASE privacy"
"$source/tests/system/line.py" --record "$run/seen/wire" "$observations" "$replays" >"$run/line" &
"$source/tests/system/line.py" --record "$run/seen/sql" "$database" >"$run/sql_line" &
await 10 "the lines" grep -q ready "$run/line" "$run/sql_line"
read -r _ near_observations near_replays <"$run/line"
read -r _ near_database <"$run/sql_line"

cp "$source"/examples/walkers/room.geojson "$source"/etc/demo/{left.cfg,yard.geojson} "$run"
cat >"$run/texture.cfg" <<'CFG'
image = { width = 240; height = 180; };
image_from_floor = ((200.0, 120.0, 0.0, -520.0), (0.0, 50.0, -200.0, 800.0), (0.0, 1.0, 0.0, 4.0));
CFG
make_config() {
    cat <<CFG
chain = "test";
store = { id = "test"; timezone = "Europe/Berlin"; };
run_dir = "$run/seen/run";
state_dir = "$run/seen/state";
database = { mode = "conninfo"; conninfo = "host=127.0.0.1 port=$near_database dbname=privacy user=floorfuse"; };
wire = { endpoint = "tcp://127.0.0.1:$1"; replay = "tcp://127.0.0.1:$2"; };
floors = ( { id = "room"; geojson = "room.geojson"; }, { id = "yard"; geojson = "yard.geojson"; } );
heat = { bucket_s = 1; };
fusion = { lateness_ms = 20000; };
cameras = (
    { id = "texture"; floor = "room"; url = "texture"; calibration = "texture.cfg"; fps = 7.0; pace = "fast";
      start = "2009-06-25T13:00:00Z"; }$([ "${#cameras[@]}" = 1 ] || cat <<'STREET'
,
    { id = "street"; floor = "yard"; url = "street"; calibration = "left.cfg"; fps = 7.0; pace = "fast";
      start = "2009-06-25T13:00:00Z"; }
STREET
)
);
CFG
}
make_config "$observations" "$replays" >"$run/store.cfg"
make_config "$near_observations" "$near_replays" >"$run/cameras.cfg"
"$ff" migrate --config "$run/store.cfg" >/dev/null
"$build/floorfuse-fusion" --config "$run/store.cfg" --tracks "$run/seen/tracks.csv" --summary "$run/seen/summary.json" \
    2>"$run/seen/fusion.log" &
fusion=$!
programs=()
for camera in "${cameras[@]}"; do
    "$build/floorfuse-camera" --config "$run/cameras.cfg" --camera "$camera" --engine hog 2>"$run/seen/$camera.log" &
    programs+=($!)
done
for program in "${programs[@]}"; do
    wait "$program" || { tail -n 5 "$run"/seen/*.log >&2; fail "a camera program failed"; }
done
received() { [ "$(status 'o["frames_received"]')" = "$frames" ]; }
await 30 "all frames" received
asked() { "$ff" status --config "$run/store.cfg" --json >"$run/seen/status.json"; }
await 30 "an answer" asked
people=$(sed -n 's/^  "observations": \([0-9]*\).*/\1/p' "$run/seen/status.json")
stop_fusion
pg_dump privacy >"$run/seen/dump.sql"
[ "$(grep -c '^COPY public.heat_bucket' "$run/seen/dump.sql")" -gt 0 ] || fail "the dump has no buckets"
[ "${#cameras[@]}" = 1 ] || [ "$people" -gt 0 ] || fail "nobody was seen, so nothing of anybody could show"

bytes=$(stat -c %s "$run/seen/wire")
smallest=$(stat -c %s "$run"/texture/*.png | sort -n | head -n 1)
printf '%s bytes a frame went out, with replays and all (a still has %s), of %s observations in %s frames\n' \
    $((bytes / frames)) "$smallest" "$people" "$frames"
[ $((bytes / frames)) -lt 2000 ] || fail "$((bytes / frames)) bytes a frame went out"
kill %1 %2 # the lines
mapfile -d '' -t files < <(find "$run/seen" -type f -print0)
"$source/tests/system/picture_bytes.py" "$run"/raw/* -- "${files[@]}" || fail "there are pictures where none may be"

#!/usr/bin/env bash
# A camera program and a real RTSP server, GStreamer's: absent at first, killed, hung, replaced by one that talks
# nonsense or refuses, dark. The program gets over each, and says exactly what is the matter meanwhile.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# Debian's Python has Debian's modules; another one that comes first in PATH may not.
python=/usr/bin/python3
"$python" -c 'import gi, zmq, google.protobuf' 2>/dev/null ||
    skip "no python3 with gi, zmq and google.protobuf; install python3-gi python3-zmq python3-protobuf"
command -v protoc >/dev/null || skip "protoc is not here; install protobuf-compiler"

protoc --proto_path="$source/wire" --python_out="$work" floorfuse.proto
cp "$source/examples/walkers/room.geojson" "$work/"
cat >"$work/front.cfg" <<'CFG'
image = { width = 320; height = 240; };
image_from_floor = ((200.0, 160.0, 0.0, -360.0), (0.0, 50.0, -200.0, 800.0), (0.0, 1.0, 0.0, 4.0));
CFG
cat >"$work/store.cfg.in" <<CFG
chain = "test";
store = { id = "test"; timezone = "Europe/Berlin"; };
run_dir = "$work/run";
state_dir = "$work/state";
floors = ( { id = "room"; geojson = "room.geojson"; } );
cameras = ( { id = "front"; floor = "room"; url = "rtsp://user:secret@127.0.0.1:PORT/live"; calibration = "front.cfg"; } );
wire = { endpoint = "ENDPOINT"; };
CFG

export PYTHONPATH="$work" PYTHONDONTWRITEBYTECODE=1
status=0
timeout 900 "$python" "$source/tests/system/rtsp_story.py" "$build/floorfuse-camera" "$work/store.cfg.in" "$work" \
    2>"$work/log" || status=$?
[ "$status" != 77 ] || skip "no RTSP server; install gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-good"
cat "$work/log"
[ "$status" = 0 ] || fail "the story"
! grep -q secret "$work/log" || fail "the password is in the log"
[ "$(grep -c 'the picture is dark' "$work/log")" = 1 ] || fail "the log does not say once that the picture is dark"
[ "$(grep -c 'the picture is good again' "$work/log")" = 1 ] || fail "nor that it is good again"

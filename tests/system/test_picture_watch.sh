#!/usr/bin/env bash
# The camera program on a recording in which the camera is pushed aside for 35 s: told by the signature beside the
# camera file, once when it begins and once when it ends, and never by one of another calibration.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
need_video
command -v ffmpeg >/dev/null || skip "no ffmpeg to make the film with"
cd "$work"
cp "$source/examples/walkers/room.geojson" .
cat >front.cfg <<'CFG'
image = { width = 240; height = 180; };
image_from_floor = ((200.0, 120.0, 0.0, -520.0), (0.0, 50.0, -200.0, 800.0), (0.0, 1.0, 0.0, 4.0));
CFG
cat >store.cfg <<CFG
chain = "test";
store = { id = "test"; timezone = "Europe/Berlin"; };
run_dir = "$work/run";
state_dir = "$work/state";
floors = ( { id = "room"; geojson = "room.geojson"; } );
cameras = ( { id = "front"; floor = "room"; url = "film.avi"; calibration = "front.cfg"; fps = 1.0; pace = "fast";
              start = "2009-06-25T13:00:00Z"; } );
CFG

# One frame a second; seconds 30 to 64 show what lies 8 px further right.
ffmpeg -v error -i "$FLOORFUSE_VIDEO" -frames:v 85 -q:v 2 -c:v mjpeg \
    -vf "select=not(mod(n\,7)),setpts=N/10/TB,scale=256:192,crop=240:180:x='if(between(n,30,64),16,8)':y=6" whole.avi
ffmpeg -v error -i whole.avi -vf "select='lt(n,30)*not(mod(n,6))'" -vsync 0 still%d.png
ffmpeg -v error -i whole.avi -frames:v 2 -c:v copy start.avi

run() { # the film; leaves the log of the camera program
    ln -sf "$1" film.avi
    timeout 600 "$build/floorfuse-camera" --config store.cfg --camera front --engine hog --no-publish 2>log ||
        { cat log >&2; fail "the camera program failed"; }
}

run start.avi
grep -q "there is no .*front.signature, so it will not be noticed when the camera is moved" log || fail "$(cat log)"

# shellcheck disable=SC2046
"$build/floorfuse" calibrate signature front.cfg $(printf -- '--still %s ' still*.png) >made
run whole.avi
[ "$(grep -c 'picture=' log)" = 2 ] || fail "not one state: $(cat log)"
grep -q 'the picture is moved; .* picture=moved was=good .* shift_px=-[78]\.' log || fail "$(cat log)"
grep -q 'the picture is good again picture=good was=moved lasted_s=2[5-9]' log || fail "$(cat log)"

# Of another calibration, damaged: told, and not used.
printf '# moved\n' >>front.cfg
run whole.avi
grep -q 'front.signature is not used, .*: it was made under calibration ' log || fail "$(cat log)"
! grep -q 'picture=' log || fail "judged by another calibration's signature: $(cat log)"
printf 'signature = nonsense' >front.signature
run start.avi
grep -q 'front.signature is not used, .*front.signature:1' log || fail "$(cat log)"

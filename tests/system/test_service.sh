#!/usr/bin/env bash
# The camera and the supervisor as a service manager sees them; the camera is confined in all its threads, and says
# loudly when it is not.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
need_video
make_store
cd "$work"
engine=()
[ -e "$work/model" ] || engine=(--engine hog)
sed -i -e 's/pace = "fast"; //' -e 's/fps = 7.0;/fps = 1.0;/' store.cfg # a recording that lasts

echo "camera:"
python3 "$source/tests/system/service_manager.py" confined -- "$build/floorfuse-camera" --config store.cfg \
    --camera left --no-publish --csv boxes.csv "${engine[@]}" 2>camera.log || { cat camera.log >&2; fail "the camera"; }
grep -q ' confined capabilities=' camera.log || { cat camera.log >&2; fail "no word about what is given up"; }

echo "supervisor:"
python3 "$source/tests/system/service_manager.py" -- "$build/floorfuse" up --config store.cfg "${engine[@]}" \
    2>up.log || { cat up.log >&2; fail "the supervisor"; }

sed -i 's/fps = 1.0;/fps = 1000.0; confine = false;/' store.cfg
timeout 60 "$build/floorfuse-camera" --config store.cfg --camera left --no-publish --engine hog \
    --csv boxes.csv 2>camera.log &
camera=$!
deadline=$((SECONDS + 60))
until grep -q 'NOT CONFINED' camera.log; do
    [ "$SECONDS" -lt "$deadline" ] || { cat camera.log >&2; fail "nothing is said about confine = false"; }
    sleep 0.2
done
kill -TERM "$camera"
wait "$camera" || { cat camera.log >&2; fail "the camera did not end well"; }

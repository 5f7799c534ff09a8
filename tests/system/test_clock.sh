#!/usr/bin/env bash
# A camera's computer is five minutes slow: that is told, its times are corrected, and both cameras see one person.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
python=/usr/bin/python3
"$python" -c 'import zmq, google.protobuf' 2>/dev/null || skip "python3-zmq or python3-protobuf is not here"
command -v protoc >/dev/null || skip "protoc is not here; install protobuf-compiler"

protoc --proto_path="$source/wire" --python_out="$work" floorfuse.proto
cp "$source"/examples/walkers/* "$work/"
sed -i -e "s|^chain = .*|&\nrun_dir = \"$work/run\";\nstate_dir = \"$work/state\";|" \
    -e "s|tcp://127.0.0.1:5555|ipc://$work/run/observations|" "$work/store.cfg"
cd "$work"
"$build/floorfuse-fusion" --config store.cfg --no-database --summary summary.json 2>fusion.log &
fusion=$!
PYTHONPATH="$work:$source/examples" PYTHONDONTWRITEBYTECODE=1 timeout 60 "$python" - "ipc://$work/run/observations" <<'PY' ||
import importlib.util
import sys
import time


def publisher_with_clock(slow_s):
    """The module once more, with a clock of its own."""
    name = f"publisher_{slow_s}"
    spec = importlib.util.spec_from_file_location(name, importlib.util.find_spec("floorfuse_publisher").origin)
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.now_us = lambda: time.time_ns() // 1000 - slow_s * 1_000_000
    return module


cameras = []
for name, slow_s in (("south", 0), ("east", 300)):
    module = publisher_with_clock(slow_s)
    publisher = module.Publisher(sys.argv[1], "walkers", clock_source=module.CLOCK_ARRIVAL)
    publisher.add_camera(name, "room", f"{name}.cfg", 1280, 720)
    if not publisher.wait_for_fusion(10):
        sys.exit("fusion does not listen")
    cameras.append((module, publisher, name))
end = time.monotonic() + 30
while time.monotonic() < end:
    for module, publisher, name in cameras:
        person = module.Observation(x_m=5.0, y_m=4.0, var_xx=0.01, var_xy=0.0, var_yy=0.01,
                                    box=(600.0, 300.0, 660.0, 480.0))
        publisher.send_frame(name, module.now_us(), [person])
    time.sleep(0.1)
for _, publisher, _ in cameras:
    publisher.close()
PY
    { cat fusion.log >&2; fail "could not publish"; }
"$build/floorfuse" status --config store.cfg --json >status.json || fail "fusion does not answer"
kill -TERM "$fusion"
wait "$fusion" || { cat fusion.log >&2; fail "fusion did not end well"; }
cat fusion.log
grep -q 'clock of the computer of camera east is 300.. s slow; its times are corrected' fusion.log ||
    fail "nothing is said of the clock"
! grep -q 'camera south is' fusion.log || fail "the clock that is right is blamed"
"$python" - <<'PY' || fail "the cameras do not see one person together"
import json

status = json.load(open("status.json"))
east = next(c for c in status["cameras"] if c["camera"] == "east")
assert abs(east["computer_clock_s"] - 300) < 0.1, east["computer_clock_s"]
pair = status["floors"][0]["camera_pairs"][0]
assert pair["seen_by_both"] > 50, pair
assert pair["rms_m"] < 0.3, pair
print(f'corrected by {east["computer_clock_s"]} s, seen by both {pair["seen_by_both"]} times')
PY

#!/usr/bin/env bash
# examples/: detections that come from a Python program become tracks, and one that sends nonsense disturbs nobody.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# Debian's Python has Debian's modules; another one that comes first in PATH may not.
find_python() {
    local python
    for python in /usr/bin/python3 $(command -v python3 || true); do
        if "$python" -c 'import zmq, google.protobuf' 2>/dev/null; then
            printf '%s\n' "$python"
            return
        fi
    done
}
python=$(find_python)
[ -n "$python" ] || skip "no python3 with zmq and google.protobuf; install python3-zmq python3-protobuf"
command -v protoc >/dev/null || skip "protoc is not here; install protobuf-compiler"

protoc --proto_path="$source/wire" --python_out="$work" floorfuse.proto
cp "$source"/examples/walkers/* "$work/"
sed -i -e "s|^chain = .*|&\nrun_dir = \"$work/run\";\nstate_dir = \"$work/state\";\nfusion = { lateness_ms = 20000; };|" \
    -e "s|tcp://127.0.0.1:5555|ipc://$work/run/observations|" "$work/store.cfg"
export PYTHONPATH="$work" PYTHONDONTWRITEBYTECODE=1
cd "$work"

publish() {
    timeout 120 "$python" "$source/examples/publish_detections.py" --endpoint "ipc://$work/run/observations" \
        --store walkers --floor room --camera south=south.cfg --camera east=east.cfg "$@"
}

# run_fusion NAME COMMAND...: fusion beside a command; NAME.csv and NAME.json are what it leaves.
run_fusion() {
    local name=$1 fusion
    shift
    timeout 120 "$build/floorfuse-fusion" --config store.cfg --no-database --until-ended \
        --tracks "$name.csv" --summary "$name.json" 2>"$name.log" &
    fusion=$!
    "$@" || fail "the publisher of \"$name\" failed"
    wait "$fusion" || { cat "$name.log" >&2; fail "fusion failed in \"$name\""; }
}

value() { grep -m 1 "\"$2\"" "$1" | tr -dc '0-9.'; }

# expect_three NAME: three people all the time, each within 0.3 m of where they were made up to be.
expect_three() {
    "$build/floorfuse" evaluate --truth truth.csv --result "$1.csv" --radius-m 0.3 --json >"$1.score"
    [ "$(value "$1.score" result_ids)" = 3 ] || fail "$1: $(value "$1.score" result_ids) people instead of 3"
    awk -v moda="$(value "$1.score" moda)" -v error="$(value "$1.score" mean_error_m)" \
        -v switches="$(value "$1.score" id_switches)" \
        'BEGIN { exit !(moda >= 99 && error < 0.1 && switches == 0) }' ||
        { cat "$1.score" >&2; fail "$1: the tracks are not where the walkers are"; }
    [ "$(value "$1.json" frames_missed)" = 0 ] || fail "$1: frames are missing"
    printf 'ok: %s: MODA %s %% at 0.3 m, mean error %s m, 3 people\n' "$1" "$(value "$1.score" moda)" \
        "$(value "$1.score" mean_error_m)"
}

# Made-up walkers: boxes with an error of 2 px, placed by the example's own arithmetic.
run_fusion demo publish --demo --truth truth.csv
expect_three demo
[ "$(value demo.json frames_received)" = 600 ] || fail "received $(value demo.json frames_received) of 600 frames"

# The CSV of docs/replay.md, with floor points, a row that says a camera did not look, other columns, and what people
# look like. Both cameras see everybody to within 0.05 m.
awk -F, 'NR == 1 { print "time_us,id,camera,class,score,floor_x_m,floor_y_m,var_xx,var_xy,var_yy,appearance"; next }
    $2 == 1 && NR % 10 == 2 { print $1 ",,east,,,,,,,," }
    { for (i = 0; i < 2; i++) {
          camera = i ? "east" : "south"
          if (camera == "east" && int((NR - 2) / 3) * 3 + 2 == NR - ($2 - 1) && (NR - $2 + 1) % 10 == 2) continue
          printf "%s,%s,%s,person,0.9,%.3f,%.3f,0.0025,0,0.0025,%d;%d;%d\n", $1, $2, camera,
              $3 + 0.05 * sin(NR + i), $4 + 0.05 * cos(1.3 * NR + i), $2 == 1, $2 == 2, $2 == 3
      } }' truth.csv >observations.csv
run_fusion file publish --observations observations.csv
expect_three file
[ "$(value file.json observations)" -gt 1700 ] || fail "only $(value file.json observations) observations of the file"
# The wire adds nothing and loses nothing: replay of the same file gives the same tracks (to the last digits, as it
# puts the rows of a frame in an order of its own).
"$build/floorfuse" replay --config store.cfg --observations observations.csv --tick-ms 100 --out replay.csv 2>/dev/null
cut -d, -f1-9 file.csv >wire.csv
"$build/floorfuse" evaluate --truth wire.csv --result replay.csv --radius-m 0.001 --json >same.score
[ "$(value same.score moda)" = 100.0 ] && [ "$(value same.score id_switches)" = 0 ] ||
    { cat same.score >&2; fail "the wire and floorfuse replay give different tracks"; }

# Live, in the present: fusion needs no long patience.
sed -i 's|lateness_ms = 20000|lateness_ms = 1000|' store.cfg
run_fusion live publish --demo --live --seconds 2
[ "$(value live.json frames_received)" = 40 ] || fail "received $(value live.json frames_received) of 40 live frames"
[ "$(value live.json frames_late)" = 0 ] || fail "$(value live.json frames_late) live frames were late"
sed -i 's|lateness_ms = 1000|lateness_ms = 20000|' store.cfg

# Nonsense from another program, before and beside the good one.
cat >rude.py <<'PYTHON'
import math, sys
import zmq
import floorfuse_pb2 as pb

context = zmq.Context()
socket = context.socket(zmq.XPUB)
socket.connect(sys.argv[1])
wanted = {b"\x01obs/walkers/", b"\x01hello/walkers/"}
while wanted:
    assert socket.poll(60000), "nobody subscribed"
    wanted -= {socket.recv()}


def frame(**changes):
    f = pb.ObservationFrame(schema_version=1, store="walkers", floor="room", camera="south", boot_id=7,
                            capture_us=1767225600100000, clock_source=3, width=1280, height=960)
    for name, values in dict(object_class=[1], score=[0.9], floor_x_m=[1], floor_y_m=[1], variance_xx_m2=[0.01],
                             variance_xy_m2=[0], variance_yy_m2=[0.01], left_px=[1], top_px=[1], right_px=[2],
                             bottom_px=[2], height_m=[1.7], reasons=[0], body_index=[-1]).items():
        getattr(f, name).extend(values)
    for name, value in changes.items():
        if isinstance(value, list):
            del getattr(f, name)[:]
            getattr(f, name).extend(value)
        else:
            setattr(f, name, value)
    return f.SerializeToString()


south = b"obs/walkers/south"
hello = pb.CameraHello(schema_version=2, store="walkers", floor="room", camera="south", boot_id=7, state=2)
for parts in (
        [south], [south, frame(), b"more"],                     # shape: 2
        [b"obs/walkers/sout", frame()],                         # topic: 3
        [b"obs/walkers/east", frame()],
        [b"obs/walkers/south", frame(store="elsewhere")],
        [south, frame(schema_version=2)],                       # version: 3
        [south, frame(schema_version=0)],
        [b"hello/walkers/south", hello.SerializeToString()],
        [south, b"\xff" * 100], [south, frame()[:40]],          # content: 8
        [south, frame(boot_id=0)], [south, frame(score=[0.9, 0.8])],
        [south, frame(floor_x_m=[math.nan])], [south, frame(variance_xy_m2=[0.5])],
        [south, frame(right_px=[0.5])], [b"hello/walkers/south", b"\x08\x01garbage"],
        [b"obs/walkers/stranger", frame(camera="stranger")]):   # unknown camera: 1
    socket.send_multipart(parts)
socket.close(10000)
context.term()
PYTHON
rude_and_good() {
    timeout 60 "$python" rude.py "ipc://$work/run/observations" || fail "the rude publisher failed"
    publish --demo
}
run_fusion rude rude_and_good
cmp demo.csv rude.csv || fail "nonsense from another program has changed the tracks"
for expected in shape=2 topic=3 version=3 content=8 "unknown camera=1"; do
    [ "$(value rude.json "${expected%=*}")" = "${expected#*=}" ] ||
        { sed -n '/"refused"/,/}/p' rude.json >&2; fail "refused for ${expected%=*}: not ${expected#*=}"; }
done
printf 'ok: 16 bad messages refused by reason, 1 of a stranger, the same tracks to the last byte\n'

# What goes wrong gets one sentence.
common=(--endpoint "ipc://$work/run/observations" --store walkers --floor room --camera south=south.cfg)
expect_failure 1 "nobody listens for store walkers" \
    "$python" "$source/examples/publish_detections.py" "${common[@]}" --demo --wait-s 0.2
printf 'time_us,camera,class,score,floor_x_m,floor_y_m\n1,south,person,0.9,1,2\n2,south,person,0.9,a,2\n' >bad.csv
timeout 60 "$build/floorfuse-fusion" --config store.cfg --no-database 2>/dev/null &
fusion=$!
expect_failure 1 'bad.csv:3: floor_x_m is "a", not a number' \
    "$python" "$source/examples/publish_detections.py" "${common[@]}" --observations bad.csv
kill -TERM "$fusion"
wait "$fusion" || fail "fusion did not stop"
example=("$python" "$source/examples/publish_detections.py")
expect_failure 2 '"south" is not NAME=FILE' "${example[@]}" "${common[@]}" --camera south --demo
expect_failure 1 'nowhere.cfg is no camera file' "${example[@]}" "${common[@]}" --camera north=nowhere.cfg --demo
expect_failure 1 'there is no image = {' "${example[@]}" "${common[@]}" --camera north=store.cfg --demo

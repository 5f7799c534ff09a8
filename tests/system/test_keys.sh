#!/usr/bin/env bash
# floorfuse keys: sealed sockets give the same tracks as plain ones, what was missed is fetched over them, and who has no
# key, or another's, disturbs nobody.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

python=
for candidate in /usr/bin/python3 $(command -v python3 || true); do
    "$candidate" -c 'import sys, zmq, google.protobuf; sys.exit(not zmq.has("curve"))' 2>/dev/null || continue
    python=$candidate
    break
done
[ -n "$python" ] || skip "no python3 with zmq (CURVE) and google.protobuf; install python3-zmq python3-protobuf"
command -v protoc >/dev/null || skip "protoc is not here; install protobuf-compiler"

protoc --proto_path="$source/wire" --python_out="$work" floorfuse.proto
cp "$source"/examples/walkers/* "$work/"
read -r port replay_port < <("$python" -c '
import socket
sockets = [socket.socket() for _ in range(2)]
for s in sockets:
    s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in sockets))')
endpoint=tcp://127.0.0.1:$port
replay=tcp://127.0.0.1:$replay_port
sed -i -e "s|^chain = .*|&\nrun_dir = \"$work/run\";\nstate_dir = \"$work/state\";\nfusion = { lateness_ms = 20000; };|" \
    -e "s|^wire = .*|wire = { endpoint = \"$endpoint\"; replay = \"$replay\"; keys = \"keys\"; };|" "$work/store.cfg"
export PYTHONPATH="$work:$source/examples" PYTHONDONTWRITEBYTECODE=1
cd "$work"
keys() { "$build/floorfuse" keys "$1" --config store.cfg "${@:2}" >>keys.log; }
value() { grep -m 1 "\"$2\"" "$1" | tr -dc '0-9.'; }
publish() {
    timeout 120 "$python" "$source/examples/publish_detections.py" --endpoint "$endpoint" --store walkers --floor room \
        --camera south=south.cfg --camera east=east.cfg --demo "$@"
}
run_fusion() {
    local name=$1 fusion
    shift
    timeout 120 "$build/floorfuse-fusion" --config store.cfg --no-database --until-ended \
        --tracks "$name.csv" --summary "$name.json" 2>"$name.log" &
    fusion=$!
    "$@" || { cat "$name.log" >&2; fail "the publisher of \"$name\" failed"; }
    wait "$fusion" || { cat "$name.log" >&2; fail "fusion failed in \"$name\""; }
}

# In plain text, which is said.
run_fusion plain publish
grep -q 'plain=wire.endpoint,wire.replay,wire.status' plain.log || fail "nothing says that sockets are in plain text"

# An address that others reach, or encryption that is asked for, needs keys; and what is wrong is said in one sentence.
fusion=("$build/floorfuse-fusion" --config store.cfg --no-database)
sed -i.kept 's|tcp://127.0.0.1|tcp://0.0.0.0|' store.cfg
expect_failure 1 "floorfuse keys init --config store.cfg" "${fusion[@]}"
mv store.cfg.kept store.cfg
sed -i 's|keys = "keys"|&; encrypt = "always"|' store.cfg
expect_failure 1 "floorfuse keys init --config store.cfg" "${fusion[@]}"
expect_failure 1 "floorfuse keys init --config" "$build/floorfuse" keys add south --config store.cfg
[ ! -e keys ] || fail "a command that failed left a folder of keys"
keys init
keys add south east
expect_failure 1 "replace it with floorfuse keys rotate south" "$build/floorfuse" keys add south --config store.cfg
expect_failure 1 'has no camera "nobody"' "$build/floorfuse" keys add nobody --config store.cfg
expect_failure 2 "needed and not given: CAMERA" "$build/floorfuse" keys add --config store.cfg
for secret in keys/*.key; do
    [ "$(stat -c %a "$secret")" = 600 ] || fail "$secret has mode $(stat -c %a "$secret")"
done
chmod 640 keys/fusion.key
expect_failure 1 "chmod 600 $work/keys/fusion.key" "${fusion[@]}"
expect_failure 1 "chmod 600 $work/keys/fusion.key" "$build/floorfuse" check --config store.cfg
chmod 600 keys/fusion.key
cp keys/camera-south.key kept.key
sed -i 's|^secret_key = .*|secret_key = "short";|' keys/camera-south.key
expect_failure 1 "secret_key is not a key" "$build/floorfuse-camera" --config store.cfg --camera south
mv kept.key keys/camera-south.key

# The same tracks to the last byte, while others try: in plain text, with a key that nobody allowed, and with the key
# of one camera in the name of the other.
cat >forge.py <<'PYTHON'
import sys
import zmq
import floorfuse_pb2 as pb
from floorfuse_publisher import read_key

endpoint, keys = sys.argv[1:]
context = zmq.Context()


def connect(pair):
    socket = context.socket(zmq.XPUB)
    socket.linger = 0
    if pair:
        socket.curve_serverkey = read_key(f"{keys}/fusion.pub")[0]
        socket.curve_publickey, socket.curve_secretkey = pair
    socket.connect(endpoint)
    return socket


frame = pb.ObservationFrame(schema_version=1, store="walkers", floor="room", camera="east", boot_id=7,
                            capture_us=1767225600100000, clock_source=3, width=1280, height=960)
outsiders = [connect(None), connect(zmq.curve_keypair())]
insider = connect(read_key(f"{keys}/camera-south.key"))
wanted = {b"\x01obs/walkers/"}
while wanted:
    assert insider.poll(60000), "the insider was not let in"
    wanted -= {insider.recv()}
for _ in range(100):
    insider.send_multipart([b"obs/walkers/east", frame.SerializeToString()])
    insider.send_multipart([b"obs/walkers/south", frame.SerializeToString()])
assert not any(s.poll(0) for s in outsiders), "somebody without a key was let in"
insider.close(10000)
context.destroy()
PYTHON
forge_and_publish() {
    timeout 60 "$python" forge.py "$endpoint" keys || fail "the forger failed"
    publish --keys keys
}
run_fusion sealed forge_and_publish
cmp plain.csv sealed.csv || fail "sealed sockets, or who has no key, have changed the tracks"
[ "$(value sealed.json frames_received)" = 600 ] || fail "received $(value sealed.json frames_received) of 600 frames"
[ "$(value sealed.json identity)" = 200 ] || fail "$(value sealed.json identity) of 200 forged messages were counted"
[ "$(value sealed.json 'unknown key')" -ge 1 ] || fail "the unknown key was not counted"
grep -q 'camera "south" published as "east": refused' sealed.log || fail "the log does not name the forger"
if grep -q 'plain text' sealed.log; then fail "fusion speaks of plain text"; fi
printf 'ok: 600 sealed frames among 200 forged ones, the same tracks as in plain text\n'

# The status is the operator's; a key that is removed is no good a second later, where it is connected, too.
timeout 120 "${fusion[@]}" 2>live.log &
live=$!
status=("$build/floorfuse" status --config store.cfg --json)
deadline=$((SECONDS + 60))
until "${status[@]}" >status.json 2>/dev/null; do
    [ "$SECONDS" -lt "$deadline" ] || { cat live.log >&2; fail "fusion does not answer the operator"; }
done
mv keys/operator.key kept.key
expect_failure 1 "keys/operator.key" "${status[@]}"
"$build/floorfuse" keys init --config store.cfg >/dev/null # the operator is on the list, so nothing is made
[ ! -e keys/operator.key ] || fail "init made a second key of the operator"
cp keys/camera-south.key keys/operator.key
expect_failure 1 "holds the key of south, not of operator" "${status[@]}"
sed -i 's|^id = .*|id = "operator";|' keys/operator.key
expect_failure 1 "does not let this operator's key in" "${status[@]}"
mv kept.key keys/operator.key
cat >removed.py <<'PYTHON'
import select, sys
from floorfuse_publisher import Publisher

with Publisher(sys.argv[1], "walkers", keys="keys") as publisher:
    publisher.add_camera("south", "room", "south.cfg", 1280, 960)
    assert publisher.wait_for_fusion(60)
    print("connected", flush=True)
    time_us = 1767225600000000
    while not select.select([sys.stdin], [], [], 0.02)[0]:
        time_us += 20000
        publisher.send_frame("south", time_us, [])
PYTHON
mkfifo go word
timeout 60 "$python" removed.py "$endpoint" <go >word &
removed=$!
exec 3>go
read -r -t 60 _ <word || fail "the camera did not come in"
keys remove south
[ ! -e keys/camera-south.key ] || fail "the file of a removed key stayed"
deadline=$((SECONDS + 60))
wait_for_refused() {
    until "${status[@]}" >status.json && [ "$(value status.json key)" -ge "$1" ]; do
        [ "$SECONDS" -lt "$deadline" ] || { cat status.json >&2; fail "messages of a removed key are not refused"; }
    done
}
wait_for_refused 1
received=$(value status.json frames_received)
wait_for_refused 20
[ "$(value status.json frames_received)" = "$received" ] || fail "a frame of a removed key was taken"
exec 3>&-
wait "$removed" || fail "the camera that was removed failed"
kill -TERM "$live"
wait "$live" || { cat live.log >&2; fail "fusion did not stop"; }
printf 'ok: the status is for the operator, a removed key is refused on a connection that stands\n'

keys add south
keys rotate south
[ "$(grep -c 'id = "south"' keys/allowed.cfg)" = 2 ] || fail "the old key is gone before the new one is in its place"
keys rotate east --grace 0
"$build/floorfuse" keys list --config store.cfg >list
[ "$(grep -c '^south ' list)" = 2 ] && [ "$(grep -c '^east ' list)" = 1 ] || { cat list >&2; fail "the list is wrong"; }

# A running camera takes a key that was replaced by itself, though the old one is good no more at once.
"$python" - <<'PYTHON'
import os, struct, zlib

def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

rows = b"".join(b"\0" + b"\x80" * 320 for _ in range(240))
os.mkdir("stills")
with open("stills/0000.png", "wb") as file:
    file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 320, 240, 8, 0, 0, 0, 0)) +
               chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
for i in range(1, 600):
    os.symlink("0000.png", f"stills/{i:04}.png")
PYTHON
printf 'image = { width = 320; height = 240; };\nfloor_from_image = ((0.02, 0.0, 1.0), (0.0, -0.02, 7.0), (0.0, 0.0, 1.0));\n' >south.cfg
sed -i '0,/rtsp:[^"]*"/s||stills"; fps = 10.0|' store.cfg
timeout 120 "${fusion[@]}" 2>live.log &
live=$!
timeout 120 "$build/floorfuse-camera" --config store.cfg --camera south 2>camera.log &
camera=$!
deadline=$((SECONDS + 60))
wait_for_frames() {
    until "${status[@]}" >status.json 2>/dev/null && [ "$(value status.json frames_received)" -ge "$1" ]; do
        [ "$SECONDS" -lt "$deadline" ] || { cat live.log camera.log >&2; fail "no frames of the camera arrive"; }
    done
}
wait_for_frames 1
keys rotate south --grace 0
until grep -q 'new keys; connecting again' camera.log; do
    [ "$SECONDS" -lt "$deadline" ] || { cat camera.log >&2; fail "the camera does not take the new key"; }
done
wait_for_frames $(($(value status.json frames_received) + 30))
[ "$(value status.json 'unknown key')" = 0 ] || { cat status.json >&2; fail "the camera was turned away"; }
printf 'ok: a camera took its new key while it ran\n'

# What a camera saw while it was shut out is fetched from its ring over the sealed replay socket, while others try to be
# asked in its place: in plain text, with a key that nobody allowed, and with the key of another under its name.
cat >listen.py <<'PYTHON'
import sys
import zmq
import floorfuse_pb2 as pb
from floorfuse_publisher import read_key

context = zmq.Context()


def connect(pair, name):
    socket = context.socket(zmq.DEALER)
    socket.linger = 0
    socket.setsockopt(zmq.PROBE_ROUTER, 1)
    if name:
        socket.setsockopt(zmq.IDENTITY, name)
    if pair:
        socket.curve_serverkey = read_key("keys/fusion.pub")[0]
        socket.curve_publickey, socket.curve_secretkey = pair
    socket.connect(sys.argv[1])
    return socket


east = read_key("keys/camera-east.key")
sockets = [connect(None, b"south"), connect(zmq.curve_keypair(), b"south"), connect(east, b"south")]
forger = connect(east, None)
frame = pb.ObservationFrame(schema_version=1, store="walkers", floor="room", camera="south", boot_id=7,
                            capture_us=1767225600100000, clock_source=3, width=320, height=240)
reply = pb.ReplayReply(schema_version=1, store="walkers", camera="south", request_id=1, complete=True,
                       last_boot_id=7)
reply.messages.add(kind=1, content=frame.SerializeToString())
for _ in range(3):
    forger.send(reply.SerializeToString())
print("listening", flush=True)
sys.stdin.read()
assert not any(s.poll(0) for s in sockets), "somebody was asked in place of another"
context.destroy()
PYTHON
timeout 60 "$python" listen.py "$replay" <go >word &
listener=$!
exec 3>go
read -r -t 60 _ <word || fail "the listener did not start"
deadline=$((SECONDS + 60))
wait_for() { # WORDS COMMAND...
    until "${status[@]}" >status.json && "${@:2}"; do
        [ "$SECONDS" -lt "$deadline" ] || { cat status.json live.log camera.log >&2; fail "waited in vain for $1"; }
    done
}
at_least() { [ "$(value status.json "$1")" -ge "$2" ]; }
ring_bytes() { cat state/ring/south/* | wc -c; }
ring_has() { [ "$(ring_bytes)" -ge "$1" ]; }
reconnected() { [ "$(grep -c 'new keys; connecting again' camera.log)" -ge "$1" ]; }
wait_for "four forgeries" at_least identity 4
wait_for "the unknown key" at_least 'unknown key' 1
before=$(value status.json frames_replayed) # changing the key has cost some
cp -p keys/camera-south.key kept.key
"$python" - >wrong.key <<'PYTHON'
import zmq
print('id = "south";\npublic_key = "%s";\nsecret_key = "%s";' % tuple(k.decode() for k in zmq.curve_keypair()))
PYTHON
chmod 600 wrong.key
mv wrong.key keys/camera-south.key
wait_for "the camera's wrong key" reconnected 2
wait_for "what the camera sees meanwhile" ring_has $(($(ring_bytes) + 3000))
mv kept.key keys/camera-south.key
wait_for "the replay" at_least frames_replayed $((before + 10))
complete() { [ "$(value status.json frames_missed)" = 0 ]; }
wait_for "all frames" complete
[ "$(value status.json identity)" = 4 ] || { cat status.json >&2; fail "something honest was taken for a forgery"; }
replayed=$(($(value status.json frames_replayed) - before))
exec 3>&-
wait "$listener" || fail "the listener got something"
for file in state/ring/south/*; do
    [ "$(stat -c %a "$file")" = 600 ] || fail "$file has mode $(stat -c %a "$file")"
done
kill -TERM "$camera"
wait "$camera" || { cat camera.log >&2; fail "the camera did not stop"; }
kill -TERM "$live"
wait "$live" || { cat live.log >&2; fail "fusion did not stop"; }
grep -q 'camera "east" answered as "south": refused' live.log || fail "the log does not name who answers for another"
printf 'ok: %s frames were replayed over the sealed socket, and nobody was asked in place of another\n' "$replayed"

"""Somebody else's detections, told to floorfuse-fusion.

    with Publisher("tcp://127.0.0.1:5555", "shop", patience_ms=0) as publisher:
        publisher.add_camera("door", "ground", "door.cfg", 1920, 1080)
        publisher.wait_for_fusion(30)
        publisher.send_frame("door", capture_us, [Observation(...), ...])

examples/README.md says what each field means and what usually goes wrong. The messages are those of
wire/floorfuse.proto; make their Python module once with

    protoc --proto_path=wire --python_out=examples wire/floorfuse.proto
"""
import dataclasses
import hashlib
import math
import pathlib
import re
import secrets
import time

import zmq

import floorfuse_pb2 as pb

SCHEMA_VERSION = 1
PERSON, HEAD = 1, 2
STARTING, RUNNING, LOST, ENDED = 1, 2, 3, 4
CLOCK_ARRIVAL, CLOCK_STREAM, CLOCK_FILE = 1, 2, 3
FOOT_CLIPPED, FOOT_OCCLUDED, HEAD_PLANE, OUTSIDE_WALKABLE = 1, 2, 4, 8

# A hello is said again this often, so that who joins late has not missed it for long.
HELLO_INTERVAL_S = 2.0

# Messages that wait in the queue while fusion is busy or away.
QUEUE_MESSAGES = 1000


@dataclasses.dataclass
class Observation:
    """One detection of one camera, placed on the floor."""

    x_m: float  # floor metres, x right and y up on the plan
    y_m: float
    var_xx: float  # how exactly that is known, m^2; must be positive definite
    var_xy: float
    var_yy: float
    score: float = 1.0  # 0..1
    box: tuple = (0.0, 0.0, 1.0, 1.0)  # left, top, right, bottom, full-frame px; right > left
    kind: int = PERSON  # PERSON or HEAD
    height_m: float = math.nan  # of the upper edge over the foot; NaN: not known
    reasons: int = 0  # FOOT_CLIPPED | FOOT_OCCLUDED | HEAD_PLANE | OUTSIDE_WALKABLE
    body_index: int = -1  # of a head: the place of its body in the same frame; -1: none
    appearance: tuple = ()  # what the person looks like; equally long in a frame, or empty


@dataclasses.dataclass
class Camera:
    """What a hello says, and where the numbering is."""

    floor: str
    width: int
    height: int
    calibration_text: str
    calibration_version: str
    # A new number at each start tells fusion that the frames are counted from 0 again.
    boot_id: int = dataclasses.field(default_factory=lambda: secrets.randbits(63) + 1)
    next_sequence: int = 0
    state: int = RUNNING


def read_key(path):
    """public and secret key (None in a public file) of a file of floorfuse keys, docs/security.md"""
    found = dict(re.findall(r'^(public_key|secret_key) = "([^"]{40})";', pathlib.Path(path).read_text(),
                            re.MULTILINE))
    if "public_key" not in found:
        raise ValueError(f"{path} is no key file; floorfuse keys add makes one")
    return found["public_key"].encode(), found.get("secret_key", "").encode() or None


def now_us():
    return time.time_ns() // 1000


class Publisher:
    """All cameras of one program, over one XPUB socket that connects to fusion; with keys, over
    one socket each, as a connection can speak for the camera of its key only."""

    def __init__(self, endpoint, store, model_id="", clock_source=CLOCK_ARRIVAL, patience_ms=0,
                 keys=None):
        """patience_ms: how long a frame may wait for room in a full queue before it is dropped.
        0 for live cameras, which must not fall behind; some seconds for recordings.
        keys: a folder with fusion.pub and each camera-NAME.key; None: plain text."""
        self.endpoint = endpoint
        self.store = store
        self.model_id = model_id
        self.clock_source = clock_source
        self.cameras = {}
        self.dropped = 0
        self._hello_due = 0.0
        self._patience_ms = patience_ms
        self._keys = pathlib.Path(keys) if keys else None
        self._context = zmq.Context()
        self._sockets = {}  # by camera; without keys all are the same
        if not keys:
            self._shared = self._connect()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _connect(self, name=None):
        # XPUB, not PUB: it hears who subscribes, and NODROP makes a full queue an error.
        socket = self._context.socket(zmq.XPUB)
        socket.setsockopt(zmq.XPUB_VERBOSE, 1)
        socket.setsockopt(zmq.XPUB_NODROP, 1)
        socket.setsockopt(zmq.SNDHWM, QUEUE_MESSAGES)
        socket.setsockopt(zmq.SNDTIMEO, self._patience_ms)
        if name:
            socket.curve_serverkey = read_key(self._keys / "fusion.pub")[0]
            socket.curve_publickey, socket.curve_secretkey = read_key(
                self._keys / f"camera-{name}.key")
        socket.connect(self.endpoint)
        return socket

    def add_camera(self, name, floor, calibration_file, width, height):
        """name and floor as in the store config; width and height of the full frame, px."""
        data = pathlib.Path(calibration_file).read_bytes()
        version = hashlib.sha256(data).hexdigest()
        self.cameras[name] = Camera(floor, width, height, data.decode(), version)
        self._sockets[name] = self._connect(name) if self._keys else self._shared

    def wait_for_fusion(self, timeout_s):
        """Until fusion has subscribed; what is sent before reaches nobody (the "slow joiner").
        False: nobody came."""
        deadline = time.monotonic() + timeout_s
        for socket in set(self._sockets.values()):
            wanted = {f"{kind}/{self.store}/".encode() for kind in ("obs", "hello")}
            while wanted:
                left_ms = max(0, int(1000 * (deadline - time.monotonic())))
                if not socket.poll(left_ms, zmq.POLLIN):
                    return False
                wanted -= {self._read_event(socket)}
        self.say_hello()
        return True

    def send_frame(self, name, capture_us, observations, receive_us=None):
        """One frame; also when it shows nobody: that is how fusion knows that nobody is there."""
        self._look_for_newcomers()
        camera = self.cameras[name]
        frame = self._frame(name, camera, capture_us, observations)
        frame.receive_us = now_us() if receive_us is None else receive_us
        # The number is used up even if the queue is full, so that the hole can be seen.
        camera.next_sequence += 1
        if not self._send("obs", name, frame):
            self.dropped += 1

    def say_hello(self, detail=""):
        """Who the cameras are and what they look at; fusion drops frames of those it knows
        nothing of."""
        for name, camera in self.cameras.items():
            hello = pb.CameraHello(
                schema_version=SCHEMA_VERSION, store=self.store, floor=camera.floor, camera=name,
                boot_id=camera.boot_id, next_sequence=camera.next_sequence, publish_us=now_us(),
                state=camera.state, width=camera.width, height=camera.height,
                view_right_px=camera.width, view_bottom_px=camera.height,
                calibration_text=camera.calibration_text,
                calibration_version=camera.calibration_version, engine="external",
                model_id=self.model_id, detail=detail)
            self._send("hello", name, hello)
        self._hello_due = time.monotonic() + HELLO_INTERVAL_S

    def end(self, detail="the recording is over"):
        """No more frames will come; fusion need not wait for them."""
        for camera in self.cameras.values():
            camera.state = ENDED
        self.say_hello(detail)

    def close(self, linger_ms=10000):
        """Waits at most linger_ms until what is queued has left."""
        if not self._context.closed:
            for socket in {*self._sockets.values(), *([] if self._keys else [self._shared])}:
                socket.close(linger_ms)
            self._context.term()

    def _frame(self, name, camera, capture_us, observations):
        frame = pb.ObservationFrame(
            schema_version=SCHEMA_VERSION, store=self.store, floor=camera.floor, camera=name,
            boot_id=camera.boot_id, sequence=camera.next_sequence, capture_us=capture_us,
            publish_us=now_us(), clock_source=self.clock_source, width=camera.width,
            height=camera.height, calibration_version=camera.calibration_version,
            model_id=self.model_id)
        # Columns, not rows: each array has one entry an observation.
        for o in observations:
            frame.object_class.append(o.kind)
            frame.score.append(min(1.0, max(0.0, o.score)))
            frame.floor_x_m.append(o.x_m)
            frame.floor_y_m.append(o.y_m)
            frame.variance_xx_m2.append(o.var_xx)
            frame.variance_xy_m2.append(o.var_xy)
            frame.variance_yy_m2.append(o.var_yy)
            frame.left_px.append(o.box[0])
            frame.top_px.append(o.box[1])
            frame.right_px.append(o.box[2])
            frame.bottom_px.append(o.box[3])
            frame.height_m.append(o.height_m)
            frame.reasons.append(o.reasons)
            frame.body_index.append(o.body_index)
        self._add_appearance(frame, observations)
        return frame

    @staticmethod
    def _add_appearance(frame, observations):
        """All zeros stand for "not known" where only some observations have a vector."""
        length = max((len(o.appearance) for o in observations), default=0)
        for o in observations:
            if len(o.appearance) not in (0, length):
                raise ValueError(f"appearance vectors of {len(o.appearance)} and {length} numbers "
                                 "in one frame; use one model")
            frame.appearance.extend(o.appearance or [0.0] * length)
        frame.appearance_length = length

    def _send(self, kind, name, message):
        """False when the queue is full: fusion is away or too slow."""
        topic = f"{kind}/{self.store}/{name}".encode()
        try:
            self._sockets[name].send_multipart([topic, message.SerializeToString()])
        except zmq.Again:
            return False
        return True

    @staticmethod
    def _read_event(socket):
        """The topic that somebody has just subscribed to, or nothing."""
        event = socket.recv()
        return event[1:] if event[:1] == b"\x01" else b""

    def _look_for_newcomers(self):
        """A fusion program that was started again knows nobody."""
        joined = False
        for socket in set(self._sockets.values()):
            while socket.poll(0, zmq.POLLIN):
                joined = self._read_event(socket).startswith(b"hello/") or joined
        if joined or time.monotonic() > self._hello_due:
            self.say_hello()

#!/usr/bin/env python3
"""What a camera program makes of an RTSP server that is absent, dies, hangs, talks nonsense, refuses, goes dark.

usage: rtsp_story.py FLOORFUSE_CAMERA STORE.cfg.in WORK_FOLDER
Listens in fusion's place. Every wait is for a message, with a deadline. Needs floorfuse_pb2 (protoc), python3-zmq and
what rtsp_camera.py needs: exit code 77 where that is missing.
"""
import os
import pathlib
import select
import signal
import socket
import subprocess
import sys
import threading
import time

import zmq

import floorfuse_pb2 as pb

HERE = pathlib.Path(__file__).parent
DEADLINE_S = 120  # retries are up to 30 s apart, and a hung server is given up after 10 s
STARTING, RUNNING, LOST = 1, 2, 3
STATES = {STARTING: "starting", RUNNING: "running", LOST: "lost"}
CLOCK_ARRIVAL, CLOCK_STREAM = 1, 2
SUSPICIOUS = 2


def fail(words):
    sys.exit(f"FAILED: {words}")


class Server:
    """A real RTSP server, in a process of its own."""

    def __init__(self, port, pattern="smpte", path="/live"):
        self.process = subprocess.Popen([sys.executable, HERE / "rtsp_camera.py", str(port), pattern, path],
                                        stdout=subprocess.PIPE, text=True)
        # A port that was just left may be taken for a moment.
        if not select.select([self.process.stdout], [], [], DEADLINE_S)[0]:
            fail("the RTSP server did not start")
        words = self.process.stdout.readline().split()
        if len(words) != 2:
            code = self.process.wait()
            sys.exit(77 if code == 77 else f"FAILED: the RTSP server ended with {code}")
        self.port = int(words[1])

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.kill()
        self.process.wait()


class Rude:
    """Answers whoever connects with bytes that are not RTSP, and hangs up."""

    def __init__(self, port):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", port))
        self.listener.listen()
        self.visits = 0
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(4096)
                connection.sendall(bytes((i * 37 + self.visits) % 256 for i in range(4096)))
            self.visits += 1

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()


class Listener:
    """In fusion's place: takes what the camera says and holds it to its promises."""

    def __init__(self, endpoint):
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.SUB)
        self.socket.bind(endpoint)
        self.socket.setsockopt(zmq.SUBSCRIBE, b"")
        self.boot, self.next_sequence, self.capture_us = None, 0, 0
        self.health = None

    def take(self, until):
        """The next message as (kind, message), or None at the deadline."""
        left_ms = int((until - time.monotonic()) * 1000)
        if left_ms <= 0 or not self.socket.poll(left_ms):
            return None
        topic, body = self.socket.recv_multipart()
        kind = topic.decode().split("/")[0]
        message = {"obs": pb.ObservationFrame, "hello": pb.CameraHello, "health": pb.CameraHealth}[kind]()
        message.ParseFromString(body)
        if self.boot not in (None, message.boot_id):
            fail("the camera has started anew")
        self.boot = message.boot_id
        if kind == "obs":
            self.check_frame(message)
        if kind == "health":
            self.health = message
        return kind, message

    def check_frame(self, frame):
        if frame.sequence != self.next_sequence:
            fail(f"frame {frame.sequence} follows frame {self.next_sequence - 1}")
        self.next_sequence += 1
        if frame.capture_us <= self.capture_us:
            fail(f"capture time goes back by {self.capture_us - frame.capture_us} us at frame {frame.sequence}")
        # While a correction is slewed in, times may run ahead of arrival by half a second.
        if not -500_000 <= frame.receive_us - frame.capture_us < 5_000_000:
            fail(f"frame {frame.sequence} came {frame.receive_us - frame.capture_us} us after it was taken")
        self.capture_us = frame.capture_us

    def wait(self, what, wanted):
        """The first message that is wanted."""
        until = time.monotonic() + DEADLINE_S
        begin = time.monotonic()
        last = None
        while (got := self.take(until)) is not None:
            if wanted(*got):
                print(f"ok: {what} after {time.monotonic() - begin:.1f} s", flush=True)
                return got[1]
            last = got[1] if got[0] == "hello" else last
        fail(f"no {what}; the last hello: {last}")

    def state(self, state, words=""):
        """A hello of this state whose detail has these words in it; running, there is none unless it is expected."""
        return self.wait(f'hello: {STATES[state]} "{words}"', lambda kind, m:
                         kind == "hello" and m.state == state and words in m.detail and
                         (words != "" or m.detail == "" or state != RUNNING))

    def frame(self, what, wanted):
        return self.wait(f"frame {what}", lambda kind, m: kind == "obs" and wanted(m))

    def reconnects(self, count):
        message = self.wait(f"health: {count} reconnects", lambda kind, m: kind == "health" and m.reconnects >= count)
        if message.reconnects != count:
            fail(f"{message.reconnects} reconnects instead of {count}")


def back(listener, reconnects):
    listener.state(RUNNING)
    listener.frame("with the stream's time", lambda m: m.clock_source == CLOCK_STREAM)
    listener.reconnects(reconnects)


def story(program, template, work):
    endpoint = f"ipc://{work}/observations"
    server = Server(0)
    port = server.port
    server.kill()
    config = work / "store.cfg"
    config.write_text(template.read_text().replace("PORT", str(port)).replace("ENDPOINT", endpoint))
    listener = Listener(endpoint)
    camera = subprocess.Popen([program, "--config", config, "--camera", "front", "--engine", "hog"])
    try:
        tell(listener, port)
        camera.send_signal(signal.SIGTERM)
        listener.state(LOST)
        if camera.wait(DEADLINE_S) != 0:
            fail(f"the camera program ended with {camera.returncode}")
    finally:
        if camera.poll() is None:
            camera.kill()
            camera.wait()


def tell(listener, port):
    # Absent at the start: it joins when it comes, which is no reconnect.
    listener.state(LOST, "Connection refused")
    server = Server(port)
    try:
        back(listener, 0)
        # Its own time is that of this machine: frames are here within a second, not at once.
        frame = listener.frame("that took some time", lambda m: m.receive_us > m.capture_us)
        if frame.receive_us - frame.capture_us > 1_000_000:
            fail("a frame over the loopback took a second")

        server.kill()
        listener.state(LOST)
        server = Server(port)
        back(listener, 1)

        # The kernel still accepts connections for a process that hangs, and nobody answers.
        server.signal(signal.SIGSTOP)
        where = f"rtsp://127.0.0.1:{port}/live: no answer in time"
        listener.state(LOST, f"could not read on from {where}")
        listener.state(LOST, f"could not open {where}")
        server.signal(signal.SIGCONT)
        back(listener, 2)

        server.kill()
        listener.state(LOST)
        rude = Rude(port)
        listener.state(LOST, "could not open")
        listener.wait("visits to a rude server", lambda *_: rude.visits >= 2)
        rude.close()
        server = Server(port, path="/elsewhere")
        listener.state(LOST, "the server has no such stream")
        server.kill()

        server = Server(port, "black")
        back(listener, 3)
        listener.state(RUNNING, "the picture is dark")
        dark = listener.frame("that is suspicious", lambda m: m.flags & SUSPICIOUS)
        if len(dark.object_class):
            fail("there is somebody in a frame that cannot be believed")
        listener.wait("health: suspicious frames", lambda kind, m:
                      kind == "health" and m.picture == 1 and m.picture_alarms == 1 and m.frames_suspicious > 0)
        server.kill()
        listener.state(LOST)
        server = Server(port)
        listener.state(RUNNING, "the picture is dark")
        listener.state(RUNNING)
        listener.frame("that is good again", lambda m: not m.flags & SUSPICIOUS)
        listener.reconnects(4)
    finally:
        server.kill()


work = pathlib.Path(sys.argv[3])
os.environ["GST_REGISTRY"] = str(work / "gstreamer-registry")
story(sys.argv[1], pathlib.Path(sys.argv[2]), work)

#!/usr/bin/python3
"""A line that can be cut: forwards TCP connections to ports on the loopback.

line.py [--record FILE] PORT... prints "ready NEAR..." with a port of its own for each. With a FILE all that goes either
way is written to it. SIGUSR1 cuts it: all connections end and new ones are ended at once; SIGUSR2 makes it whole again.
"""
import selectors
import signal
import socket
import sys


class Line:
    def __init__(self, ports):
        self.selector = selectors.DefaultSelector()
        self.other = {}  # of each connected socket, the one at the far end
        self.cut = False
        near = [self.listen(port) for port in ports]
        print("ready", *near, flush=True)

    def listen(self, port):
        listener = socket.create_server(("127.0.0.1", 0))
        self.selector.register(listener, selectors.EVENT_READ, port)
        return listener.getsockname()[1]

    def accept(self, listener, port):
        near, _ = listener.accept()
        if self.cut:
            near.close()
            return
        try:
            far = socket.create_connection(("127.0.0.1", port), timeout=1)
        except OSError:
            near.close()
            return
        for a, b in ((near, far), (far, near)):
            self.other[a] = b
            a.settimeout(1)
            self.selector.register(a, selectors.EVENT_READ)

    def close(self, end):
        for s in (end, self.other[end]):
            self.selector.unregister(s)
            del self.other[s]
            s.close()

    def forward(self, end):
        try:
            data = end.recv(65536)
            if data:
                if record:
                    record.write(data)
                    record.flush()
                self.other[end].sendall(data)
                return
        except OSError:
            pass
        self.close(end)

    def set_cut(self, cut):
        self.cut = cut
        while cut and self.other:
            self.close(next(iter(self.other)))

    def run(self):
        while True:
            for key, _ in self.selector.select():
                if key.data:
                    self.accept(key.fileobj, key.data)
                elif key.fileobj is wake:
                    for number in wake.recv(64):
                        self.set_cut(number == signal.SIGUSR1)
                elif key.fileobj in self.other:
                    self.forward(key.fileobj)


wake, awake = socket.socketpair()
awake.setblocking(False)
signal.set_wakeup_fd(awake.fileno())
signal.signal(signal.SIGUSR1, lambda *_: None)
signal.signal(signal.SIGUSR2, lambda *_: None)
ports = sys.argv[1:]
record = open(ports[1], "wb") if ports[0] == "--record" else None
line = Line([int(port) for port in ports[2 if record else 0:]])
line.selector.register(wake, selectors.EVENT_READ)
line.run()

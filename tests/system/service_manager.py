"""A service manager for test_service.sh: starts a program as systemd would, and holds it to its words.

service_manager.py [confined] -- COMMAND ...
    It must say READY=1, feed a watchdog of eight seconds, answer a reload with RELOADING=1 and READY=1, and on SIGTERM
    say STOPPING=1 and end with 0. With `confined`
    it is a camera, and meanwhile all its threads must be confined.
"""
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

DEADLINE_S = 90


class Manager:
    def __init__(self, folder):
        self.path = os.path.join(folder, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.heard = set()

    def wait_for(self, wanted, program):
        """Until a line is said that begins with `wanted`; returns the datagram it stands in."""
        deadline = time.monotonic() + DEADLINE_S
        while (left := deadline - time.monotonic()) > 0:
            self.socket.settimeout(min(left, 1))
            try:
                text = self.socket.recv(4096).decode()
            except TimeoutError:
                if program.poll() is not None:
                    sys.exit(f"it ended with {program.returncode} before it said {wanted}")
                continue
            if text not in self.heard:
                print(f"  {text!r}", flush=True)
            self.heard.add(text)
            if any(line.startswith(wanted) for line in text.split("\n")):
                return text
        sys.exit(f"it did not say {wanted} in {DEADLINE_S} s")


def check_threads(pid):
    """No thread is left out of what the process gave up."""
    names = {}
    for task in os.listdir(f"/proc/{pid}/task"):
        status = dict(line.split(":\t", 1) for line in open(f"/proc/{pid}/task/{task}/status").read().splitlines()
                      if ":\t" in line)
        if status["Seccomp"] != "2" or status["NoNewPrivs"] != "1" or int(status["CapEff"], 16):
            sys.exit(f"thread {status['Name']} is not confined: Seccomp {status['Seccomp']}, CapEff {status['CapEff']}")
        names[status["Name"]] = names.get(status["Name"], 0) + 1
    print(f"  confined threads: {names}")
    if sum(names.values()) < 2:
        sys.exit("that is too few to tell anything")


def main():
    split = sys.argv.index("--")
    command = sys.argv[split + 1:]
    with tempfile.TemporaryDirectory() as folder:
        manager = Manager(folder)
        environment = os.environ | {"NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "8000000"}
        environment.pop("WATCHDOG_PID", None)
        program = subprocess.Popen(command, env=environment)
        try:
            if "STATUS=" not in manager.wait_for("READY=1", program):
                sys.exit("READY=1 without words for people")
            first = manager.wait_for("WATCHDOG=1", program) and time.monotonic()
            manager.wait_for("WATCHDOG=1", program)
            if time.monotonic() - first > 8:
                sys.exit("the watchdog would have bitten")
            if "confined" in sys.argv[1:split]:
                if "STATUS=camera left is running" not in manager.heard:
                    manager.wait_for("STATUS=camera left is running", program)
                check_threads(program.pid)
            program.send_signal(signal.SIGHUP)
            if "\nMONOTONIC_USEC=" not in manager.wait_for("RELOADING=1", program):
                sys.exit("RELOADING=1 without its time")
            manager.wait_for("READY=1", program)
            program.send_signal(signal.SIGTERM)
            manager.wait_for("STOPPING=1", program)
            if code := program.wait(DEADLINE_S):
                sys.exit(f"it ended with {code}")
        finally:
            if program.poll() is None:
                program.kill()


main()

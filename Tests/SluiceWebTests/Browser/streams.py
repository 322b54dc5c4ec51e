"""Opens many event streams of a dashboard at once, and prints what they heard: a line of JSON for each step.

    streams.py HOST:PORT PID TOKEN

One stream never reads. The others have to go on, and the server has to end when it is asked to, with all of them open.
"""
import http.client
import json
import os
import select
import signal
import socket
import sys
import time
import urllib.parse

STREAMS = 200
ROUNDS = 6
PATIENCE = 120


class Stream:
    """An open stream, and what it has received so far."""

    def __init__(self, address, path, *headers, buffer=None):
        self.socket = socket.socket()
        if buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.connect(address)
        lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *headers]
        self.socket.sendall("".join(line + "\r\n" for line in [*lines, ""]).encode())
        self.heard, self.has_ended = b"", False

    def read(self):
        data = self.socket.recv(65536)
        self.heard += data
        self.has_ended = not data

    def close(self):
        self.socket.close()


def wait(streams, condition):
    """Reads all streams until the condition holds for each. Returns for how many it does."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        missing = {stream.socket: stream for stream in streams if not condition(stream) and not stream.has_ended}
        if not missing:
            break
        for ready in select.select(list(missing), [], [], 1)[0]:
            missing[ready].read()
    return sum(1 for stream in streams if condition(stream))


def log_in(address):
    connection = http.client.HTTPConnection(*address)
    form = urllib.parse.urlencode({"name": "viewer", "password": "secret-viewer"})
    connection.request("POST", "/login", form, {"Content-Type": "application/x-www-form-urlencoded"})
    return connection.getresponse().getheader("Set-Cookie").split(";")[0]


def post(address, token, path, body):
    connection = http.client.HTTPConnection(*address)
    connection.request("POST", f"/api/v1/queues/mail/{path}", json.dumps(body),
                       {"Content-Type": "application/json", "Authorization": f"Bearer {token}"})
    return connection.getresponse().status


def resident(process):
    """The memory of a process in MiB; 0 where the system does not tell."""
    try:
        with open(f"/proc/{process}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)
    except OSError:
        return 0


def main():
    host, port = sys.argv[1].split(":")
    address, process, token = (host, int(port)), int(sys.argv[2]), sys.argv[3]
    cookie = f"Cookie: {log_in(address)}"
    before = resident(process)
    deaf = Stream(address, "/events", cookie, buffer=1024)
    # Closed streams make room: this is more than the server has at once.
    for turn in range(ROUNDS):
        streams = [Stream(address, "/events", cookie) for _ in range(STREAMS)]
        opened = wait(streams, lambda stream: b"event: " in stream.heard)
        if turn < ROUNDS - 1:
            for stream in streams:
                stream.close()
    print(json.dumps({"step": "open", "streams": opened}))
    for stream in streams:
        stream.heard = b""
    status = post(address, token, "jobs", {"kind": "email"})
    told = wait(streams, lambda stream: b"event: changed\ndata: mail\n" in stream.heard)
    print(json.dumps({"step": "change", "status": status, "told": told}))
    print(json.dumps({"step": "memory", "is_small": resident(process) - before < 100}))
    os.kill(process, signal.SIGTERM)
    ended = wait(streams, lambda stream: stream.has_ended)
    print(json.dumps({"step": "stop", "ended": ended}))
    deaf.close()


if __name__ == "__main__":
    main()

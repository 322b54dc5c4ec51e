"""Follows a queue with as many event streams as a dashboard has, and prints what they heard: a line of JSON for each step.

    tails.py HOST:PORT PID TOKEN STREAMS
"""
import http.client
import json
import os
import signal
import sys
import time

from streams import PATIENCE, Stream, post, wait

PATH = "/api/v1/queues/mail/events"
ACCEPT = "text/event-stream"
# A stream looks once a second whether the server stops. The rest is for a slow machine.
PROMPT = 30


def follow(address, token):
    return Stream(address, PATH, f"Accept: {ACCEPT}", f"Authorization: Bearer {token}")


def ask(address, token):
    """What one more gets, as a client reads it. A stream, which has no end, is not read."""
    connection = http.client.HTTPConnection(*address, timeout=PATIENCE)
    connection.request("GET", PATH, headers={"Accept": ACCEPT, "Authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    problem = json.loads(answer.read()) if answer.status != 200 else {}
    seen = {"status": answer.status, "type": answer.getheader("Content-Type"), "code": problem.get("code"),
            "retry": answer.getheader("Retry-After")}
    connection.close()
    return seen


def moves(stream, job):
    """The states that a stream has told of a job. What comes after the last line end is not whole yet."""
    lines = stream.heard.split(b"\n")[:-1]
    events = [json.loads(line[len("data: "):]) for line in lines if line.startswith(b"data: ")]
    return [event["to"] for event in events if event["ids"] == [job]]


def replace(streams, address, token):
    """Closes a stream and opens another as soon as there is room. A stream learns that its reader has left when it writes."""
    streams.pop().close()
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        post(address, token, "jobs", {"kind": "email"})
        stream = follow(address, token)
        wait([stream], lambda stream: b"\r\n\r\n" in stream.heard)
        if stream.heard.startswith(b"HTTP/1.1 200 "):
            streams.append(stream)
            return True
        stream.close()
    return False


def main():
    host, port = sys.argv[1].split(":")
    address, process, token, most = (host, int(port)), int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    streams = [follow(address, token) for _ in range(most)]
    print(json.dumps({"step": "open", "streams": wait(streams, lambda stream: b": following\n" in stream.heard)}))
    print(json.dumps({"step": "one more", **ask(address, token)}))
    post(address, token, "jobs", {"kind": "email", "id": "told"})
    post(address, token, "jobs/cancel", {"ids": ["told"]})
    told = wait(streams, lambda stream: moves(stream, "told") == ["available", "cancelled"])
    print(json.dumps({"step": "job", "told": told}))
    print(json.dumps({"step": "room", "opened": replace(streams, address, token), "then": ask(address, token)["status"]}))
    begin = time.monotonic()
    os.kill(process, signal.SIGTERM)
    ended = wait(streams, lambda stream: stream.has_ended)
    seconds = time.monotonic() - begin
    # The last chunk of an answer is empty (RFC 9112, section 7.1): the stream was ended, not cut off.
    whole = sum(1 for stream in streams if stream.heard.endswith(b"\r\n0\r\n\r\n"))
    print(json.dumps({"step": "stop", "ended": ended, "whole": whole, "is_prompt": seconds < PROMPT}))


main()

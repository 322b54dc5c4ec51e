#!/usr/bin/env python3
"""Enqueues jobs and waits for their results over the HTTP API of sluice-server, with plain Python.

    SLUICE_TOKEN=sluice_… sluice_client.py http://127.0.0.1:7880 greetings Ada Grace

enqueues a job of kind "greet" for each name, and prints each result as soon as it is there."""
import json, os, sys, time, urllib.error, urllib.parse, urllib.request, uuid


class SluiceError(Exception):
    """A problem (RFC 9457); `code` is what programs branch on."""

    def __init__(self, problem):
        super().__init__(problem.get("detail", "no detail"))
        self.status, self.code = problem.get("status"), problem.get("code")


class Sluice:
    def __init__(self, url, token=None, patience=30):
        self.base, self.token, self.patience = url.rstrip("/") + "/api/v1/", token, patience

    def call(self, method, path, body=None, timeout=30, **headers):
        """Sends a request. While the queue is full, or Redis is away, it is repeated for `patience` seconds."""
        if self.token:
            headers["Authorization"] = "Bearer " + self.token
        data = None if body is None else json.dumps(body).encode()
        if data is not None:
            headers["Content-Type"] = "application/json"
        end = time.monotonic() + self.patience
        while True:
            request = urllib.request.Request(self.base + path, data, headers, method=method)
            try:
                with urllib.request.urlopen(request, timeout=timeout) as response:
                    return json.load(response)
            except urllib.error.HTTPError as error:
                wait = float(error.headers.get("Retry-After", 0))
                if not wait or time.monotonic() + wait > end:
                    raise SluiceError(json.load(error)) from None
            time.sleep(wait)

    def enqueue(self, queue, kind, args, **options):
        """Enqueues one job. It has an id, so that a repeated request adds nothing."""
        job = {"kind": kind, "args": args, "id": uuid.uuid4().hex, **options}
        return self.call("POST", f"queues/{queue}/jobs", job)

    def enqueue_many(self, jobs):
        """Enqueues up to 10,000 jobs, each with its queue. Each has an outcome of its own."""
        return self.call("POST", "jobs", [{"id": uuid.uuid4().hex, **job} for job in jobs])["jobs"]

    def result(self, job, timeout=600):
        """Waits for the end of a job, by long polls. Returns its result, or raises its error."""
        end = time.monotonic() + timeout
        path = f"jobs/{job['queue']}/{urllib.parse.quote(job['id'], safe='')}/result?wait="
        while (left := end - time.monotonic()) > 0:
            wait = min(30, max(1, int(left)))
            answer = self.call("GET", path + str(wait), timeout=wait + 30)
            if answer["state"] == "completed":
                return answer["result"]
            if answer["state"] in ("cancelled", "discarded"):
                raise SluiceError({"detail": answer["error"] or answer["state"], "code": answer["state"]})
        raise TimeoutError(f"job {job['id']} has not ended")


if __name__ == "__main__":
    sluice = Sluice(sys.argv[1], os.environ.get("SLUICE_TOKEN"))
    for outcome in sluice.enqueue_many([{"queue": sys.argv[2], "kind": "greet", "args": {"name": name}} for name in sys.argv[3:]]):
        if "error" in outcome:
            raise SluiceError(outcome["error"])
        print(sluice.result(outcome), flush=True)

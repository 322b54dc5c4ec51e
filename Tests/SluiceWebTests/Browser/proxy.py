"""Uses the dashboard through a proxy with TLS, and prints what came through: a line of JSON for each step.

    proxy.py URL CERTIFICATE TOKEN

Nothing here sleeps: the stream is read until it says what it should.
"""
import http.client
import json
import ssl
import sys
import time
import urllib.parse

PATIENCE = 60


class Site:
    """A site below a path, as a browser that trusts the certificate sees it."""

    def __init__(self, url, certificate, token):
        self.url = urllib.parse.urlsplit(url)
        self.token, self.cookie, self.context = token, "", ssl.create_default_context(cafile=certificate)
        # The certificates of a test have no more than they need.
        self.context.verify_flags &= ~ssl.VERIFY_X509_STRICT

    def ask(self, method, path, body=None, **headers):
        connection = http.client.HTTPSConnection(self.url.hostname, self.url.port, timeout=PATIENCE, context=self.context)
        origin = f"https://{self.url.netloc}"
        connection.request(method, self.url.path + path, body, {"Cookie": self.cookie, "Origin": origin, **headers})
        return connection.getresponse()

    def send(self, path, **fields):
        """Sends a form."""
        return self.ask("POST", path, urllib.parse.urlencode(fields), **{"Content-Type": "application/x-www-form-urlencoded"})

    def call(self, path, body):
        return self.ask("POST", f"/api/v1/{path}", json.dumps(body),
                        **{"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"})


def say(step, **saw):
    print(json.dumps({"step": step, **saw}, sort_keys=True), flush=True)


def listen(reply, word):
    """Reads a stream until a line is this. Returns whether it came in time; a stream says something every two seconds."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        line = reply.readline()
        if not line or line.decode().strip() == word:
            return bool(line)
    return False


def first(site):
    """The answer of a proxy that may not listen yet."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return site.ask("GET", "/queues/mail")
        except ConnectionRefusedError:
            if time.monotonic() > end:
                raise


def main():
    site = Site(*sys.argv[1:])
    refused = first(site)
    say("closed", status=refused.status, location=refused.getheader("Location"))
    login = site.send("/login", name="operator", password="secret-operator", next="")
    cookie = login.getheader("Set-Cookie")
    site.cookie = cookie.split(";")[0]
    parts = {part.strip() for part in cookie.split(";")}
    say("log in", status=login.status, location=login.getheader("Location"), path=f"Path={site.url.path}" in parts,
        secure="Secure" in parts)
    page = site.ask("GET", "/queues/mail")
    text = page.read().decode()
    style = text.split('rel="stylesheet" href="')[1].split('"')[0]
    say("page", status=page.status, title="<h1>mail</h1>" in text, below=style.startswith(f"{site.url.path}/assets/"),
        style=site.ask("GET", style.removeprefix(site.url.path)).status)
    stream = site.ask("GET", "/events")
    opened = listen(stream, "event: same")
    added = site.call("queues/mail/jobs", {"kind": "email"})
    say("stream", status=stream.status, opened=opened, added=added.status, told=listen(stream, "data: mail"))
    form = site.send("/queues/mail/pause", reason="through the proxy")
    say("form", status=form.status, location=form.getheader("Location"),
        paused="through the proxy" in site.ask("GET", "/queues/mail").read().decode())
    foreign = site.ask("POST", "/queues/mail/resume", "", **{"Origin": "https://other.example"})
    say("another site", status=foreign.status)


main()

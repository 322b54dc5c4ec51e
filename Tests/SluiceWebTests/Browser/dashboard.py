"""Uses the dashboard in a real browser as people do, and prints what it saw: a line of JSON for each step.

    dashboard.py URL TOKEN [--chromium PATH]

The test beside it seeds the queues and compares the lines. Nothing here sleeps: each step waits for what it needs to see.
"""
import argparse
import json
import os
import re
import urllib.request

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

PAGES = ["", "jobs", "jobs?queue=mail", "jobs/mail/m1", "jobs/films/lost", "queues/mail", "queues/films",
         "bulk?change=delete&queue=mail", "failures", "workflows", "workflows/w1", "batches", "batches/b1", "cron", "cron/films/nightly", "webhooks", "limits",
         "limits/mail", "workers", "health", "health/audit/mail", "log", "tokens", "jobs/mail/none"]
LONGEST_WAIT = float(os.environ.get("LONGEST_WAIT", 60_000))
HEAVIEST = 60_000


class Dashboard:
    """A browser's window on the dashboard, and what its console said."""

    def __init__(self, browser, url, token, **options):
        self.url, self.token, self.noise = url.rstrip("/"), token, []
        self.context = browser.new_context(**options)
        self.context.set_default_timeout(LONGEST_WAIT)
        self.page = self.context.new_page()
        self.page.on("console", lambda said: self.noise.append(f"{self.page.url}: {said.text}"))
        self.page.on("pageerror", lambda error: self.noise.append(f"{self.page.url}: {error}"))

    def open(self, path=""):
        return self.page.goto(f"{self.url}/{path}")

    def log_in(self, name, path=""):
        self.open(path)
        self.page.get_by_label("Name").fill(name)
        self.page.get_by_label("Password").fill(f"secret-{name}")
        self.page.get_by_role("button", name="Log in").click()
        expect(self.page.get_by_role("button", name="Log out")).to_be_visible()

    def call(self, path, body=None):
        """Calls the HTTP API, as another program would."""
        request = urllib.request.Request(
            f"{self.url}/api/v1/{path}", json.dumps(body or {}).encode(),
            {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as reply:
            return reply.status

    def text(self, selector):
        return " ".join(self.page.locator(selector).first.inner_text().split())

    def forget_errors(self):
        """Forgets that the console told of pages whose status is an error, as Chromium's does."""
        self.noise = [said for said in self.noise if "Failed to load resource" not in said]

    def mark(self):
        """Marks the page; the mark is gone after a reload."""
        self.page.evaluate("window.isTheSame = true")

    def is_marked(self):
        return self.page.evaluate("window.isTheSame === true")


def say(step, **saw):
    print(json.dumps({"step": step, **saw}, ensure_ascii=False, sort_keys=True), flush=True)


def log_in(board):
    board.open("jobs?queue=mail")
    board.page.get_by_label("Name").fill("ada")
    board.page.get_by_label("Password").fill("wrong")
    board.page.get_by_role("button", name="Log in").click()
    alert = board.text("[role=alert]")
    board.forget_errors()
    board.page.get_by_label("Name").fill("admin")
    board.page.get_by_label("Password").fill("secret-admin")
    board.page.get_by_role("button", name="Log in").click()
    board.page.wait_for_url("**/jobs?queue=mail")
    say("log in", wrong=alert, who=board.text(".who span"))


def filter_jobs(board):
    board.open("jobs")
    board.page.get_by_label("Queue", exact=True).fill("mail")
    board.page.get_by_label("State").select_option("discarded")
    board.page.get_by_role("button", name="Show").click()
    board.page.wait_for_url("**state=discarded**")
    query = board.page.url.split("?")[1]
    say("filter", query=query, jobs=board.page.locator("tbody tr .mono").all_inner_texts())


def retry(board):
    board.page.get_by_role("link", name="bad").click()
    say("job", title=board.text("h1"), state=board.text("#state .state"))
    board.page.get_by_role("button", name="Retry now").click()
    expect(board.page.locator("#state .state").first).to_have_text("available")
    say("retry", state=board.text("#state .state"))


def purge(board):
    """Deletes all jobs of a queue; at first the number that is typed is not the right one."""
    board.open("jobs?queue=films&state=available")
    board.page.get_by_role("link", name="Delete all that match…").click()
    board.page.get_by_role("button", name="Count them").click()
    number = board.page.get_by_label("Type the number of jobs")
    agree = board.page.get_by_role("button", name="Delete 1,200 jobs")
    number.fill("12")
    preview = board.text("main strong")
    agree.click()
    expect(board.page.locator("h1")).to_have_text("The number is wrong")
    board.forget_errors()
    board.page.go_back()
    number.fill("1,200")
    agree.click()
    expect(board.page.locator("main")).to_contain_text("Done")
    say("purge", preview=preview, changed=board.text("dl.facts dd"))


def pause(board):
    board.open("queues/mail")
    board.page.get_by_text("Pause…").click()
    board.page.get_by_label("Reason").fill("the mail server moves")
    board.page.get_by_role("button", name="Pause mail").click()
    resume = board.page.get_by_role("button", name="Resume")
    resume.wait_for()
    note = re.sub(r"paused for .*:", "paused:", board.page.locator(".notes").inner_text())
    is_paused = "paused: the mail server moves" in note
    resume.click()
    expect(board.page.get_by_text("Pause…")).to_be_visible()
    say("pause and resume", paused=is_paused, notes=board.page.locator(".notes").get_by_text("paused").count())


def live(board):
    board.open("queues/films")
    ready = board.page.locator(".figures li").filter(has_text="ready").first.locator(".n")
    before = ready.inner_text()
    board.mark()
    status = board.call("queues/films/jobs", {"kind": "encode", "args": {"film": 7}})
    expect(ready).not_to_have_text(before)
    say("live", before=before, status=status, after=ready.inner_text(), same=board.is_marked())
    # What needs the script is there after an update, too.
    board.open("jobs?queue=films&state=available")
    rows = board.page.locator("tbody tr")
    expect(rows).to_have_count(1)
    board.call("queues/films/jobs", {"kind": "encode", "args": {"film": 8}})
    expect(rows).to_have_count(2)
    expect(board.page.locator(".pick-all")).to_be_visible()


def grow(board):
    """The first node of the workflow adds others as soon as its queue goes on."""
    board.open("workflows/w1")
    nodes = board.page.locator(".graph .node")
    before = nodes.count()
    board.mark()
    status = board.call("queues/flows/resume")
    expect(nodes).to_have_count(3)
    expect(board.page.locator(".graph .edge")).to_have_count(2)
    say("grow", before=before, status=status, after=nodes.count(), same=board.is_marked())


def look(browser, url, token, scheme):
    """Reads every page: the console is silent, axe finds nothing, and nothing is wider than a small screen."""
    board = Dashboard(browser, url, token, color_scheme=scheme, viewport={"width": 1280, "height": 800})
    noise, violations, wide = [], [], []

    def check(path):
        axe = Axe().run(board.page).response
        violations.extend(
            f"{path}: {found['id']} {node['target']}" for found in axe["violations"] for node in found["nodes"])
        board.page.set_viewport_size({"width": 360, "height": 800})
        width = board.page.evaluate("document.documentElement.scrollWidth")
        if width > 360:
            wide.append(f"{path}: {width}")
        board.page.set_viewport_size({"width": 1280, "height": 800})

    board.open()
    check("login")
    board.log_in("admin")
    for path in PAGES:
        board.noise.clear()
        reply = board.open(path)
        check(path)
        if not reply.ok:
            board.forget_errors()
        noise.extend(board.noise)
    say(scheme, pages=len(PAGES), noise=noise, violations=violations, wide=wide)
    board.context.close()


def press_until(board, script):
    """Presses Tab until what has the focus is the right thing. Returns whether the focus was visible."""
    for _ in range(200):
        board.page.keyboard.press("Tab")
        if board.page.evaluate(f"(() => {{ const at = document.activeElement; return {script}; }})()"):
            return board.page.evaluate("document.activeElement.matches(':focus-visible')")
    raise SystemExit(f"200 tabs did not reach {script}")


def keyboard(browser, url, token):
    board = Dashboard(browser, url, token)
    board.open("queues/mail")
    # The name has the focus at the start, which on a busy machine may be a moment later.
    expect(board.page.locator("#name")).to_be_focused()
    board.page.keyboard.type("operator")
    seen = [press_until(board, "at.name === 'password'")]
    board.page.keyboard.type("secret-operator")
    board.page.keyboard.press("Enter")
    board.page.wait_for_url("**/queues/mail")
    seen.append(press_until(board, "at.matches('summary') && at.textContent.startsWith('Pause')"))
    board.page.keyboard.press("Enter")
    seen.append(press_until(board, "at.name === 'reason'"))
    board.page.keyboard.type("by hand")
    seen.append(press_until(board, "at.textContent === 'Pause mail'"))
    board.page.keyboard.press("Enter")
    expect(board.page.locator(".notes")).to_contain_text("by hand")
    seen.append(press_until(board, "at.textContent === 'Resume'"))
    board.page.keyboard.press("Enter")
    expect(board.page.get_by_text("Pause…")).to_be_visible()
    say("keyboard", seen=seen)
    board.context.close()


def viewer(browser, url, token):
    board = Dashboard(browser, url, token)
    board.log_in("viewer")
    forms = []
    for path in PAGES:
        board.open(path)
        forms.append(board.page.locator("main form[method=post]").count())
    say("viewer", forms=sum(forms))
    board.context.close()


def weigh(browser, url, token):
    """What a first visit loads: the page after the login and all that it needs."""
    board = Dashboard(browser, url, token)
    replies = []
    board.log_in("viewer")
    state = board.context.storage_state()
    fresh = Dashboard(browser, url, token, storage_state=state)
    fresh.page.on("response", lambda reply: replies.append(reply))
    fresh.open()
    fresh.page.wait_for_load_state("load")
    sizes = [len(reply.body()) for reply in replies if "event-stream" not in reply.headers.get("content-type", "")]
    say("weight", light=0 < sum(sizes) <= HEAVIEST, files=len(sizes) > 2)
    for window in (board, fresh):
        window.context.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("token")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    given = parser.parse_args()
    expect.set_options(timeout=LONGEST_WAIT)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=given.chromium, args=["--no-sandbox", "--disable-dev-shm-usage"])
        board = Dashboard(browser, given.url, given.token)
        for step in (log_in, filter_jobs, retry, purge, pause, live, grow):
            step(board)
        say("console", noise=board.noise)
        board.context.close()
        for scheme in ("light", "dark"):
            look(browser, given.url, given.token, scheme)
        for visit in (keyboard, viewer, weigh):
            visit(browser, given.url, given.token)
        browser.close()


main()

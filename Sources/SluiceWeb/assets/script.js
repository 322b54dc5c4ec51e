// Keeps a page up to date: one stream says what has changed, the page is fetched, and its changed parts are swapped.
// Everything can be read and done without this script.
"use strict";
(() => {
  const body = document.body;
  const status = document.getElementById("live");
  const banner = document.getElementById("banner");
  const topics = (body.dataset.topics || "").split(" ").filter(Boolean);
  const interval = 2000;
  let source = null, updated = Date.now(), next = 0, timer = null, isPaused = false, trouble = "", since = 0, busy = false;

  // Times are shown in the zone of the viewer; the absolute time in UTC stays beside it.
  function localise(root) {
    for (const time of root.querySelectorAll("time[datetime]")) {
      const date = new Date(time.dateTime);
      if (!isNaN(date)) time.title = date.toLocaleString() + " — " + time.dateTime;
    }
  }

  function selecting() {
    return document.querySelector("input.pick-one:checked") !== null || document.querySelector("details.act[open]") !== null;
  }

  function say() {
    if (!status) return;
    const seconds = Math.round((Date.now() - updated) / 1000);
    const age = seconds < 2 ? "just now" : seconds < 120 ? seconds + " s ago" : Math.round(seconds / 60) + " min ago";
    let text = "updated " + age;
    if (isPaused) text += ", paused";
    else if (selecting()) text += ", waits while you choose";
    if (status.textContent !== text) status.textContent = text;
    const broken = since && Date.now() - since > 5000 ? "No connection to the server: what you see is " + (seconds < 120 ? seconds + " s" : Math.round(seconds / 60) + " min") + " old." : "";
    const message = trouble || broken;
    if (banner && banner.textContent !== message) { banner.textContent = message; banner.hidden = !message; }
  }

  // Swaps parts that have changed, by their ids. Focus, scrolling and open details stay.
  function swap(text) {
    const fresh = new DOMParser().parseFromString(text, "text/html");
    for (const part of document.querySelectorAll("[data-live]")) {
      const other = fresh.getElementById(part.id);
      if (!other || other.innerHTML === part.dataset.was) continue;
      if (part.dataset.was === undefined && other.innerHTML === part.innerHTML) { part.dataset.was = other.innerHTML; continue; }
      const focus = part.contains(document.activeElement) ? place(part, document.activeElement) : null;
      const open = [...part.querySelectorAll("details")].map((d) => d.open);
      const scrolls = [...part.querySelectorAll(".scroll, .graphbox, pre")].map((s) => [s.scrollLeft, s.scrollTop]);
      part.dataset.was = other.innerHTML;
      part.replaceChildren(...[...other.childNodes].map((n) => document.importNode(n, true)));
      [...part.querySelectorAll("details")].forEach((d, i) => { if (open[i]) d.open = true; });
      [...part.querySelectorAll(".scroll, .graphbox, pre")].forEach((s, i) => { if (scrolls[i]) [s.scrollLeft, s.scrollTop] = scrolls[i]; });
      if (focus) { const element = part.querySelectorAll("a, button, input, select, summary")[focus.index]; if (element) element.focus({ preventScroll: true }); }
      localise(part);
      reveal(part);
    }
    const head = fresh.querySelector("title");
    if (head) document.title = head.textContent;
    updated = Date.now();
  }

  // What works by this script only.
  function reveal(root) { for (const part of root.querySelectorAll(".js")) part.hidden = false; }

  function place(part, element) {
    const index = [...part.querySelectorAll("a, button, input, select, summary")].indexOf(element);
    return index < 0 ? null : { index };
  }

  async function refresh() {
    timer = null;
    // What is being fetched may be from before the change.
    if (busy || isPaused || document.hidden || selecting()) { timer = setTimeout(refresh, interval); return; }
    busy = true;
    try {
      const reply = await fetch(location.href, { headers: { "Sluice-Live": "1" }, redirect: "error" });
      if (reply.ok || reply.status === 503) swap(await reply.text());
    } catch (error) { /* the banner tells when the stream is broken */ }
    busy = false;
    next = Date.now() + interval;
    say();
  }

  function changed() {
    if (timer === null) timer = setTimeout(refresh, Math.max(0, next - Date.now()) + Math.random() * 200);
  }

  function connect() {
    if (source || !body.dataset.stream || document.hidden) return;
    source = new EventSource(body.dataset.stream);
    source.onopen = () => { if (since) changed(); since = 0; say(); };
    source.onerror = () => { since = since || Date.now(); if (source && source.readyState === 2) { disconnect(); setTimeout(connect, 5000 + Math.random() * 5000); } };
    source.addEventListener("changed", (event) => {
      const names = event.data.split(" ");
      if (topics.includes("*") || names.includes("*") || names.some((name) => topics.includes(name))) changed();
      else updated = Date.now();
    });
    source.addEventListener("same", () => { updated = Date.now(); });
    source.addEventListener("trouble", (event) => { trouble = event.data; say(); });
  }

  function disconnect() { if (source) source.close(); source = null; }

  // A hidden tab needs no stream: browsers allow six to a server.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) disconnect();
    else { connect(); if (topics.length) changed(); }
  });
  window.addEventListener("pagehide", disconnect);

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy], [data-pause]");
    if (!button) return;
    if (button.dataset.pause !== undefined) {
      isPaused = !isPaused;
      button.textContent = isPaused ? "Resume updates" : "Pause updates";
      button.setAttribute("aria-pressed", String(isPaused));
      return say();
    }
    const text = button.dataset.copy;
    const done = () => { const was = button.textContent; button.textContent = "copied"; setTimeout(() => { button.textContent = was; }, 1500); };
    if (navigator.clipboard && window.isSecureContext) navigator.clipboard.writeText(text).then(done, () => {});
    else {
      const area = document.createElement("textarea");
      area.value = text; area.className = "hidden"; body.append(area); area.select();
      if (document.execCommand("copy")) done();
      area.remove();
    }
  });

  document.addEventListener("change", (event) => {
    const box = event.target;
    if (box.matches("input.pick-all")) for (const one of box.closest("form, table").querySelectorAll("input.pick-one")) one.checked = box.checked;
    if (box.matches("select[data-submit]")) box.form.requestSubmit();
    const count = document.querySelectorAll("input.pick-one:checked").length;
    for (const out of document.querySelectorAll("[data-picked]")) out.textContent = String(count);
    say();
  });

  reveal(document);
  localise(document);
  if (topics.length) { connect(); setInterval(say, 1000); }
})();

// Keys, clocks and switches. Every page works without this file.
"use strict";
(() => {
  const all = (what) => [...document.querySelectorAll(what)];
  const rows = () => all("[data-row]");
  let chosen = "";

  // ------------------------------------------------------------ rows by keyboard

  const choose = (row) => {
    rows().forEach((r) => r.classList.toggle("chosen", r === row));
    chosen = row ? row.id : "";
    row?.querySelector("[data-open]")?.focus({ preventScroll: true });
    row?.scrollIntoView({ block: "nearest" });
  };
  const move = (by) => {
    const list = rows();
    if (!list.length) return;
    const at = list.findIndex((r) => r.id === chosen);
    choose(list[at < 0 ? 0 : Math.min(list.length - 1, Math.max(0, at + by))]);
  };
  const current = () => (chosen ? document.getElementById(chosen) : null);
  const keys = {
    j: () => move(1),
    k: () => move(-1),
    x: () => current()?.querySelector("[data-pick]")?.click(),
    n: () => document.querySelector("[data-take]")?.click(),
    q: () => document.querySelector(".bar .brand")?.click(),
    "/": () => document.querySelector("[data-search]")?.focus(),
    "?": () => document.getElementById("keys")?.showModal(),
  };
  const typing = (element) => element.closest("input:not([type=checkbox]), select, textarea, dialog");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const press = keys[event.key];
    if (!press) return;
    event.preventDefault();
    press();
  });
  document.addEventListener("focusin", (event) => {
    const row = event.target.closest("[data-row]");
    if (row && row.id !== chosen) {
      rows().forEach((r) => r.classList.toggle("chosen", r === row));
      chosen = row.id;
    }
  });

  // ------------------------------------------------------------ several rows

  const picked = new Set();
  const count = () => {
    const bar = document.querySelector("[data-picked]");
    if (!bar) return;
    const boxes = all("[data-pick]");
    boxes.forEach((box) => { box.checked = picked.has(box.value); });
    const number = boxes.filter((box) => box.checked).length;
    bar.hidden = number === 0;
    bar.querySelector("[data-picked-count]").textContent = String(number);
  };
  document.addEventListener("change", (event) => {
    const box = event.target;
    if (box.matches("[data-autosubmit]")) box.form.requestSubmit();
    if (box.matches("[data-pick]")) {
      if (box.checked) picked.add(box.value); else picked.delete(box.value);
      count();
    }
    if (box.matches("[data-pick-all]")) {
      all("[data-pick]").forEach((b) => (box.checked ? picked.add(b.value) : picked.delete(b.value)));
      count();
    }
  });

  // ------------------------------------------------------------ clocks

  const units = [[86400, "d"], [3600, "h"], [60, "min"]];
  const lasting = (seconds) => {
    let rest = Math.floor(Math.abs(seconds));
    const parts = [];
    for (const [size, unit] of units) {
      const number = Math.floor(rest / size);
      if (number || parts.length) parts.push([number, unit]);
      rest %= size;
    }
    const two = parts.slice(0, 2).filter(([number]) => number);
    return two.length ? two.map(([number, unit]) => `${number} ${unit}`).join(" ") : "under 1 min";
  };
  // The desk's clock decides, not this machine's.
  const now = document.documentElement.dataset.now;
  const behind = now ? Date.now() - Date.parse(now) : 0;
  const tick = () => all("[data-deadline]").forEach((clock) => {
    const seconds = (Date.parse(clock.dataset.deadline) - (Date.now() - behind)) / 1000;
    const text = `${lasting(seconds)} ${seconds >= 0 ? "left" : "over"}`;
    if (clock.textContent !== text) clock.textContent = text;
    clock.classList.toggle("late", seconds < 0);
  });
  setInterval(tick, 10000);

  // ------------------------------------------------------------ what comes in by itself

  // What a person has sent is answered first: being led elsewhere by a refresh meanwhile would take the answer away.
  const sent = new Set();
  const own = ({ detail }) => detail.requestConfig.elt.matches("form");
  const answered = (xhr) => { if (!xhr.getResponseHeader("hx-redirect")) sent.delete(xhr); };
  addEventListener("pageshow", () => sent.clear());
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!own(event)) return;
    const { xhr } = event.detail;
    sent.add(xhr);
    // Not htmx's own event: it goes to the form, which may be gone by then.
    xhr.addEventListener("loadend", () => answered(xhr));
  });
  document.addEventListener("htmx:beforeOnLoad", (event) => { if (sent.size && !own(event)) event.preventDefault(); });

  document.addEventListener("htmx:afterSwap", () => {
    if (chosen) document.getElementById(chosen)?.classList.add("chosen");
    count();
  });
  const reachable = (yes) => { document.getElementById("offline").hidden = yes; };
  document.addEventListener("htmx:sendError", () => reachable(false));
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.xhr?.status) reachable(event.detail.xhr.status < 500);
  });
})();

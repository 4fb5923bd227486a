// Partial updates. A link or form with data-target="#id" replaces that region by the answer; a region with
// data-refresh="ms" asks again by itself (from data-refresh-url, else the page) until an answer comes without the
// attribute. The answer may be the region or a whole page that holds it. Regions named in data-with="id id" change with
// it, from the same answer. The focus and the scroll of the region survive; what is read stays where it is when a link
// brings more regions; data-push on the link also changes the address. What a region's [data-say] says is spoken when it
// changes. When anything goes wrong, the browser simply goes there.
const inflight = new Map(); // region id → AbortController

async function load(id, url, options = {}, others = []) {
  inflight.get(id)?.abort();
  const mine = new AbortController();
  inflight.set(id, mine);
  try {
    const answer = await fetch(url, { ...options, signal: mine.signal, credentials: "same-origin", headers: { "Wholechart-Partial": [id, ...others].join(" ") } });
    const html = await answer.text();
    if (mine.signal.aborted) return { stale: true };
    const type = answer.headers.get("Content-Type") ?? "";
    if (!type.startsWith("text/html")) return { ok: false, status: answer.status };
    const doc = new DOMParser().parseFromString(html, "text/html");
    const fresh = doc.getElementById(id);
    if (!fresh) return { ok: false, status: answer.status, url: answer.redirected ? answer.url : "" };
    const more = others.map((o) => doc.getElementById(o)).filter(Boolean);
    for (const f of [fresh, ...more]) swap(f.id, document.adoptNode(f));
    return { ok: true, status: answer.status, url: answer.url };
  } finally {
    if (inflight.get(id) === mine) inflight.delete(id);
  }
}

// swap puts the fresh region in the place of the old one and gives the focus back to what had it: by id, else by name
// or address, else by position, else to the region itself. It is never lost to the body.
function swap(id, fresh) {
  const old = document.getElementById(id);
  if (!old) return;
  const said = words(old);
  const active = document.activeElement;
  const had = old.contains(active) ? trace(old, active) : null;
  const top = old.scrollTop, left = old.scrollLeft;
  for (const field of old.querySelectorAll("input[id], textarea[id], select[id]")) {
    if (field === active) { const f = fresh.querySelector(`#${CSS.escape(field.id)}`); if (f && "value" in f) f.value = field.value; }
  }
  for (const d of old.querySelectorAll("details[id][open]")) fresh.querySelector(`#${CSS.escape(d.id)}`)?.setAttribute("open", "");
  old.replaceWith(fresh);
  fresh.scrollTop = top;
  fresh.scrollLeft = left;
  if (had) {
    const to = find(fresh, had) ?? fresh;
    if (to === fresh && !fresh.hasAttribute("tabindex")) fresh.tabIndex = -1;
    to.focus({ preventScroll: true });
    if (had.range && to.setSelectionRange) try { to.setSelectionRange(...had.range); } catch { /* not a text field */ }
  }
  fresh.dispatchEvent(new CustomEvent("wc:swap", { bubbles: true }));
  if (words(fresh) !== said) speak(words(fresh));
  schedule(fresh);
}

const words = (region) => region.querySelector("[data-say]")?.textContent ?? "";

// speak says a change to those who do not see it: a live region of its own, since one that is replaced is not heard.
let voice = null;
function speak(text) {
  if (!voice) { voice = document.createElement("p"); voice.className = "sr"; voice.setAttribute("role", "status"); document.body.append(voice); }
  voice.textContent = text;
}

// hold keeps what is read where it is while regions above and around it grow: the first link in sight stays in sight.
async function hold(region, change) {
  const top = (a) => a.getBoundingClientRect().top;
  const seen = [...region.querySelectorAll("a[href]")].find((a) => a.getClientRects().length && top(a) >= 0 && top(a) < innerHeight);
  const was = seen && scrollY > 0 ? { href: seen.getAttribute("href"), top: top(seen) } : null;
  const id = region.id, done = await change();
  const now = was && document.getElementById(id)?.querySelector(`a[href="${CSS.escape(was.href)}"]`);
  if (now) scrollBy({ top: top(now) - was.top, behavior: "instant" });
  return done;
}

const focusable = "a[href], button, input, select, textarea, summary, [tabindex]";

function trace(region, el) {
  let range = null;
  try { if (el.selectionStart !== null && el.selectionStart !== undefined) range = [el.selectionStart, el.selectionEnd]; } catch { /* no selection */ }
  return {
    self: el === region, id: el.id, name: el.getAttribute("name"), href: el.getAttribute("href"), label: el.getAttribute("aria-label"), range,
    place: [...region.querySelectorAll(focusable)].indexOf(el),
  };
}

function find(region, had) {
  if (had.self) return region;
  const by = (attr, v) => (v ? region.querySelector(`[${attr}="${CSS.escape(v)}"]`) : null);
  const exact = by("id", had.id) ?? by("name", had.name) ?? by("href", had.href) ?? by("aria-label", had.label);
  if (exact) return exact;
  const all = [...region.querySelectorAll(focusable)];
  return all[Math.min(had.place, all.length - 1)] ?? null;
}

const ids = (el) => el.dataset.with?.split(" ").filter(Boolean) ?? [];

const here = (el, url) => {
  const sel = el?.dataset?.target;
  if (!sel?.startsWith("#") || !document.getElementById(sel.slice(1))) return "";
  return new URL(url, location.href).origin === location.origin ? sel.slice(1) : "";
};

document.addEventListener("click", async (e) => {
  if (e.defaultPrevented || e.button !== 0 || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey) return;
  const link = e.target.closest?.("a[data-target]");
  if (!link) return;
  const id = here(link, link.href);
  if (!id) return;
  e.preventDefault();
  link.setAttribute("aria-busy", "true");
  try {
    const others = ids(link), go = () => load(id, link.href, {}, others);
    const done = others.length ? await hold(document.getElementById(id), go) : await go();
    if (done.stale) return;
    if (!done.ok) { location.assign(done.url || link.href); return; }
    if (link.hasAttribute("data-push")) push(id, link.href);
  } catch (err) {
    if (err.name !== "AbortError") location.assign(link.href);
  } finally {
    link.removeAttribute("aria-busy");
  }
});

document.addEventListener("submit", async (e) => {
  const form = e.target;
  if (e.defaultPrevented || !(form instanceof HTMLFormElement) || !form.dataset.target) return;
  const action = e.submitter?.getAttribute("formaction") ?? form.getAttribute("action") ?? location.href;
  const id = here(form, action);
  if (!id || form.enctype === "multipart/form-data") return;
  e.preventDefault();
  if (form.getAttribute("aria-busy") === "true") return; // a second Enter does not send twice
  form.setAttribute("aria-busy", "true");
  const data = new URLSearchParams(new FormData(form, e.submitter));
  const url = new URL(action, location.href);
  const post = form.method === "post";
  if (!post) url.search = data;
  try {
    const done = await load(id, url, post ? { method: "POST", body: data } : {});
    if (done.stale) return;
    // A post is never repeated: whatever came back, show the page as it is now.
    if (!done.ok) { post ? (done.url ? location.assign(done.url) : location.reload()) : location.assign(url); return; }
    if (!post && form.hasAttribute("data-push")) push(id, url);
  } catch (err) {
    if (err.name === "AbortError") return;
    if (post) say(form, "The server could not be reached. It is not known whether this was saved: reload to see.");
    else location.assign(url);
  } finally {
    form.removeAttribute("aria-busy");
  }
});

function say(form, text) {
  let p = form.querySelector("[data-said]");
  if (!p) { p = document.createElement("p"); p.dataset.said = ""; p.className = "error"; p.setAttribute("role", "alert"); form.append(p); }
  p.textContent = text;
}

// Back and forward over pushed addresses load the page that was there. A jump within the page also fires popstate, with
// the same path and query: that is left alone.
let shownAt = location.pathname + location.search;
function push(id, url) {
  history.pushState({ region: id }, "", url);
  shownAt = location.pathname + location.search;
}
addEventListener("popstate", () => { if (location.pathname + location.search !== shownAt) location.reload(); });

// Regions that refresh themselves. A hidden tab does not ask; failures wait twice as long each time, at most 30 s.
const least = 250, most = 30000;

function schedule(root) {
  const regions = [...(root.matches?.("[data-refresh][id]") ? [root] : []), ...root.querySelectorAll("[data-refresh][id]")];
  for (const r of regions) wait(r, 0);
}

function wait(region, failures) {
  const ms = Number(region.dataset.refresh);
  if (!(ms > 0)) return;
  setTimeout(() => ask(region, failures), Math.min(most, Math.max(least, ms) * 2 ** failures));
}

async function ask(region, failures) {
  if (!region.isConnected || !region.hasAttribute("data-refresh")) return;
  if (document.hidden) { document.addEventListener("visibilitychange", () => ask(region, failures), { once: true }); return; }
  if (inflight.has(region.id)) { wait(region, failures); return; }
  try {
    const done = await load(region.id, region.dataset.refreshUrl || location.href, {}, ids(region));
    if (done.stale) { if (region.isConnected) wait(region, failures); return; }
    if (done.ok) return; // swap has scheduled the fresh region
    if (done.status === 401 || done.status === 403 || done.url) return; // signed out: the next click says so
    wait(region, failures + 1);
  } catch {
    if (region.isConnected) wait(region, failures + 1);
  }
}

schedule(document);

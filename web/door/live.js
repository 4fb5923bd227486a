// A board keeps itself up to date. Every few seconds it asks with the tag of what it shows; the answer is nothing (304)
// or the page as it is now, of which only what differs is changed: elements stay the same elements, so focus, scroll,
// what is typed and what is open stay too. A hidden page rests and asks when it is seen again. When nobody answers, it
// says so, with the time of what is shown; it never looks fresher than it is.
const every = 3000, without = 30000, slowest = 30000, patience = 10000;
const mark = () => document.getElementById("live");
let timer = 0, asking = null, failures = 0, shownSince = performance.now(), goodAt = performance.now(), lost = false, ended = false;

function start() {
  if (!mark()) return;
  document.addEventListener("visibilitychange", () => (document.hidden ? rest() : ask()));
  addEventListener("pageshow", (e) => { if (e.persisted) ask(); });
  addEventListener("online", () => ask());
  addEventListener("offline", () => { asking?.abort(); lose(); });
  addEventListener("wc:acted", () => ask()); // something was done here: no need to wait for the next question
  if (!document.hidden) later(every);
  setInterval(ages, 10000);
}

function later(ms) {
  clearTimeout(timer);
  if (!document.hidden && !ended) timer = setTimeout(ask, ms * (0.9 + Math.random() * 0.2));
}

function rest() {
  clearTimeout(timer);
  asking?.abort();
}

async function ask() {
  const at = mark();
  if (!at || document.hidden || ended) return;
  clearTimeout(timer);
  asking?.abort();
  const mine = (asking = new AbortController());
  const limit = setTimeout(() => mine.abort("slow"), patience);
  try {
    const headers = { "Wholechart-Partial": at.dataset.live };
    const due = Number(at.dataset.next) > 0 && (performance.now() - shownSince) / 1000 >= Number(at.dataset.next);
    if (at.dataset.tag && !due) headers["If-None-Match"] = at.dataset.tag;
    const answer = await fetch(location.pathname + location.search, { headers, signal: mine.signal, credentials: "same-origin", cache: "no-store", redirect: "manual" });
    if (answer.status === 304) { good(answer.headers.get("Wholechart-Clock")); return; }
    if (answer.status === 401 || answer.status === 403 || answer.type === "opaqueredirect") { end(); return; }
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (mine !== asking) return;
    const fresh = page.getElementById("live");
    if (!fresh) throw new Error("another page");
    const who = (d) => d.querySelector(".menu summary")?.getAttribute("aria-label");
    if (who(page) !== who(document)) { location.reload(); return; } // somebody else signed in beside
    if (document.querySelector(".leaving")) { later(300); return; } // a row is on its way: what comes next shows what became of it
    renew(page, at.dataset.live.split(" "));
    shownSince = performance.now();
    good(null);
  } catch {
    if (mine !== asking || document.hidden) return;
    failures++;
    if (failures > 1 || !navigator.onLine || performance.now() - goodAt > patience) lose();
    later(Math.min(slowest, every * 2 ** (failures - 1)));
  } finally {
    clearTimeout(limit);
  }
}

// good: what is shown is what is true, now.
function good(clock) {
  failures = 0;
  goodAt = performance.now();
  const at = mark(), said = at.querySelector("[data-live-said]");
  if (lost) {
    lost = false;
    at.classList.remove("lost");
    document.documentElement.classList.remove("stale");
    at.querySelector("[data-live-told]").textContent = "Connected again.";
  }
  if (clock && said.querySelector("time")?.textContent !== clock || !said.querySelector("time")) words(said, "updated ", clock ?? at.dataset.clock);
  at.dataset.clock = said.querySelector("time").textContent;
  ages();
  later(at.dataset.tag ? every : without);
}

function lose() {
  const at = mark();
  if (!at || lost || ended) return;
  lost = true;
  const said = at.querySelector("[data-live-said]"), clock = said.querySelector("time").textContent;
  at.classList.add("lost");
  document.documentElement.classList.add("stale");
  words(said, "No connection: this is how it was at ", clock);
  at.querySelector("[data-live-told]").textContent = `No connection. The page shows how it was at ${clock}.`;
}

// end: the session is over. What somebody types is not thrown away; nobody typing, the sign-in is shown.
function end() {
  ended = true;
  const typed = [...document.querySelectorAll("main input:not([type=hidden]), main textarea, #side input:not([type=hidden]), #side textarea, #find-q")].some((f) => "value" in f && f.value !== f.defaultValue);
  if (!typed) { location.reload(); return; }
  const at = mark();
  at.classList.add("lost");
  words(at.querySelector("[data-live-said]"), "Signed out. This is how it was at ", at.querySelector("time").textContent);
  at.querySelector("[data-live-told]").textContent = "You are signed out.";
}

function words(said, text, clock) {
  const time = document.createElement("time");
  time.textContent = clock;
  said.replaceChildren(text, time);
}

// Lengths of time, as the server words them (web.SpanText).
function span(ms) {
  const min = ms / 60000, h = min / 60, d = h / 24;
  if (min < 1) return "now";
  if (min < 90) return `${Math.floor(min)} min`;
  if (h < 36) return `${Math.floor(h + 0.5)} h`;
  if (d < 60) return `${Math.floor(d + 0.5)} d`;
  return `${Math.floor(d / 30)} mo`;
}
function ages() {
  const at = mark();
  if (!at || lost || ended) return;
  const now = Date.parse(at.dataset.now) + performance.now() - shownSince;
  for (const e of document.querySelectorAll("[data-since]")) {
    const text = span(now - Date.parse(e.dataset.since));
    if (e.textContent !== text) e.textContent = text;
  }
}

// renew changes the regions, and the top bar's counts, to what the fresh page has.
function renew(page, ids) {
  const active = document.activeElement, list = active?.closest?.("[data-list], [data-cal]");
  const row = list && [...list.querySelectorAll("[id], li, td")].filter((r) => r.contains(active)).at(-1);
  const rows = list ? [...document.querySelectorAll("[data-list] > *")] : [], place = rows.findIndex((r) => r.contains(active));
  const anchor = ids.flatMap((id) => [...(document.getElementById(id)?.querySelectorAll("[id]") ?? [])]).find((e) => e.getBoundingClientRect().bottom > 60);
  const top = anchor?.getBoundingClientRect().top;
  for (const id of ids) {
    const old = document.getElementById(id), now = page.getElementById(id);
    if (old && now) patch(old, now);
  }
  const nav = document.querySelector(".nav"), freshNav = page.querySelector(".nav");
  if (nav && freshNav) patch(nav, freshNav);
  // What was under the eye stays there, whatever came above it.
  if (anchor?.isConnected) { const by = anchor.getBoundingClientRect().top - top; if (by) scrollBy({ top: by, behavior: "instant" }); }
  if (active?.isConnected && active !== document.activeElement) active.focus({ preventScroll: true }); // it was moved
  if (active && active !== document.body && !active.isConnected) {
    const left = [...document.querySelectorAll("[data-list] > *")];
    const to = row?.isConnected ? row : left[Math.min(Math.max(place, 0), left.length - 1)] ?? document.querySelector("main");
    (to.querySelector?.("[data-slot], a.row-title, a[href], button") ?? to).focus({ preventScroll: true });
  }
  dispatchEvent(new CustomEvent("wc:swap"));
}

// patch makes an element what another is, keeping every child that both have: by id, or by column, else by order and
// kind. What the reader opened stays open; what a module set up (the one stop for the Tab key) stays.
const kept = new Set(["open", "tabindex", "style", "aria-busy", "data-clock"]);
const key = (n) => (n.nodeType === 1 ? n.id || n.dataset.col && `col-${n.dataset.col}` : "") || "";

function patch(old, now) {
  for (const a of [...old.attributes]) if (!kept.has(a.name) && !now.hasAttribute(a.name)) old.removeAttribute(a.name);
  for (const a of [...now.attributes]) if (!kept.has(a.name) && old.getAttribute(a.name) !== a.value) old.setAttribute(a.name, a.value);
  const keyed = new Map([...old.childNodes].filter(key).map((n) => [key(n), n]));
  let at = old.firstChild;
  for (const want of [...now.childNodes]) {
    const k = key(want);
    while (at && k !== key(at) && key(at) && !has(now, key(at))) { const gone = at; at = at.nextSibling; gone.remove(); }
    let have = k ? keyed.get(k) : at && !key(at) && at.nodeName === want.nodeName ? at : null;
    if (have && have.nodeName !== want.nodeName) have = null;
    if (!have) { old.insertBefore(document.adoptNode(want), at); continue; }
    if (have === at) at = at.nextSibling; else old.insertBefore(have, at);
    if (have.nodeType !== 1) { if (have.nodeValue !== want.nodeValue) have.nodeValue = want.nodeValue; } else if (!have.isEqualNode(want)) patch(have, want);
  }
  while (at) { const gone = at; at = at.nextSibling; gone.remove(); }
}
const has = (parent, k) => [...parent.children].some((c) => key(c) === k);

start();

// The desk by keyboard. In the calendar the arrows move by slot and between columns, Enter books or opens at the side,
// "a" arrives, "m" moves, "x" cancels. Patient fields ask as one types; the registration form shows likely duplicates.
// Without this module every one of these is a link, a button or a form.

const slots = (cal) => [...cal.querySelectorAll("[data-slot]")];

// One stop for the Tab key: the slot that had the focus last, else the first from now on, else the first that is booked.
function rove(cal, to) {
  const all = slots(cal);
  for (const s of all) s.tabIndex = -1;
  const now = cal.querySelector("tr.now");
  const after = (s) => now && (s.closest("tr") === now || now.compareDocumentPosition(s) & Node.DOCUMENT_POSITION_FOLLOWING);
  const one = to ?? all.find(after) ?? all.find((s) => s.classList.contains("appt-main")) ?? all[0];
  if (one) one.tabIndex = 0;
}
const start = () => { for (const cal of document.querySelectorAll("[data-cal]")) rove(cal, cal.contains(document.activeElement) ? document.activeElement : null); };
start();
addEventListener("wc:swap", start);

// What was just booked or moved has the focus: the next key acts on it. The browser looks for the fragment after the
// modules have run, and takes the focus away again when it finds it: so after that.
const land = () => { if (location.hash.startsWith("#a-")) document.getElementById(location.hash.slice(1))?.querySelector("[data-slot]")?.focus({ preventScroll: true }); };
if (document.readyState === "complete") land(); else addEventListener("load", () => setTimeout(land));

document.addEventListener("focusin", (e) => {
  const cal = e.target.closest?.("[data-cal]");
  if (cal && e.target.matches("[data-slot]")) rove(cal, e.target);
});

// next finds the slot in a direction by what the eye sees: the nearest whose box lies that way in the same column, or
// at the same height in the next column that has one.
function next(cal, from, key) {
  const box = from.closest("td"), col = Number(box.dataset.col);
  const here = slots(cal).filter((s) => Number(s.closest("td").dataset.col) === col);
  const at = here.indexOf(from);
  if (key === "ArrowDown") return here[at + 1];
  if (key === "ArrowUp") return here[at - 1];
  const step = key === "ArrowRight" ? 1 : -1, y = from.getBoundingClientRect().top;
  const most = Math.max(...slots(cal).map((s) => Number(s.closest("td").dataset.col)));
  for (let c = col + step; c >= 0 && c <= most; c += step) {
    const there = slots(cal).filter((s) => Number(s.closest("td").dataset.col) === c);
    if (there.length) return there.reduce((a, b) => (Math.abs(b.getBoundingClientRect().top - y) < Math.abs(a.getBoundingClientRect().top - y) ? b : a));
  }
  return null;
}

document.addEventListener("keydown", (e) => {
  const slot = e.target.closest?.("[data-cal] [data-slot]");
  if (!slot || e.ctrlKey || e.altKey || e.metaKey || e.isComposing) return;
  const cal = slot.closest("[data-cal]");
  if (e.key.startsWith("Arrow")) {
    const to = next(cal, slot, e.key);
    e.preventDefault();
    if (to) { to.focus({ preventScroll: true }); to.scrollIntoView({ block: "nearest", inline: "nearest" }); }
    return;
  }
  const card = slot.closest(".appt");
  if (!card) return;
  const press = { a: () => card.querySelector("form[data-act] button")?.click(), m: () => { if (slot.dataset.move) location.assign(slot.dataset.move); }, x: () => card.querySelector("[data-cancel]")?.click() }[e.key];
  if (press) { e.preventDefault(); press(); }
}, true);

// From anywhere on the page j goes into the calendar and b to the patient of a booking.
const typing = (el) => el.closest?.("input:not([type=checkbox]):not([type=radio]), textarea, select");
document.addEventListener("keydown", (e) => {
  if (e.defaultPrevented || e.ctrlKey || e.altKey || e.metaKey || e.isComposing || typing(e.target) || document.querySelector("dialog[open]")) return;
  const to = e.key === "j" ? document.querySelector("[data-cal] [data-slot][tabindex='0']") : e.key === "b" ? document.querySelector("#f-qpatient") : null;
  if (!to || to.closest("[data-cal]") && e.target.closest?.("[data-list]")) return;
  e.preventDefault();
  to.focus();
}, true);

// What opens at the side by a key is where the next key goes.
let opened = null;
document.addEventListener("click", (e) => { opened = e.target.closest?.("[data-cal] a[data-target='#side']") ?? opened; }, true);
addEventListener("wc:swap", (e) => {
  if (e.target.id !== "side" || !opened) return;
  const why = e.target.querySelector("details[open] input[name=why]");
  const to = why ?? e.target.querySelector("form[action$='/move'] .btn-primary") ?? e.target.querySelector("input:not([type=hidden]), select, button:not([aria-hidden]), a[href]");
  to?.focus();
});
document.addEventListener("keydown", (e) => {
  if (e.key !== "Escape" || !e.target.closest?.("#side") || !opened?.isConnected) return;
  e.preventDefault();
  opened.focus();
});

// later runs a question so long after the last letter; a newer one aborts an older, so a slow answer never overwrites.
function later(ms, ask) {
  let timer = 0, mine = null;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      mine?.abort();
      mine = new AbortController();
      try { await ask(mine.signal); } catch { /* the form itself still works */ }
    }, ms);
  };
}

async function fragment(url, body, signal, id) {
  const answer = await fetch(url, { method: "POST", body, signal, credentials: "same-origin", headers: { "Wholechart-Partial": id } });
  if (!answer.ok || signal.aborted) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(id);
  const old = document.getElementById(id);
  if (fresh && old && !signal.aborted) old.replaceWith(document.adoptNode(fresh));
}

const asks = new WeakMap();
document.addEventListener("input", (e) => {
  const finder = e.target.closest?.("[data-finder]");
  if (finder && e.target.type !== "radio") {
    const name = finder.dataset.field;
    if (!asks.has(e.target)) {
      asks.set(e.target, later(120, (signal) => {
        const body = new URLSearchParams({ ["q" + name]: e.target.value.slice(0, 200), field: name });
        return fragment(finder.dataset.finder, body, signal, "choose-" + name);
      }));
    }
    asks.get(e.target)();
    return;
  }
  const form = e.target.closest?.("form[data-alike]");
  if (!form) return;
  if (!asks.has(form)) asks.set(form, later(200, (signal) => fragment(form.dataset.alike, new URLSearchParams(new FormData(form)), signal, "alike")));
  asks.get(form)();
});

// From the field down into the people found. Enter takes the only one, or goes to choose; with nobody found yet the
// form is sent, and the server looks.
document.addEventListener("keydown", (e) => {
  const finder = e.target.closest?.("[data-finder]");
  if (!finder || e.isComposing || e.target.type === "submit") return;
  const people = [...finder.querySelectorAll("input[type=radio]")];
  if (e.key !== "Enter" && (e.key !== "ArrowDown" || e.target.type === "radio") || !people.length) return;
  e.preventDefault();
  const form = finder.closest("form");
  if (e.key === "Enter" && (people.length === 1 || e.target.type === "radio")) {
    (e.target.type === "radio" ? e.target : people[0]).checked = true;
    const fields = [...form.querySelectorAll("input:not([type=hidden]), select, textarea, button")].filter((f) => f.getClientRects().length);
    released = () => fields.find((f) => !finder.contains(f) && finder.compareDocumentPosition(f) & Node.DOCUMENT_POSITION_FOLLOWING)?.focus();
    return;
  }
  const to = people.find((p) => p.checked) ?? people[0];
  to.checked = true;
  to.focus();
});
// The focus moves on when Enter is let go: remote desktops and drivers send the character apart from the key, and a
// select that has the focus by then would open, or the form be sent.
let released = null;
document.addEventListener("keyup", (e) => { if (e.key === "Enter") { released?.(); released = null; } });
document.addEventListener("submit", (e) => { if (released) e.preventDefault(); }, true);

// Two records to merge are chosen at once: the first field has the focus.
if (document.activeElement === document.body) document.querySelector(".pick-two input[name=qa]")?.focus({ preventScroll: true });

// Ctrl-Enter sends the form that is written in, from any of its fields: Enter in a choice would only open it.
document.addEventListener("keydown", (e) => {
  if (e.key !== "Enter" || !(e.ctrlKey || e.metaKey) || e.altKey || e.defaultPrevented || e.isComposing) return;
  const form = e.target.closest?.("form.person, form.form");
  if (!form) return;
  e.preventDefault();
  form.requestSubmit(form.querySelector("button[type=submit]"));
});

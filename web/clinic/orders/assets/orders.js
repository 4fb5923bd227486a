// The order box: type-ahead over what can be ordered. The first match is pointed at, Enter adds it as a draft (nothing is
// ordered before it is signed); Enter with nothing typed goes to the sign button, Ctrl+Enter presses it. A newer question
// aborts an older one. Without this module the form is sent and the page asks which was meant.
let asking = null, timer = 0, asked = "", at = -1;
const box = () => document.querySelector("#order-line");
const list = () => document.querySelector("#order-list");
const said = (text) => { const s = document.querySelector("#order-said"); if (s) s.textContent = text; };
const choices = () => [...(list()?.querySelectorAll("[role=option]") ?? [])];

function dress() {
  const b = box();
  if (!b || b.getAttribute("role") === "combobox") return;
  for (const [k, v] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-controls": "order-list", "aria-expanded": "false", "aria-haspopup": "listbox" })) b.setAttribute(k, v);
  list().setAttribute("aria-label", "What can be ordered");
}

function close() {
  asking?.abort();
  clearTimeout(timer);
  asked = "";
  at = -1;
  if (!list()) return;
  list().hidden = true;
  list().removeAttribute("role");
  box()?.setAttribute("aria-expanded", "false");
  box()?.removeAttribute("aria-activedescendant");
}

function point(n) {
  const all = choices();
  at = all.length ? (n + all.length) % all.length : -1;
  all.forEach((o, i) => o.setAttribute("aria-selected", String(i === at)));
  if (at < 0) { box().removeAttribute("aria-activedescendant"); return; }
  box().setAttribute("aria-activedescendant", all[at].id);
  all[at].scrollIntoView({ block: "nearest" });
}

async function ask(q) {
  asking?.abort();
  const mine = asking = new AbortController();
  try {
    // What is typed belongs to a patient: it travels in the body, never in an address.
    const answer = await fetch(box().dataset.find, { method: "POST", body: new URLSearchParams({ q }), signal: mine.signal, headers: { "Wholechart-Partial": "order-list" }, credentials: "same-origin" });
    if (!answer.ok || answer.redirected) { close(); return; }
    const html = await answer.text();
    if (mine.signal.aborted || document.activeElement !== box()) return;
    list().replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
    choices().forEach((o, i) => { o.id = `order-o${i}`; });
    asked = q;
    list().hidden = false;
    const some = choices().length > 0;
    if (some) list().setAttribute("role", "listbox"); else list().removeAttribute("role");
    box().setAttribute("aria-expanded", String(some));
    point(0);
    said(some ? `${choices().length} matches, ${choices()[0].querySelector("b").textContent} first` : list().querySelector("[data-said]")?.dataset.said ?? "");
  } catch (err) {
    if (err.name !== "AbortError") close();
  }
}

function add(key) {
  const form = box().form;
  form.elements.namedItem("item").value = key;
  form.requestSubmit();
}

document.addEventListener("input", (e) => {
  if (e.target !== box()) return;
  clearTimeout(timer);
  const q = box().value.trim();
  if (!q) { close(); return; }
  if (q !== asked) timer = setTimeout(ask, 50, q);
});

document.addEventListener("keydown", async (e) => {
  if (e.isComposing) return;
  const sign = document.querySelector("#order-sign");
  if (e.key === "Enter" && (e.ctrlKey || e.metaKey) && sign && e.target.closest?.("#basket, #main, body")) { e.preventDefault(); sign.click(); return; }
  if (e.target !== box()) return;
  const q = box().value.trim();
  switch (e.key) {
    case "ArrowDown": case "ArrowUp":
      e.preventDefault();
      if (list().hidden) { if (q) ask(q); return; }
      point(at + (e.key === "ArrowDown" ? 1 : -1));
      break;
    case "Enter":
      e.preventDefault();
      if (!q) { toSign = !e.repeat; return; }
      clearTimeout(timer);
      if (asked !== q) await ask(q); // what is shown must be what was typed
      if (asked === q && at >= 0) add(choices()[at].dataset.item); else add("");
      break;
    case "Escape":
      if (!list().hidden) { e.preventDefault(); e.stopImmediatePropagation(); close(); }
      break;
    case "Tab":
      close();
  }
}, true);

// The focus moves when the key is let go: a key that is held down never signs.
let toSign = false;
document.addEventListener("keyup", (e) => {
  if (e.key !== "Enter" || !toSign) return;
  toSign = false;
  if (e.target === box() && !box().value.trim()) (document.querySelector("#order-sign") ?? document.querySelector(".basket-sign button"))?.focus();
});

// What is typed into one draft and not saved yet outlives an act on another, and nothing is signed over it.
const changed = (f) => (f instanceof HTMLSelectElement ? [...f.options].some((o) => o.selected !== o.defaultSelected) && f.selectedIndex >= 0 && !(f.selectedIndex === 0 && ![...f.options].some((o) => o.defaultSelected)) : f.value !== f.defaultValue);
const unsaved = () => [...document.querySelectorAll(".draft-form :is(input, select, textarea)[id]")].filter((f) => changed(f) || f.form.hasAttribute("data-typed")); // data-typed: what the server did not take
let typed = new Map(), scrolled = 0;
document.addEventListener("submit", (e) => {
  if (!e.target.closest?.("#basket")) return;
  scrolled = document.querySelector(".drafts")?.scrollTop ?? 0;
  typed = new Map(unsaved().filter((f) => f.form !== e.target).map((f) => [f.id, f.value]));
  if (!e.target.matches("[data-order-sign]") || !typed.size) return;
  e.preventDefault();
  e.stopImmediatePropagation();
  const f = unsaved()[0];
  f.closest("details").open = true;
  let note = e.target.querySelector("[data-said]");
  if (!note) { note = document.createElement("p"); note.dataset.said = ""; note.className = "error"; note.setAttribute("role", "alert"); e.target.prepend(note); }
  note.textContent = "Not signed: a change above is not saved yet. Save it or undo it.";
  f.focus();
}, true);

// A row that was asked for is where one goes on writing.
document.addEventListener("wc:swap", (e) => { if (e.target.id === "basket") e.target.querySelector(".step [autofocus]")?.focus(); });

// Signing is sent once: a second press while the first is on its way would only be told that it came late.
document.addEventListener("submit", (e) => {
  if (!e.target.matches?.("[data-order-sign]")) return;
  if (e.target.dataset.sent) { e.preventDefault(); return; }
  e.target.dataset.sent = "yes";
  e.target.setAttribute("aria-busy", "true");
});
addEventListener("pageshow", () => { const f = document.querySelector("[data-order-sign]"); if (f) { delete f.dataset.sent; f.removeAttribute("aria-busy"); } });

document.addEventListener("pointerdown", (e) => { if (e.target.closest?.("#order-list")) e.preventDefault(); }); // the box keeps the focus
document.addEventListener("click", (e) => {
  const o = e.target.closest?.("#order-list [role=option]");
  if (o) add(o.dataset.item);
});
document.addEventListener("focusout", (e) => { if (e.target === box()) close(); });

// After an act on the basket the box is empty, or holds what could not be added; the hand is back in it.
document.addEventListener("wc:swap", (e) => {
  if (e.target.id !== "basket") return;
  dress();
  close();
  const b = box();
  b.value = b.defaultValue;
  for (const [id, value] of typed) {
    const f = document.getElementById(id);
    if (f) { f.value = value; f.closest("details").open = true; }
  }
  typed.clear();
  const drafts = document.querySelector(".drafts");
  if (drafts) drafts.scrollTop = scrolled;
  const bad = document.querySelector("#basket [aria-invalid=true]");
  if (bad && bad !== b) { bad.focus(); return; }
  if (document.activeElement === b || document.activeElement === document.body || document.activeElement?.id === "basket") b.focus();
});

dress();
if (box() && document.activeElement === document.body) box().focus();

// Speed of hand. "/" finds, "?" shows the keys, j k and arrows move in a [data-list], Enter opens, Esc closes; a control
// with data-key="n" (or a sequence, "g p") is pressed by its key. Nothing happens while something is being typed, or
// with Ctrl, Alt or Meta held: those belong to the browser and the reader.
const typing = (el) => el.closest?.("input:not([type=checkbox]):not([type=radio]):not([type=button]):not([type=submit]), textarea, select, [contenteditable]");
const shown = (el) => el.getClientRects().length > 0;
let begun = "", begunAt = 0;

document.addEventListener("keydown", (e) => {
  if (e.defaultPrevented || e.ctrlKey || e.altKey || e.metaKey || e.isComposing) return;
  if (e.key === "Escape") { escape(e); return; }
  if (typing(e.target) || document.querySelector("dialog[open]")) return;
  if (e.key === "/") { focusFind(e); return; }
  if (e.key === "?") { keySheet(e); return; }
  if (press(e)) return;
  const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1, Home: -Infinity, End: Infinity }[e.key];
  if (step !== undefined) move(e, step);
  if (e.key === "Enter") open(e);
});

function focusFind(e) {
  const box = document.querySelector("#find-q");
  if (!box) return;
  e.preventDefault();
  box.focus();
  box.select();
  // Remote desktops and drivers send the letter apart from the key: it is not part of what is sought.
  const eat = (i) => { if (i.data === "/") i.preventDefault(); };
  box.addEventListener("beforeinput", eat, { once: true });
  setTimeout(() => box.removeEventListener("beforeinput", eat), 150);
}

function press(e) {
  if (e.key.length !== 1) return false;
  const now = performance.now();
  const keys = begun && now - begunAt < 5000 ? `${begun} ${e.key}` : e.key;
  const controls = [...document.querySelectorAll("[data-key]")].filter((c) => shown(c) && !c.disabled);
  const hit = controls.find((c) => c.dataset.key === keys) ?? controls.find((c) => c.dataset.key === e.key);
  if (hit) {
    begun = "";
    e.preventDefault();
    if (hit.matches("input, textarea, select")) hit.focus(); else hit.click();
    return true;
  }
  if (controls.some((c) => c.dataset.key.startsWith(`${keys} `))) {
    begun = keys;
    begunAt = now;
    e.preventDefault();
    return true;
  }
  begun = "";
  return false;
}

// A list is entered at its first row by j, and moved in by arrows only once it holds the focus: an arrow pressed
// elsewhere still scrolls.
function move(e, step) {
  const letter = e.key === "j" || e.key === "k";
  let list = e.target.closest?.("[data-list]");
  if (!list && letter) {
    const lists = [...document.querySelectorAll("[data-list]")].filter((l) => shown(l) && rows(l).length);
    list = lists.find((l) => l.querySelector(".on")) ?? lists.find((l) => l.closest("main")) ?? lists[0];
  }
  if (!list) return;
  const all = rows(list);
  const at = all.findIndex((r) => r.contains(document.activeElement) || r === document.activeElement);
  let to = Math.max(0, Math.min(all.length - 1, at < 0 ? 0 : at + step));
  if (letter && at >= 0 && to === at) { // past the end: on to the next list
    const lists = [...document.querySelectorAll("[data-list]")].filter((l) => shown(l) && rows(l).length);
    const next = lists[lists.indexOf(list) + step];
    if (next) { e.preventDefault(); focusRow(step > 0 ? rows(next)[0] : rows(next).at(-1)); return; }
  }
  if (!all[to]) return;
  e.preventDefault();
  focusRow(all[to]);
}

const rows = (list) => [...list.children].filter((r) => shown(r));

function focusRow(row) {
  const link = row.querySelector(".row-title[href], th a[href], td a[href]:not(.src), a[href], button");
  if (link) link.focus({ preventScroll: true });
  else { row.tabIndex = -1; row.focus({ preventScroll: true }); }
  row.scrollIntoView({ block: "nearest" });
}

function open(e) {
  const row = e.target.closest?.("[data-list] > *");
  if (!row || e.target !== row) return; // a focused link opens by itself
  const link = row.querySelector("a[href]");
  if (link) { e.preventDefault(); link.click(); }
}

function escape(e) {
  const menu = document.querySelector("details[data-menu][open]");
  if (menu) { menu.open = false; menu.querySelector("summary").focus(); e.preventDefault(); return; }
  const close = document.querySelector("#side [data-close]");
  if (close && !document.querySelector("dialog[open]")) { close.click(); return; }
  if (typing(e.target)) e.target.blur();
}

function keySheet(e) {
  const sheet = document.querySelector("#keys");
  if (!sheet) return;
  e.preventDefault();
  const list = sheet.querySelector("[data-keys-list]");
  list.replaceChildren();
  for (const c of document.querySelectorAll("[data-key]")) {
    if (!shown(c)) continue;
    const row = document.createElement("div"), dt = document.createElement("dt"), dd = document.createElement("dd");
    for (const k of c.dataset.key.split(" ")) {
      const kbd = document.createElement("kbd");
      kbd.textContent = k;
      dt.append(kbd);
    }
    const words = c.cloneNode(true);
    for (const extra of words.querySelectorAll("kbd, .count, small")) extra.remove();
    dd.textContent = c.getAttribute("aria-label") ?? words.textContent.trim();
    row.append(dt, dd);
    list.append(row);
  }
  sheet.querySelector("[data-keys-here]").hidden = !list.children.length;
  sheet.showModal();
}

document.addEventListener("click", (e) => {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) if (!menu.contains(e.target)) menu.open = false;
  const sheet = document.querySelector("#keys[open]");
  if (sheet && e.target === sheet) sheet.close();
});

// Browsers that cannot show a closed fold's content by style get it opened where the column has room.
if (!CSS.supports("selector(::details-content)") && matchMedia("(min-width: 901px)").matches) {
  for (const d of document.querySelectorAll("details[data-board]")) d.open = true;
}

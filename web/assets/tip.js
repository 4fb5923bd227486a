// What a badge or a mark of a plot knows, on hover and on focus, in one box that is never clipped. The words come from
// title, data-tip or an SVG <title>, a line each, so that without this module the browser shows them by itself.
// WCAG 1.4.13: Esc takes the box away, the pointer may enter it, it stays until left.
const sources = ".src, [data-tip], .plot a";
const tip = document.createElement("div");
tip.className = "tip";
tip.setAttribute("aria-hidden", "true"); // each source's accessible name already says it
tip.popover = "manual";
document.body.append(tip);
let of = null, timer = 0;

function words(el) {
  if (el.dataset.tip === undefined) {
    const inner = el.querySelector?.("title");
    el.dataset.tip = el.getAttribute("title") ?? inner?.textContent ?? "";
    if (inner && !el.hasAttribute("aria-label")) el.setAttribute("aria-label", el.dataset.tip.replaceAll("\n", ", "));
    inner?.remove();
    el.removeAttribute("title");
  }
  return el.dataset.tip;
}

function show(el) {
  clearTimeout(timer);
  if (of === el) return;
  const text = words(el);
  if (!text) return;
  of = el;
  tip.replaceChildren(...text.split("\n").map((line) => { const p = document.createElement("p"); p.textContent = line; return p; }));
  if (tip.showPopover && !tip.matches(":popover-open")) tip.showPopover();
  const at = el.getBoundingClientRect(), box = tip.getBoundingClientRect(), edge = 8;
  const below = at.bottom + 6 + box.height < innerHeight - edge;
  tip.style.top = `${below ? at.bottom + 6 : Math.max(edge, at.top - box.height - 6)}px`;
  tip.style.left = `${Math.min(innerWidth - box.width - edge, Math.max(edge, at.left + at.width / 2 - box.width / 2))}px`;
}

function hide() {
  clearTimeout(timer);
  of = null;
  if (tip.hidePopover && tip.matches(":popover-open")) tip.hidePopover();
}

document.addEventListener("pointerover", (e) => {
  const el = e.target.closest?.(sources);
  if (el) { words(el); clearTimeout(timer); timer = setTimeout(show, of ? 0 : 120, el); } else if (!tip.contains(e.target)) { clearTimeout(timer); if (of) timer = setTimeout(hide, 150); } else clearTimeout(timer);
});
document.addEventListener("focusin", (e) => {
  const el = e.target.closest?.(sources);
  if (el && el.matches(":focus-visible")) show(el); else hide();
});
document.addEventListener("focusout", hide);
document.addEventListener("scroll", hide, { capture: true, passive: true });
document.addEventListener("keydown", (e) => { if (e.key === "Escape" && of) { hide(); } });

// In a plot the marks are one stop for Tab; arrows go from mark to mark.
function rove(root) {
  for (const plot of root.querySelectorAll("[data-rove]")) {
    const marks = [...plot.querySelectorAll("a[href]")];
    marks.forEach((m, i) => m.setAttribute("tabindex", i === marks.length - 1 ? "0" : "-1"));
  }
  // A timeline that is wider than its place begins at its end: the latest matters most.
  for (const scroll of root.querySelectorAll(".lanes-scroll")) {
    scroll.scrollLeft = scroll.scrollWidth;
    let due = 0;
    const keep = () => { due ||= requestAnimationFrame(() => { due = 0; name(scroll); }); };
    scroll.addEventListener("scroll", keep, { passive: true });
    addEventListener("resize", keep);
    name(scroll);
  }
}

// A medicine's name stays in sight as long as its bar does: it stands where the bar begins, or where the window does.
function name(scroll) {
  const edge = scroll.querySelector(".lanes-names")?.getBoundingClientRect().right ?? 0;
  const places = [...scroll.querySelectorAll(".mark.medicine")].map((m) => {
    const bar = m.querySelector(".bar").getBoundingClientRect(), text = m.querySelector(".bar-text");
    return [text, 6 + Math.min(Math.max(0, edge - bar.left), Math.max(0, bar.width - (text?.getComputedTextLength() ?? 0) - 12))];
  });
  for (const [text, x] of places) text?.setAttribute("x", x.toFixed(1));
}
document.addEventListener("keydown", (e) => {
  const plot = e.target.closest?.("[data-rove]");
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 1, ArrowUp: -1 }[e.key];
  if (!plot || !step) return;
  const marks = [...plot.querySelectorAll("a[href]")];
  const to = marks[marks.indexOf(e.target.closest("a")) + step];
  if (!to) return;
  e.preventDefault();
  for (const m of marks) m.setAttribute("tabindex", m === to ? "0" : "-1");
  to.focus();
});
document.addEventListener("wc:swap", (e) => rove(e.target));
rove(document);

// What the pages of progress do beyond links and forms: arrows in the flowsheet, one line of time through all plots, and
// the picture as PNG. Without a script everything is still there but these.

// Values tell their source on hover and focus as all marks do (tip.js); without a script the browser's own title does.
function tell(root) {
  for (const v of root.querySelectorAll("[data-grid] a.v[title]")) { v.dataset.tip = v.title; v.removeAttribute("title"); v.setAttribute("aria-description", v.dataset.tip.replaceAll("\n", ", ")); }
}

// The flowsheet is one stop for Tab; arrows go from cell to cell, and within a cell that has several values.
function grid(root) {
  for (const table of root.querySelectorAll("[data-grid]")) {
    const all = [...table.querySelectorAll("a.v, a.sheet-more")];
    all.forEach((a, i) => { a.tabIndex = i === 0 ? 0 : -1; });
  }
}
const cells = (row) => [...row.children].slice(1);
const inside = (cell) => [...cell.querySelectorAll("a")];

document.addEventListener("keydown", (e) => {
  const table = e.target.closest?.("[data-grid]");
  const cell = e.target.closest?.("td");
  if (!table || !cell || e.ctrlKey || e.altKey || e.metaKey) return;
  const row = cell.parentElement, rows = [...table.querySelectorAll("tbody tr:not(.sheet-group)")];
  const x = cells(row).indexOf(cell), y = rows.indexOf(row);
  let to = null;
  const links = inside(cell), at = links.indexOf(document.activeElement);
  switch (e.key) {
    case "ArrowRight": to = cells(row)[x + 1]; break;
    case "ArrowLeft": to = cells(row)[x - 1] ?? row.querySelector("th a"); break;
    case "ArrowDown": to = at >= 0 && at < links.length - 1 ? links[at + 1] : rows[y + 1] && cells(rows[y + 1])[x]; break;
    case "ArrowUp": to = at > 0 ? links[at - 1] : rows[y - 1] && cells(rows[y - 1])[x]; if (to?.tagName === "TD") to = inside(to).at(-1) ?? to; break;
    case "Home": to = cells(row)[0]; break;
    case "End": to = cells(row).at(-1); break;
    default: return;
  }
  e.preventDefault();
  e.stopPropagation();
  if (!to) return;
  focusOn(table, to);
}, true);

document.addEventListener("keydown", (e) => { // from a row's name to its values
  const th = e.target.closest?.("[data-grid] th[scope=row]");
  if (!th || e.target.matches("input") || e.key !== "ArrowRight") return;
  e.preventDefault();
  focusOn(th.closest("[data-grid]"), th.nextElementSibling);
}, true);

function focusOn(table, to) {
  const target = to.matches("a") ? to : inside(to)[0] ?? to;
  for (const a of table.querySelectorAll("td a[tabindex='0'], td[tabindex='0']")) a.tabIndex = -1;
  target.tabIndex = 0;
  target.focus({ preventScroll: true });
  // What stands still at the left and the top must not cover it.
  const wrap = table.closest(".table-wrap"), box = target.getBoundingClientRect(), frame = wrap.getBoundingClientRect();
  const left = frame.left + (table.querySelector("tbody th[scope=row]")?.offsetWidth ?? 0), top = frame.top + (table.tHead?.offsetHeight ?? 0);
  if (box.left < left) wrap.scrollLeft -= left - box.left + 8;
  if (box.right > frame.right) wrap.scrollLeft += box.right - frame.right + 8;
  if (box.top < top) wrap.scrollTop -= top - box.top + 4;
  if (box.bottom > frame.bottom) wrap.scrollTop += box.bottom - frame.bottom + 4;
  target.scrollIntoView({ block: "nearest", inline: "nearest" });
}

// One line of time through all plots of a figure, with its date; each plot says the value nearest to it.
const edge = 0.012, room = 0.976;
function cross(figure, clientX) {
  const body = figure.querySelector(".courses-body"), area = figure.querySelector("svg.plot-area");
  if (!body || !area) return;
  const box = area.getBoundingClientRect(), share = ((clientX - box.left) / box.width - edge) / room;
  if (share < 0 || share > 1) { clear(figure); return; }
  const from = Number(figure.dataset.from), to = Number(figure.dataset.to), t = from + share * (to - from);
  let line = body.querySelector(".cross");
  if (!line) { line = document.createElement("div"); line.className = "cross"; line.setAttribute("aria-hidden", "true"); line.append(document.createElement("span")); body.append(line); }
  line.style.left = `${clientX - body.getBoundingClientRect().left}px`;
  line.firstChild.textContent = new Date(t * 1000).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
  for (const row of figure.querySelectorAll(".course:not(.course-lane, .course-time)")) {
    const say = row.querySelector(".course-at");
    let best = null, gap = (to - from) * 0.03;
    const marks = [...row.querySelectorAll("[data-t]")];
    for (const m of marks) {
      m.classList.remove("near");
      const d = Math.abs(Number(m.dataset.t) - t);
      if (d < gap) { best = m; gap = d; }
    }
    const near = best ? marks.filter((m) => m.dataset.t === best.dataset.t) : [];
    for (const m of near) m.classList.add("near");
    if (say) say.textContent = best ? reads(near) : "";
  }
}
// What stands nearest, with the date that it is of: the line may lie beside it.
function reads(marks) {
  const lines = marks.map((m) => (m.dataset.tip ?? m.querySelector("title")?.textContent ?? "").split("\n"));
  const values = lines.length > 1 ? lines.map((l) => l[0].replace(/^\D+/, "")) : lines.map((l) => l[0]);
  return `${values.join(" · ")}, ${(lines[0].at(-2) ?? "").split(",")[0]}`;
}
function clear(figure) {
  figure.querySelector(".cross")?.remove();
  for (const m of figure.querySelectorAll(".near")) m.classList.remove("near");
  for (const s of figure.querySelectorAll(".course-at")) s.textContent = "";
}
document.addEventListener("pointermove", (e) => {
  const figure = e.target.closest?.("figure[data-courses]");
  if (figure && e.target.closest("svg.plot-area")) cross(figure, e.clientX);
  else for (const f of document.querySelectorAll("figure[data-courses]:has(.cross)")) clear(f);
}, { passive: true });
document.addEventListener("focusin", (e) => {
  const mark = e.target.closest?.("figure[data-courses] [data-t]");
  if (!mark?.matches(":focus-visible")) return;
  const dot = (mark.querySelector(".dot, .cross-mark") ?? mark).getBoundingClientRect();
  cross(mark.closest("figure"), dot.left + dot.width / 2);
});
document.addEventListener("focusout", (e) => { const f = e.target.closest?.("figure[data-courses]"); if (f) clear(f); });

// PNG: the server has no rasteriser, so the browser draws the SVG, twice as fine as it is shown.
function offer(root) { for (const b of root.querySelectorAll("button[data-png]")) b.hidden = false; }
document.addEventListener("click", async (e) => {
  const button = e.target.closest?.("button[data-png]");
  if (!button || button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  try {
    const png = await raster(button.dataset.png);
    const a = document.createElement("a");
    a.href = URL.createObjectURL(png.blob);
    a.download = png.name;
    document.body.append(a);
    a.click();
    a.remove();
    setTimeout(() => URL.revokeObjectURL(a.href), 10000);
  } catch {
    button.textContent = "PNG failed: take the SVG";
  } finally {
    button.removeAttribute("aria-busy");
  }
});
async function raster(url) {
  const answer = await fetch(url, { credentials: "same-origin" });
  if (!answer.ok) throw new Error("no picture");
  const text = await answer.text();
  const name = (/filename="([^"]+)\.svg"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1] ?? "plots") + ".png";
  const img = new Image();
  img.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await img.decode();
  const canvas = document.createElement("canvas");
  canvas.width = img.naturalWidth * 2;
  canvas.height = img.naturalHeight * 2;
  canvas.getContext("2d").drawImage(img, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
  if (!blob) throw new Error("no picture");
  return { blob, name };
}

// The other views fold away again when one is chosen elsewhere; Esc closes them.
document.addEventListener("keydown", (e) => {
  const open = e.key === "Escape" && e.target.closest?.(".presets-more[open]");
  if (open) { open.open = false; open.querySelector("summary").focus(); e.preventDefault(); }
});

function start(root) { tell(root); grid(root); offer(root); }
document.addEventListener("wc:swap", (e) => start(e.target));
start(document);

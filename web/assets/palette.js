// The command palette: Ctrl-K (Cmd-K) opens a list of everything that can be opened or done here, narrowed as one
// types; patients are found by the same question as in the search box. The list is made by the server, once a page.
const where = document.body.dataset.palette;
if (where) {
  let dialog, input, list, said, commands = [], shown = [], at = 0, asking = null, timer = 0;

  const build = () => {
    dialog = document.createElement("dialog");
    dialog.className = "palette";
    dialog.setAttribute("aria-label", "Commands");
    input = document.createElement("input");
    Object.assign(input, { type: "text", placeholder: "Open a place, do something, or find a patient", autocomplete: "off", spellcheck: false, maxLength: 200, id: "palette-q" });
    for (const [k, v] of Object.entries({ role: "combobox", "aria-label": "Command or patient", "aria-autocomplete": "list", "aria-controls": "palette-list", "aria-expanded": "true" })) input.setAttribute(k, v);
    list = document.createElement("ul");
    list.id = "palette-list";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "Commands");
    said = document.createElement("p");
    said.className = "sr";
    said.setAttribute("role", "status");
    dialog.append(input, list, said);
    document.body.append(dialog);
    input.addEventListener("input", narrow);
    input.addEventListener("keydown", keys);
    list.addEventListener("click", (e) => { const li = e.target.closest("li"); if (li) go(shown[[...list.children].indexOf(li)], e.ctrlKey || e.metaKey); });
    list.addEventListener("mousemove", (e) => { const li = e.target.closest("li"); if (li) point([...list.children].indexOf(li)); });
    dialog.addEventListener("click", (e) => { if (e.target === dialog) dialog.close(); });
  };

  const open = async () => {
    if (!dialog) build();
    if (dialog.open) return;
    input.value = "";
    dialog.showModal();
    draw([]);
    if (!commands.length) {
      try {
        const answer = await fetch(`${where}?at=${encodeURIComponent(location.pathname)}`, { credentials: "same-origin" });
        if (answer.ok) commands = await answer.json();
      } catch { /* without a connection there is the find box still */ }
    }
    for (const c of document.querySelectorAll("main [data-key], .side [data-key]")) { // what this page itself offers
      if (!c.getClientRects().length || commands.some((k) => k.el === c)) continue;
      const words = c.cloneNode(true);
      for (const extra of words.querySelectorAll("kbd, .count, small")) extra.remove();
      commands.unshift({ label: c.getAttribute("aria-label") ?? words.textContent.trim(), key: c.dataset.key, note: "on this page", el: c });
    }
    narrow();
  };

  // A command fits when every word typed begins one of its words; those whose label begins so come first, then those
  // in whose label every word typed begins a word.
  const fits = (c, words) => {
    const all = `${c.label} ${c.words ?? ""}`.toLowerCase().split(/[\s/,-]+/);
    return words.every((w) => all.some((x) => x.startsWith(w)));
  };

  const narrow = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const hits = commands.filter((c) => fits(c, words));
    hits.sort((a, b) => starts(b, words) - starts(a, words));
    draw(hits.slice(0, 12));
    clearTimeout(timer);
    asking?.abort();
    if (input.value.trim().length >= 2) timer = setTimeout(() => people(input.value, hits), 120);
  };
  const starts = (c, words) => (!words.length ? 0 : c.label.toLowerCase().startsWith(words[0]) ? 2 : Number(fits({ label: c.label }, words)));

  const people = async (q, hits) => {
    const box = document.querySelector("input[data-suggest]");
    if (!box) return;
    asking = new AbortController();
    try {
      const answer = await fetch(box.dataset.suggest, { method: "POST", body: new URLSearchParams({ q }), credentials: "same-origin", signal: asking.signal });
      if (!answer.ok || input.value !== q) return;
      const doc = new DOMParser().parseFromString(await answer.text(), "text/html");
      const found = [...doc.querySelectorAll("[role=option][data-href]")].slice(0, 6).map((o) => ({ label: o.querySelector("b").textContent, note: o.querySelector("span")?.textContent ?? "", href: o.dataset.href, patient: true }));
      draw([...hits.slice(0, 12 - found.length), ...found]);
    } catch { /* a newer question came */ }
  };

  const draw = (rows) => {
    shown = rows;
    list.replaceChildren(...rows.map((c, i) => {
      const li = document.createElement("li");
      li.id = `palette-${i}`;
      li.setAttribute("role", "option");
      const b = document.createElement("b"), note = document.createElement("span");
      b.textContent = c.label;
      note.textContent = c.patient ? `patient · ${c.note}` : c.note ?? "";
      li.append(b, note);
      if (c.key) for (const k of c.key.split(" ")) { const kbd = document.createElement("kbd"); kbd.textContent = k; li.append(kbd); }
      return li;
    }));
    point(0);
    said.textContent = rows.length ? "" : input.value ? "Nothing of that name" : "";
  };

  const point = (n) => {
    at = shown.length ? (n + shown.length) % shown.length : 0;
    [...list.children].forEach((li, i) => li.setAttribute("aria-selected", String(i === at)));
    if (shown.length) { input.setAttribute("aria-activedescendant", `palette-${at}`); list.children[at]?.scrollIntoView({ block: "nearest" }); }
    else input.removeAttribute("aria-activedescendant");
  };

  const keys = (e) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (step) { e.preventDefault(); point(at + step); }
    if (e.key === "Enter" && shown[at]) { e.preventDefault(); go(shown[at], e.ctrlKey || e.metaKey); }
  };

  const go = (c, elsewhere) => {
    if (!c) return;
    dialog.close();
    if (c.el) { if (c.el.matches("input, textarea, select")) c.el.focus(); else c.el.click(); return; }
    const url = new URL(c.href, location.href);
    if (url.origin !== location.origin) return;
    if (elsewhere) window.open(url, "_blank", "noopener"); else location.assign(url);
  };

  document.addEventListener("keydown", (e) => {
    if ((e.ctrlKey || e.metaKey) && !e.altKey && !e.shiftKey && e.key.toLowerCase() === "k" && !document.querySelector("dialog[open]")) {
      e.preventDefault();
      open();
    }
  });
  document.querySelector("[data-open-palette]")?.addEventListener("click", open);
}

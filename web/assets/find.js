// Type-ahead for the find box: from the first letter on it asks data-suggest for a fragment of options. A newer question
// aborts an older one, so a slow answer never overwrites a later one. Without this module, or when asking fails, Enter
// sends the form and the page of matches comes.
const box = document.querySelector("input[data-suggest]");
if (box) {
  const list = document.querySelector("#find-list");
  const said = document.querySelector("#find-said");
  let asking = null, timer = 0, asked = null, at = -1;

  box.setAttribute("role", "combobox");
  box.setAttribute("aria-autocomplete", "list");
  box.setAttribute("aria-controls", "find-list");
  box.setAttribute("aria-expanded", "false");
  box.setAttribute("aria-haspopup", "listbox");
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Matches");

  const options = () => [...list.querySelectorAll("[role=option]")];

  const close = () => {
    asking?.abort();
    clearTimeout(timer);
    list.hidden = true;
    at = -1;
    asked = null;
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
  };

  const point = (n) => {
    const all = options();
    at = all.length ? (n + all.length + 1) % (all.length + 1) : -1; // one place beyond the last is the box itself
    if (at === all.length) at = -1;
    all.forEach((o, i) => o.setAttribute("aria-selected", String(i === at)));
    if (at < 0) { box.removeAttribute("aria-activedescendant"); return; }
    box.setAttribute("aria-activedescendant", all[at].id);
    all[at].scrollIntoView({ block: "nearest" });
  };

  const go = (option, elsewhere) => {
    const url = new URL(option.dataset.href, location.href);
    if (url.origin !== location.origin) return;
    if (elsewhere) window.open(url, "_blank", "noopener"); else location.assign(url);
  };

  const highlight = (words) => {
    for (const b of list.querySelectorAll("[role=option] b")) {
      const text = b.textContent, low = text.toLowerCase();
      const word = words.filter((w) => low.includes(w)).sort((x, y) => y.length - x.length)[0];
      if (!word) continue;
      const i = low.indexOf(word);
      const mark = document.createElement("mark");
      mark.textContent = text.slice(i, i + word.length);
      b.replaceChildren(text.slice(0, i), mark, text.slice(i + word.length));
    }
  };

  const ask = async (q) => {
    asking?.abort();
    asking = new AbortController();
    const mine = asking;
    try {
      // What is typed names people: it travels in the body, never in an address.
      const answer = await fetch(box.dataset.suggest, { method: "POST", body: new URLSearchParams({ q }), signal: mine.signal, headers: { "Wholechart-Partial": "find-list" }, credentials: "same-origin" });
      if (!answer.ok || answer.redirected) { close(); return; }
      const html = await answer.text();
      if (mine.signal.aborted || document.activeElement !== box) return;
      const doc = new DOMParser().parseFromString(html, "text/html");
      list.replaceChildren(...doc.body.childNodes);
      asked = q;
      options().forEach((o, i) => { o.id = `find-o${i}`; });
      highlight(q.toLowerCase().split(/\s+/).filter(Boolean));
      list.hidden = false;
      list.scrollTop = 0;
      const some = options().length > 0; // a listbox without options is none
      if (some) list.setAttribute("role", "listbox"); else list.removeAttribute("role");
      box.setAttribute("aria-expanded", String(some));
      point(options().length === 1 ? 0 : -1); // of several nobody is chosen: Enter shows the list, never the wrong patient
      const n = options().length;
      said.textContent = n ? `${n} ${n === 1 ? "match" : "matches"}` : list.querySelector("[data-said]")?.dataset.said ?? "No match";
    } catch (err) {
      if (err.name !== "AbortError") close();
    }
  };

  box.addEventListener("input", () => {
    clearTimeout(timer);
    const q = box.value.trim();
    if (!q) { close(); list.replaceChildren(); said.textContent = ""; return; }
    if (q !== asked) timer = setTimeout(ask, 60, q);
  });

  box.addEventListener("keydown", (e) => {
    if (e.isComposing) return;
    const open = !list.hidden;
    switch (e.key) {
      case "ArrowDown": case "ArrowUp":
        e.preventDefault();
        if (!open) { if (box.value.trim()) ask(box.value.trim()); return; }
        point(e.key === "ArrowDown" ? at + 1 : (at < 0 ? options().length - 1 : at - 1));
        break;
      case "Enter":
        // What was typed since the last answer is not what the list shows: then the form is sent instead.
        if (open && at >= 0 && asked === box.value.trim()) { e.preventDefault(); go(options()[at], e.ctrlKey || e.metaKey); }
        break;
      case "Escape":
        e.preventDefault();
        if (open) close(); else if (box.value) box.value = ""; else box.blur();
        break;
      case "Tab":
        close();
    }
  });

  list.addEventListener("pointerdown", (e) => e.preventDefault()); // the box keeps the focus
  list.addEventListener("click", (e) => {
    const option = e.target.closest("[role=option]");
    if (option) go(option, e.ctrlKey || e.metaKey);
  });
  box.addEventListener("blur", close);
}

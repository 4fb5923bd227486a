// Fields that take a code: as one types, the server is asked for codes, and what is picked puts its token into the hidden
// field beside. Another letter typed takes the token out again, so that a code never stands beside words that are not its
// own. Without this module the field is plain text. ARIA 1.2 combobox with a list popup.
// Tabs that do not fit scroll in their row: the one that is open is in sight.
for (const tab of document.querySelectorAll(".tabs-card [aria-current]")) tab.closest(".tabs-card").scrollLeft = tab.offsetLeft + tab.offsetWidth + 16 - tab.closest(".tabs-card").clientWidth;

const boxes = document.querySelectorAll(".coded");

boxes.forEach((box, number) => {
  const input = box.querySelector("input:not([type=hidden])");
  const token = box.querySelector("input[type=hidden]");
  const chip = box.querySelector(".chip");
  const base = input.form?.dataset.codes;
  if (!input || !token || !base) return;
  const list = document.createElement("div");
  list.className = "codes";
  list.id = `codes-${number}`;
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Codes");
  box.append(list);
  for (const [k, v] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id, "aria-haspopup": "listbox", spellcheck: "false" })) input.setAttribute(k, v);
  let timer = 0, asking = null, at = -1, found = [], picked = token.value ? input.value : null, chosen = -1e9;

  const options = () => [...list.querySelectorAll("[role=option]")];
  const close = () => {
    clearTimeout(timer);
    asking?.abort();
    list.hidden = true;
    at = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const point = (n) => {
    const all = options();
    if (!all.length) return;
    at = (n + all.length) % all.length;
    all.forEach((o, i) => o.setAttribute("aria-selected", String(i === at)));
    input.setAttribute("aria-activedescendant", all[at].id);
    all[at].scrollIntoView({ block: "nearest" });
  };
  const say = (text, coded) => {
    const pill = document.createElement("span");
    pill.className = "pill k-neutral";
    pill.textContent = (coded ? "✓ " : "") + text;
    chip.replaceChildren(...(text ? [pill] : []));
  };
  const pick = (m) => {
    input.value = m.text;
    token.value = m.code;
    picked = m.text;
    say(m.label, true);
    close();
    const maker = m.also && input.form.querySelector('[name="maker"]');
    if (maker && !maker.value) { // of a product the maker is known
      maker.value = m.maker;
      const t = input.form.querySelector('[name="maker.code"]');
      if (t) t.value = m.also;
    }
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const draw = (words) => {
    list.replaceChildren(...found.map((m, i) => {
      const o = document.createElement("div");
      o.id = `${list.id}-${i}`;
      o.setAttribute("role", "option");
      o.setAttribute("aria-selected", "false");
      const b = document.createElement("b"), low = m.text.toLowerCase();
      const word = words.filter((w) => low.includes(w)).sort((x, y) => y.length - x.length)[0];
      if (word) {
        const s = low.indexOf(word), mark = document.createElement("mark");
        mark.textContent = m.text.slice(s, s + word.length);
        b.append(m.text.slice(0, s), mark, m.text.slice(s + word.length));
      } else b.textContent = m.text;
      const code = document.createElement("small");
      code.textContent = m.label;
      o.append(b, code);
      if (m.note || m.old) {
        const note = document.createElement("i");
        note.textContent = [m.note, m.old ? "no longer in use" : ""].filter(Boolean).join(" · ");
        o.append(note);
      }
      return o;
    }));
    if (!found.length) {
      const p = document.createElement("p");
      p.textContent = "No code has these words. What you typed is kept as it is, not coded.";
      list.append(p);
      list.removeAttribute("role");
    } else list.setAttribute("role", "listbox");
    list.style.top = `${input.offsetTop + input.offsetHeight + 4}px`;
    list.hidden = false;
    at = -1;
    input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-expanded", String(found.length > 0));
  };
  const ask = async () => {
    const q = input.value.trim();
    if (q.length < 2) { close(); return; }
    asking?.abort();
    asking = new AbortController();
    const mine = asking;
    try {
      const answer = await fetch(`${base}${box.dataset.kind}?q=${encodeURIComponent(q)}`, { signal: mine.signal, credentials: "same-origin" });
      if (!answer.ok || answer.redirected) { close(); return; }
      const got = await answer.json();
      if (mine.signal.aborted || document.activeElement !== input) return;
      found = got;
      draw(q.toLowerCase().split(/\s+/).filter(Boolean));
    } catch (err) {
      if (err.name !== "AbortError") close();
    }
  };

  // Remote desktops and drivers send the letter apart from the key: the Enter that chose sends no form.
  input.form.addEventListener("submit", (e) => { if (performance.now() - chosen < 150 && !input.form.dataset.meant) { e.preventDefault(); e.stopImmediatePropagation(); } }, true);
  input.addEventListener("input", () => {
    if (input.value !== picked) { token.value = ""; say(input.value.trim() ? "not coded" : "", false); }
    clearTimeout(timer);
    timer = setTimeout(ask, 80);
  });
  input.addEventListener("keydown", (e) => {
    if (e.isComposing) return;
    const open = !list.hidden && found.length > 0;
    switch (e.key) {
      case "ArrowDown": e.preventDefault(); if (open) point(at + 1); else ask(); break;
      case "ArrowUp": e.preventDefault(); if (open) point(at < 0 ? -1 : at - 1); break;
      case "Enter": if (open && at >= 0) { e.preventDefault(); chosen = performance.now(); pick(found[at]); } else close(); break;
      case "Escape": if (!list.hidden) { e.preventDefault(); e.stopPropagation(); close(); } break;
      case "Tab": if (open && at >= 0) pick(found[at]); else close();
    }
  });
  list.addEventListener("pointerdown", (e) => e.preventDefault());
  list.addEventListener("click", (e) => {
    const o = e.target.closest("[role=option]");
    if (o) pick(found[options().indexOf(o)]);
  });
  input.addEventListener("blur", () => setTimeout(close, 0));
});

// What was typed is not left behind by a slip: leaving asks once, a form that is sent does not.
for (const form of document.querySelectorAll("form.panel")) {
  const said = () => new URLSearchParams(new FormData(form)).toString();
  const first = said();
  let sent = false;
  const touched = () => !sent && said() !== first;
  form.addEventListener("submit", () => { sent = true; });
  addEventListener("beforeunload", (e) => { if (touched()) e.preventDefault(); });
  const close = form.querySelector("[data-escape]");
  form.addEventListener("keydown", (e) => {
    if ((e.ctrlKey || e.metaKey) && e.key === "Enter") { e.preventDefault(); form.dataset.meant = "1"; form.requestSubmit(form.querySelector('[name="act"][value="save"]')); }
    if (e.key === "Escape" && !e.defaultPrevented && !touched() && close) { e.preventDefault(); location.assign(close.href); }
  });
}

// Reconciling by keys: 1–4 decide the row that has the focus or is marked, and the next row has it then.
const rec = document.querySelector("form[data-reconcile]");
if (rec) {
  const rows = [...rec.querySelectorAll(".rec")];
  const count = rec.querySelector("[data-count]");
  const radios = (row) => [...row.querySelectorAll("input[type=radio]")];
  const current = () => rows.find((r) => r.contains(document.activeElement)) ?? rows.find((r) => r.classList.contains("on"));
  const mark = (row) => {
    rows.forEach((r) => r.classList.toggle("on", r === row));
    const first = radios(row).find((r) => r.checked) ?? radios(row)[0];
    first?.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  };
  const tell = () => {
    const n = rows.filter((r) => radios(r).some((x) => x.checked)).length;
    count.textContent = `${n} of ${rows.length} decided`;
    rec.querySelector("[data-apply]").disabled = n === 0;
  };
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.altKey || e.metaKey || e.target.closest?.("select, textarea, input:not([type=radio])")) return;
    const row = current();
    if (/^[1-4]$/.test(e.key)) {
      e.preventDefault();
      e.stopImmediatePropagation();
      const to = row ?? rows[0];
      const radio = radios(to).find((r) => r.dataset.n === e.key && !r.disabled);
      if (!radio) return;
      radio.checked = true;
      tell();
      const next = rows[rows.indexOf(to) + 1];
      if (next) mark(next); else rec.querySelector("[data-apply]").focus();
    } else if (e.key === "j" || e.key === "k") {
      e.preventDefault();
      e.stopImmediatePropagation();
      const i = row ? rows.indexOf(row) + (e.key === "j" ? 1 : -1) : 0;
      mark(rows[Math.max(0, Math.min(rows.length - 1, i))]);
    } else if (e.key === "0" && row) {
      radios(row).forEach((r) => { r.checked = false; });
      tell();
    }
  }, true);
  rec.addEventListener("change", tell);
  tell();
}

// The note that is being written. What is typed is kept three times: in this tab at once, on the server 800 ms after
// the last key and at least every 2 s, and by a beacon when the page goes away. A save names what it was made from, so
// that the server joins it with what others wrote; a save whose answer was lost is named in the next one and not made twice.
// Nothing stays in the browser: what the tab keeps ends with the tab, at sign-out, and as soon as the server says that the
// session has ended. Text that the server does not have is then on the open page alone, which says so and asks before it goes.
const form = document.getElementById("note");
if (form) write(form);

// Ctrl-Enter signs: from the note it leads to the page before the signature, there it presses the button.
document.addEventListener("keydown", (e) => {
  if (e.key !== "Enter" || !(e.ctrlKey || e.metaKey) || e.isComposing) return;
  const button = document.getElementById("sign-now") ?? document.getElementById("note-sign");
  if (button && !button.disabled) { e.preventDefault(); button.click(); }
});

function write(form) {
  const quiet = 800, most = 2000, look = 3000;
  const state = document.getElementById("note-state"), notice = document.getElementById("note-offline");
  const snippets = JSON.parse(form.dataset.snippets || "[]");
  const place = `wc-note:${location.pathname.replace("/whole/", "/")}:${form.dataset.user}`;
  const tab = crypto.randomUUID();
  let key = form.dataset.draft, rev = Number(form.dataset.rev), savedAt = "", company = "", clock = 0, firstDirty = 0, failures = 0;
  let busy = null, stopped = "", submitting = false, composing = false;
  savedAt = (state.textContent.match(/\d\d:\d\d:\d\d/) ?? [""])[0];
  company = state.textContent.split("·").at(-1).trim();

  const sections = new Map();
  for (const el of form.querySelectorAll(".ns")) take(el);
  for (const b of form.querySelectorAll("[data-plain]")) b.hidden = true;
  form.elements.js.value = "1";

  function take(el) {
    const area = el.querySelector("textarea");
    const s = { code: el.dataset.code, el, area, base: area.value, unsure: [] };
    sections.set(s.code, s);
    area.addEventListener("input", () => changed(s));
    area.addEventListener("keydown", (e) => keys(s, e));
    area.addEventListener("compositionstart", () => { composing = true; });
    area.addEventListener("compositionend", () => { composing = false; });
    grow(area);
    return s;
  }

  const dirty = (s) => s.area.value !== s.base || s.unsure.length > 0;
  const anyDirty = () => [...sections.values()].some(dirty);
  const caret = () => document.activeElement?.closest?.(".ns")?.dataset.code ?? "";

  // In this tab.
  let signedOut = false;
  function keep() {
    if (signedOut) { forget(); return; }
    const out = {};
    for (const s of sections.values()) if (dirty(s)) out[s.code] = { base: s.base, text: s.area.value, unsure: s.unsure };
    try {
      if (Object.keys(out).length) sessionStorage.setItem(place, JSON.stringify({ key, at: Date.now(), sections: out }));
      else sessionStorage.removeItem(place);
    } catch { say("This tab has no room left to keep the text: do not close it before it is saved."); }
  }

  // forget takes all notes out of the browser: this tab's, and what earlier versions of this page left in it.
  function forget(others) {
    for (const store of [sessionStorage, localStorage]) {
      try {
        for (const k of Object.keys(store)) if (k.startsWith("wc-note:") && !(others && store === sessionStorage && k.endsWith(`:${form.dataset.user}`))) store.removeItem(k);
      } catch { /* a browser that keeps nothing */ }
    }
  }

  function recover() {
    let kept;
    forget("of others"); // another's text is not this one's to read
    try { kept = JSON.parse(sessionStorage.getItem(place) ?? "null"); } catch { kept = null; }
    if (!kept?.sections) return;
    if (kept.key && kept.key !== key) { offer(kept); return; }
    for (const [code, k] of Object.entries(kept.sections)) {
      const s = sections.get(code);
      if (!s || k.text === s.area.value) continue;
      s.area.value = k.text;
      s.base = k.base;
      s.unsure = k.unsure ?? [];
      grow(s.area);
    }
    if (anyDirty()) { say("Found text that was not saved yet: saving it now."); save(); } else keep();
  }

  // What was typed into a note that was signed meanwhile belongs to the writer, not to the next note.
  function offer(kept) {
    const text = Object.values(kept.sections).map((k) => k.text).filter(Boolean).join("\n\n");
    if (!text.trim()) { sessionStorage.removeItem(place); return; }
    notice.replaceChildren();
    const p = document.createElement("p"), pre = document.createElement("textarea"), drop = document.createElement("button");
    p.textContent = "This was typed into an earlier note after it was signed, and is in no note. Copy what is needed.";
    pre.readOnly = true;
    pre.value = text;
    pre.setAttribute("aria-label", "Text that is in no note");
    drop.type = "button";
    drop.className = "btn";
    drop.textContent = "Discard it";
    drop.addEventListener("click", () => { sessionStorage.removeItem(place); notice.hidden = true; });
    notice.append(p, pre, drop);
    notice.hidden = false;
    stopped = "";
  }

  function changed(s) {
    grow(s.area);
    keep();
    if (stopped === "gone") return;
    stopped = "";
    const now = performance.now();
    if (!firstDirty) firstDirty = now;
    clearTimeout(clock);
    clock = setTimeout(save, Math.max(0, Math.min(quiet, most - (now - firstDirty))));
    if (!busy && !failures) show("typing…");
  }

  function payload(leaving) {
    const edits = [];
    for (const s of sections.values()) {
      if (!dirty(s)) continue;
      const text = s.area.value, last = s.unsure.at(-1);
      const name = last?.text === text ? last.save : crypto.randomUUID();
      edits.push({ code: s.code, base: s.base, text, save: name, unsure: s.unsure.filter((u) => u.save !== name) });
      if (last?.save !== name) { s.unsure.push({ save: name, text }); s.unsure = s.unsure.slice(-6); }
    }
    return { key, rev, tab, at: caret(), edits, leaving };
  }

  function save() {
    clearTimeout(clock);
    if (busy) return busy.then(() => (anyDirty() && !failures && !stopped ? save() : undefined));
    if (!anyDirty() || stopped === "gone") return Promise.resolve(!anyDirty());
    firstDirty = 0;
    const body = payload(false);
    keep();
    busy = send(body).finally(() => { busy = null; });
    return busy;
  }

  async function send(body) {
    let answer, data;
    try {
      answer = await fetch(form.dataset.save, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), credentials: "same-origin", signal: AbortSignal.timeout(10000) });
      data = answer.status === 401 ? {} : await answer.json();
    } catch {
      failed("No connection: the text is kept in this tab and sent when it is back.");
      return false;
    }
    if (answer.ok) {
      failures = 0;
      signedOut = false;
      hush();
      for (const e of body.edits) {
        const s = sections.get(e.code);
        if (s) s.unsure = s.unsure.filter((u) => u.save !== e.save && !e.unsure.some((x) => x.save === u.save));
      }
      apply(data, new Map(body.edits.map((e) => [e.code, e.text])));
      keep();
      if (anyDirty()) changedAgain();
      return true;
    }
    if (answer.status === 401) { signIn(); return false; }
    if (answer.status === 410) { over(data); return false; }
    if (answer.status >= 500) { failed(data.said ?? "Not saved on the server yet: trying again. The text is kept in this tab."); return false; }
    stopped = "refused"; // sent again as it is, it would be refused again
    // What was refused did not arrive.
    for (const e of body.edits) { const s = sections.get(e.code); if (s) s.unsure = s.unsure.filter((u) => u.save !== e.save); }
    say(data.said ?? "This could not be saved. The text is kept in this tab.");
    show("not saved");
    return false;
  }

  function changedAgain() { firstDirty ||= performance.now(); clearTimeout(clock); clock = setTimeout(save, quiet); }

  function failed(text) {
    failures++;
    say(text);
    show("not saved on the server");
    clearTimeout(clock);
    clock = setTimeout(save, Math.min(2000 * failures, 8000));
  }

  function signIn() {
    failures++;
    signedOut = true;
    forget();
    notice.replaceChildren(anyDirty() ? "You were signed out. The last words are on this page alone: do not close it. " : "You were signed out. Everything is saved. ");
    const a = document.createElement("a");
    a.href = form.dataset.signin;
    a.target = "_blank";
    a.rel = "noopener";
    a.textContent = "Sign in again in a new tab";
    notice.append(a, "; this page then saves by itself.");
    notice.hidden = false;
    show("not saved on the server");
    clearTimeout(clock);
    clock = setTimeout(save, 3000);
  }

  function over(data) {
    stopped = "gone";
    clearTimeout(clock);
    keep();
    notice.replaceChildren((data.said ?? "This note was signed meanwhile.") + " ");
    if (data.href) { const a = document.createElement("a"); a.href = data.href; a.textContent = "Open the visit"; notice.append(a); }
    notice.hidden = false;
    show("signed meanwhile");
  }

  function apply(data, sent) {
    if (data.key && data.key !== key) { key = data.key; form.elements.key.value = key; }
    rev = data.rev ?? rev;
    if (data.saved) savedAt = data.saved;
    company = data.company ?? company;
    const here = new Map();
    for (const d of data.sections ?? []) {
      let s = sections.get(d.code);
      if (!s) { if (!d.text) continue; s = add(d); }
      if (sent?.has(d.code)) {
        const was = sent.get(d.code);
        if (s.area.value === was && !composing) { put(s, d.text); s.base = d.text; } else s.base = was;
      } else if (s.area.value === s.base && !s.unsure.length && !composing) {
        if (d.text !== s.area.value) { put(s, d.text); flash(s, d); }
        s.base = d.text;
      }
      label(s, "[data-copied]", d.copied);
      s.area.classList.toggle("copied", !!d.copied);
      clash(s, d.clashes);
      if (d.here?.length) here.set(d.code, d.here);
    }
    for (const s of sections.values()) label(s, "[data-here]", here.has(s.code) ? `${here.get(s.code).join(", ")} is here` : "");
    if (!failures) show("");
  }

  function label(s, sel, text) {
    const el = s.el.querySelector(sel);
    if (!el) return;
    if (el.textContent !== (text ?? "")) el.textContent = text ?? "";
    if (el.hasAttribute("data-copied")) el.hidden = !text;
  }

  function flash(s, d) {
    if (d.mine) return;
    label(s, "[data-here]", `${d.by || "Somebody"} wrote here just now`);
    s.el.classList.add("ns-new");
    setTimeout(() => s.el.classList.remove("ns-new"), 2500);
  }

  function clash(s, list) {
    const box = s.el.querySelector("[data-clash]");
    if (!box) return;
    const c = list?.at(-1);
    box.hidden = !c;
    if (c) box.querySelector("[data-clash-text]").textContent = `${c.by} and ${c.with || "somebody"} wrote in the same lines. Both are kept above: put them right.`;
  }

  // A section that another writer's template brought.
  function add(d) {
    const first = sections.values().next().value.el, el = first.cloneNode(true);
    el.dataset.code = d.code;
    for (const x of el.querySelectorAll(".ns-out, .ns-drop, .error")) x.remove();
    const area = el.querySelector("textarea"), lab = el.querySelector("label");
    area.id = `ns-${d.code}`; area.name = `text.${d.code}`; area.value = ""; area.placeholder = "";
    lab.htmlFor = area.id; lab.textContent = d.title;
    el.querySelector("input[type=hidden]").name = `base.${d.code}`;
    el.querySelector("[data-clash] button").value = `checked:${d.code}`;
    form.querySelector(".note-sections").append(el);
    return take(el);
  }

  // put changes a text under the caret without moving it from the words that it stands in.
  function put(s, text) {
    const a = s.area, was = a.value;
    if (was === text) return;
    let head = 0;
    while (head < was.length && head < text.length && was[head] === text[head]) head++;
    let tail = 0;
    while (tail < was.length - head && tail < text.length - head && was.at(-1 - tail) === text.at(-1 - tail)) tail++;
    const move = (at) => (at <= head ? at : at >= was.length - tail ? at + text.length - was.length : Math.min(at, text.length - tail));
    const [from, to, focused] = [a.selectionStart, a.selectionEnd, document.activeElement === a];
    a.value = text;
    if (focused) a.setSelectionRange(move(from), move(to));
    grow(a);
  }

  function grow(area) {
    if (CSS.supports("field-sizing", "content")) return;
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight + 2}px`;
  }

  function show(doing) {
    const words = [savedAt ? `Draft saved ${savedAt}` : "Not saved yet", doing || company].filter(Boolean).join(" · ");
    if (state.textContent.trim() !== words) state.textContent = words;
  }
  function say(text) { notice.textContent = text; notice.hidden = false; }
  function hush() { if (!notice.querySelector("textarea")) notice.hidden = true; }

  // Snippets: a dot, a word, then space, Tab or Enter. Tab goes to the next ***.
  function keys(s, e) {
    if (e.isComposing || e.ctrlKey || e.metaKey || e.altKey || e.shiftKey || ![" ", "Tab", "Enter"].includes(e.key)) return;
    const a = s.area, at = a.selectionStart;
    if (at === a.selectionEnd) {
      const m = a.value.slice(0, at).match(/(?:^|[\s([{"])\.([\p{L}\p{N}-]{1,20})$/u);
      const hit = m && snippets.find((x) => x.name === m[1]);
      if (hit) {
        const from = at - m[1].length - 1;
        a.setSelectionRange(from, at);
        insert(a, hit.text);
        const mark = hit.text.indexOf("***");
        if (mark >= 0 || e.key !== " ") eat(a);
        if (mark >= 0) { a.setSelectionRange(from + mark, from + mark + 3); e.preventDefault(); } else if (e.key !== " ") e.preventDefault();
        return;
      }
    }
    if (e.key !== "Tab") return;
    const next = a.value.indexOf("***", a.selectionEnd);
    if (next >= 0) { a.setSelectionRange(next, next + 3); e.preventDefault(); }
  }

  // Remote desktops and drivers send the character apart from the key.
  function eat(a) {
    const no = (i) => { if (i.inputType === "insertText" && i.data === " " || i.inputType === "insertLineBreak") i.preventDefault(); };
    a.addEventListener("beforeinput", no, { once: true });
    setTimeout(() => a.removeEventListener("beforeinput", no), 60);
  }

  function insert(a, text) {
    if (document.execCommand?.("insertText", false, text)) return; // keeps the browser's undo
    a.setRangeText(text, a.selectionStart, a.selectionEnd, "end");
    a.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // Others.
  async function ask() {
    const wait = document.hidden ? look * 5 : look;
    if (!busy && !stopped && !submitting) {
      try {
        const q = new URLSearchParams({ rev, key, tab, at: caret() });
        const answer = await fetch(`${form.dataset.save}?${q}`, { credentials: "same-origin", signal: AbortSignal.timeout(8000) });
        const type = answer.headers.get("Content-Type") ?? "";
        if (answer.ok && !answer.redirected && signedOut) { signedOut = false; keep(); }
        if (answer.redirected || answer.status === 401) signIn();
        else if (answer.status === 410) over(await answer.json());
        else if (answer.ok && type.includes("json") && !busy) {
          const data = await answer.json();
          if (!busy && !anyDirty()) { failures = 0; hush(); apply(data, null); } else if (!busy) { company = data.company; if (!failures) show(""); }
        }
      } catch { /* the next save says so */ }
    }
    setTimeout(ask, wait);
  }

  // Leaving. The beacon may arrive or not; what is kept here is sent again by whoever opens the note next.
  function leave() {
    if (submitting || stopped === "gone") return;
    const body = payload(true);
    keep();
    const blob = new Blob([JSON.stringify(body)], { type: "application/json" });
    if (body.edits.length || key) navigator.sendBeacon(form.dataset.save, blob);
  }
  addEventListener("pagehide", leave);
  // What the server could not take is asked about before the page goes.
  addEventListener("beforeunload", (e) => { if (!submitting && anyDirty() && (failures || stopped)) e.preventDefault(); });
  // Signed out in another tab (signout.js): known at once, not by the next look.
  if ("BroadcastChannel" in window) new BroadcastChannel("wc-signout").addEventListener("message", (e) => { if (e.data === "out") signIn(); });
  // Signing out: first the last words, then nothing stays here.
  let leaveAnyway = false;
  document.addEventListener("submit", async (e) => {
    if (!e.target.action?.endsWith("/signout") || submitting) return;
    if (anyDirty() && !leaveAnyway) {
      e.preventDefault();
      await save();
      if (anyDirty()) { leaveAnyway = true; say("Not signed out yet: the last words could not be saved. Copy them, or sign out again to go without them."); return; }
      setTimeout(() => e.target.requestSubmit(e.submitter));
      return;
    }
    signedOut = submitting = true;
    forget();
  }, true);
  document.addEventListener("visibilitychange", () => { if (document.hidden && anyDirty()) save(); });
  addEventListener("online", () => { if (anyDirty()) save(); });
  addEventListener("focus", () => { if (anyDirty() && failures) save(); });

  // A button of the form acts on what is saved: first the last words, then the act.
  form.addEventListener("submit", async (e) => {
    if (submitting) return;
    e.preventDefault();
    const by = e.submitter;
    if (by?.value === "save") { save(); return; }
    for (let i = 0; i < 4 && anyDirty() && stopped !== "gone"; i++) if (!(await save())) break;
    if (anyDirty()) { if (!notice.textContent.trim() || notice.hidden) say("The last words are not saved yet: try again in a moment."); by?.focus(); return; }
    for (const s of sections.values()) form.elements[`base.${s.code}`].value = s.base;
    form.elements.key.value = key;
    submitting = true;
    setTimeout(() => form.requestSubmit(by)); // not from within this event: it would be ignored
  });
  addEventListener("pageshow", (e) => { if (e.persisted) { submitting = false; location.reload(); } });

  recover();
  if (location.hash === "#write") { // the key n, from the vital signs
    history.replaceState(history.state, "", location.pathname + location.search);
    form.querySelector("textarea")?.focus();
  }
  setTimeout(ask, 600);
}

// Files are sent with a progress bar, and looked at before they are sent: what is too large is said at once. A letter that
// is being written is kept on the server 800 ms after the last key; Ctrl-Enter signs it. Without this module both are plain
// forms.
// Tabs that do not fit scroll in their row: the one that is open is in sight.
for (const tab of document.querySelectorAll(".tabs-card [aria-current]")) tab.closest(".tabs-card").scrollLeft = tab.offsetLeft + tab.offsetWidth + 16 - tab.closest(".tabs-card").clientWidth;

for (const form of document.querySelectorAll("form[data-upload]")) uploads(form);
for (const form of document.querySelectorAll("form[data-letter]")) letters(form);
for (const b of document.querySelectorAll("[data-print]")) { b.hidden = false; b.addEventListener("click", () => window.print()); b.focus({ preventScroll: true }); }
if (document.activeElement === document.body) document.querySelector("#new-letter input[name=template]:checked")?.focus({ preventScroll: true });

function uploads(form) {
  const input = form.elements.file, said = form.querySelector("[data-said]"), box = form.querySelector("[data-progress]");
  const bar = box.querySelector("progress"), percent = box.querySelector("[data-percent]"), max = Number(form.dataset.max), most = Number(form.dataset.files);
  const say = (text) => {
    said.hidden = !text;
    said.firstElementChild.textContent = text;
    if (text) { input.setAttribute("aria-invalid", "true"); input.focus(); } else input.removeAttribute("aria-invalid");
    return !text;
  };
  const fits = () => {
    const files = [...input.files], large = files.filter((f) => f.size > max);
    if (files.length === 0) return say("Choose a file.");
    if (files.length > most) return say(`At most ${most} files at once; there are ${files.length}.`);
    if (large.length) return say(`Larger than ${max >> 20} MB: ${large.map((f) => f.name).join(", ")}.`);
    return say("");
  };
  input.addEventListener("change", fits);

  form.addEventListener("submit", (e) => {
    e.preventDefault();
    if (!fits()) return;
    const ask = new XMLHttpRequest(), button = form.querySelector("[type=submit]");
    const done = () => { button.disabled = false; box.hidden = true; };
    box.hidden = false;
    button.disabled = true;
    ask.upload.addEventListener("progress", (p) => {
      if (!p.lengthComputable) return;
      const n = Math.floor((p.loaded / p.total) * 100);
      bar.value = n;
      percent.textContent = n < 100 ? `${n} %` : "looking at it…";
    });
    ask.addEventListener("load", () => {
      if (ask.status < 300) { location.assign(ask.responseURL); return; }
      done();
      const fresh = new DOMParser().parseFromString(ask.responseText, "text/html").getElementById("upload");
      if (!fresh) { say(ask.status === 401 ? "The session has ended: sign in in another tab, then send it again." : "It was not kept. Try again."); return; }
      const old = document.getElementById("upload");
      const node = document.adoptNode(fresh);
      old.replaceWith(node);
      for (const f of node.querySelectorAll("form[data-upload]")) uploads(f);
      (node.querySelector("[role=alert]:not([hidden]), .doc-results, [aria-invalid=true]") ?? node).focus();
    });
    ask.addEventListener("error", () => { done(); say("The line broke: nothing more was sent. Send it again; what arrived is told apart by its content."); });
    ask.open("POST", form.action);
    ask.send(new FormData(form));
  });
}

function letters(form) {
  const body = form.elements.body, gap = body.value.indexOf("***");
  if (document.activeElement === document.body && !form.querySelector("[role=alert]")) { // what is still to be filled in is written over
    body.focus({ preventScroll: true });
    if (gap >= 0) body.setSelectionRange(gap, gap + 3); else body.setSelectionRange(body.value.length, body.value.length);
  }
  form.addEventListener("keydown", (e) => {
    if (e.key !== "Enter" || !(e.ctrlKey || e.metaKey) || e.altKey || e.isComposing || e.repeat) return;
    e.preventDefault();
    form.requestSubmit(form.querySelector("[name=act][value=sign]"));
  });
  const state = form.querySelector("[data-state]");
  let clock = 0, busy = false, again = false, stopped = false;
  const fields = ["title", "to", "body", "label"].map((n) => form.elements[n]);
  let last = fields.map((f) => f.value).join("\0");
  const data = () => new URLSearchParams([...new FormData(form)].filter(([k]) => k !== "act").concat([["act", "save"]]));

  async function save() {
    clearTimeout(clock);
    const now = fields.map((f) => f.value).join("\0");
    if (stopped || now === last) return;
    if (busy) { again = true; return; }
    busy = true;
    state.textContent = "Saving…";
    try {
      const res = await fetch(form.action, { method: "POST", body: data(), headers: { "Wholechart-Save": "1" }, credentials: "same-origin", redirect: "manual" });
      if (res.status === 200) {
        const got = await res.json();
        last = now;
        form.elements.rev.value = got.rev;
        state.textContent = `Saved ${got.saved}`;
      } else if (res.status === 409) {
        stopped = true;
        state.textContent = "Somebody else saved this letter: press Save to see both.";
      } else if (res.status === 422) {
        state.textContent = "Not saved: something cannot be kept as it is. Press Save to see what.";
      } else if (res.status === 401) {
        state.textContent = "Not saved: the session has ended. Sign in in another tab, then go on here.";
      } else {
        stopped = res.type === "opaqueredirect";
        state.textContent = stopped ? "This letter was signed or dropped meanwhile. Copy what you need." : "Not saved.";
      }
    } catch {
      state.textContent = "Not saved: no connection. What is typed stays here.";
      clock = setTimeout(save, 3000);
    }
    busy = false;
    if (again) { again = false; save(); }
  }
  form.addEventListener("input", () => { clearTimeout(clock); clock = setTimeout(save, 800); });
  addEventListener("pagehide", () => { if (!stopped && fields.map((f) => f.value).join("\0") !== last) fetch(form.action, { method: "POST", body: data(), headers: { "Wholechart-Save": "1" }, keepalive: true }).catch(() => {}); });
  form.addEventListener("submit", async (e) => { // a save that is under way changes the revision that the form names
    clearTimeout(clock);
    if (busy) {
      e.preventDefault();
      while (busy) await new Promise((r) => setTimeout(r, 30));
      form.requestSubmit(e.submitter);
      return;
    }
    stopped = true;
  });
}

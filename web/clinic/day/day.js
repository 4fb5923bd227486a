// "e" does what the focused row offers; the row leaves and the next one is focused, so that a pile is worked off with
// one key. When anything goes wrong the form is sent as a form, and its page says what.
document.addEventListener("keydown", (e) => {
  if (e.key !== "e" || e.defaultPrevented || e.ctrlKey || e.altKey || e.metaKey || e.isComposing) return;
  if (e.target.closest?.("input, textarea, select, [contenteditable]") || document.querySelector("dialog[open]")) return;
  const row = e.target.closest?.("[data-list] > *");
  const form = row?.querySelector("form[data-act]");
  if (!form) return;
  e.preventDefault();
  act(form, row);
});

document.addEventListener("submit", (e) => {
  const form = e.target.closest("form[data-act]");
  const row = form?.closest("[data-list] > *");
  if (!row) return;
  e.preventDefault();
  act(form, row);
});

async function act(form, row) {
  if (row.classList.contains("leaving")) return;
  row.classList.add("leaving");
  let answer;
  try {
    answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), credentials: "same-origin", headers: { "Wholechart-Partial": "act" } });
  } catch { /* no connection: below */ }
  if (!answer?.ok) { row.classList.remove("leaving"); form.submit(); return; }
  if (row.matches(".visit")) { await renew(row, form.dataset.act); return; }
  const all = [...document.querySelectorAll(".waits")].filter((r) => r !== row && !r.classList.contains("leaving"));
  const next = all.find((r) => row.compareDocumentPosition(r) & Node.DOCUMENT_POSITION_FOLLOWING) ?? all.at(-1);
  const list = row.parentElement, head = list.previousElementSibling;
  row.remove();
  const n = list.children.length, count = head?.querySelector(".pile-n");
  if (count) count.textContent = n;
  if (!n) { head?.remove(); list.remove(); }
  (next?.querySelector("a.row-title") ?? document.querySelector("main")).focus();
  say(await answer.text());
  dispatchEvent(new Event("wc:acted"));
}

// A visit does not leave the day: its line is shown as it is now, and keeps the focus.
async function renew(row, said) {
  try {
    const page = await fetch(location.href, { credentials: "same-origin" });
    const fresh = new DOMParser().parseFromString(await page.text(), "text/html").getElementById(row.id);
    if (!page.ok || !fresh) throw new Error("no such line");
    row.replaceWith(document.adoptNode(fresh));
    fresh.querySelector("a.row-title").focus();
    say(said);
  } catch { location.reload(); }
}

function say(text) {
  let box = document.querySelector(".flashes");
  if (!box) {
    box = document.createElement("div");
    box.className = "flashes";
    box.setAttribute("role", "status");
    document.querySelector("main").prepend(box);
  }
  const p = document.createElement("p");
  p.className = "flash k-good";
  p.textContent = text;
  box.replaceChildren(p);
}

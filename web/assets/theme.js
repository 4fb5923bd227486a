// Light, dark or what the device prefers: takes effect at once and is kept in a cookie that the server reads on the next
// page. Without this module the form is posted and the page comes back changed.
const root = document.documentElement;

document.addEventListener("submit", (e) => {
  const form = e.target.closest("[data-theme-form]");
  const button = e.submitter;
  if (!form || !button) return;
  e.preventDefault();
  const theme = button.value;
  const secure = location.protocol === "https:" ? "; secure" : "";
  const age = theme === "auto" ? 0 : 365 * 24 * 3600;
  document.cookie = `wc_theme=${theme}; path=/; max-age=${age}; samesite=lax${secure}`;
  root.dataset.theme = theme;
  for (const b of form.querySelectorAll("button[name=theme]")) b.setAttribute("aria-pressed", String(b === button));
});

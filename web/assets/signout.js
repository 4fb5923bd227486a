// Whoever signs out leaves no words of a record behind: what any page kept in this browser under "wc-" goes, in this tab
// and in the others, before the form is sent. The server's answer clears the rest (Clear-Site-Data). A page that has
// words which the server does not have yet stops the form first (note.js); then nothing is taken away here.
const channel = "BroadcastChannel" in window ? new BroadcastChannel("wc-signout") : null;

function clear() {
  for (const name of ["sessionStorage", "localStorage"]) {
    try {
      const store = window[name];
      for (const key of Object.keys(store)) if (key.startsWith("wc-")) store.removeItem(key);
    } catch { /* a browser that keeps nothing */ }
  }
}

addEventListener("submit", (e) => { // on the window: after every page's own handler
  if (e.defaultPrevented || !/\/signout$/.test(new URL(e.target.action, location.href).pathname)) return;
  clear();
  channel?.postMessage("out");
});
channel?.addEventListener("message", (e) => { if (e.data === "out") clear(); });

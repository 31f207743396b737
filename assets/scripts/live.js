// A fragment of the page that follows a form: fetched again when something changes, the latest answer wins.
// Whatever is marked data-live-submit cannot be pressed while the fragment does not match the form.
import { fresh, swap } from "./dom.js";

const PAUSE_MS = 300;

function follow(form) {
  const target = document.querySelector(form.dataset.live);
  const waits = () => [...form.querySelectorAll("[data-live-submit]"), ...target.querySelectorAll("[data-live-submit]")];
  let timer;
  let running;
  let asked = said();

  // What the form holds, without what the fragment itself brought. Leaving a field that was typed in is no change:
  // else the press that left it would find its button disabled.
  function said() {
    const brought = new Set([...target.querySelectorAll("[name]")].map((element) => element.name));
    const held = [...new FormData(form)].filter(([name]) => !brought.has(name));
    return JSON.stringify(held.map(([name, value]) => [name, value instanceof File ? `${value.name} ${value.size}` : value]));
  }

  async function refresh() {
    running?.abort();
    const mine = (running = new AbortController());
    const url = new URL(form.dataset.liveUrl || form.getAttribute("action") || location.href, location.href);
    const options = { signal: mine.signal, headers: { "X-Requested-With": "fetch" }, credentials: "same-origin", redirect: "manual" };
    const data = new FormData(form);
    if (form.dataset.liveMethod === "post") Object.assign(options, { method: "POST", body: data });
    else for (const [name, value] of data) if (typeof value === "string" && name !== "csrfmiddlewaretoken") url.searchParams.append(name, value);
    try {
      const response = await fetch(url, options);
      const html = response.ok && await response.text();
      if (mine.signal.aborted) return;
      if (!html && html !== "") throw new Error(`answered ${response.status}`);
      swap(target, html);
      target.removeAttribute("aria-busy");
      delete target.dataset.stale;
      for (const button of waits()) if (!button.hasAttribute("data-live-off")) button.disabled = false;
    } catch (error) {
      if (mine.signal.aborted) return;
      target.removeAttribute("aria-busy");
      target.dataset.stale = "";
    }
  }

  function soon(event) {
    if (event.target.closest("[data-live-ignore]") || said() === asked) return;
    asked = said();
    target.setAttribute("aria-busy", "true");
    for (const button of waits()) {
      button.toggleAttribute("data-live-off", button.disabled && !button.dataset.liveHeld);
      button.dataset.liveHeld = "1";
      button.disabled = true;
    }
    clearTimeout(timer);
    timer = setTimeout(refresh, PAUSE_MS);
  }

  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
}

export function start(root) {
  fresh(root, "form[data-live]", "Live").forEach(follow);
}

// A fragment of the page that follows a form: fetched again when something changes, the latest answer wins.
// Whatever is marked data-live-submit cannot be pressed while the fragment does not match the form.
import { fresh, swap } from "./dom.js";

const PAUSE_MS = 300;
const TYPING_PAUSE_MS = 1000;

function follow(form) {
  const target = document.querySelector(form.dataset.live);
  const waits = () => [...form.querySelectorAll("[data-live-submit]"), ...target.querySelectorAll("[data-live-submit]")];
  let timer;
  let running;
  let busy = false;
  let asked = said();

  // What the form holds, without what the fragment itself brought, except what is typed into it. Leaving a field that
  // was typed in is no change: else the press that left it would find its button disabled.
  function said() {
    const brought = new Set([...target.querySelectorAll("[name]:not([data-live-typed])")].map((element) => element.name));
    const held = [...new FormData(form)].filter(([name]) => !brought.has(name));
    return JSON.stringify(held.map(([name, value]) => [name, value instanceof File ? `${value.name} ${value.size}` : value]));
  }

  function hold() {
    for (const button of waits()) {
      button.toggleAttribute("data-live-off", button.disabled && !button.dataset.liveHeld);
      button.dataset.liveHeld = "1";
      button.disabled = true;
    }
  }

  function letGo() {
    for (const button of waits()) if (!button.hasAttribute("data-live-off")) button.disabled = false;
  }

  // The field of the fragment that is being typed in.
  function typedIn() {
    const field = document.activeElement;
    return field?.matches?.("[data-live-typed]") && target.contains(field) ? field : null;
  }

  // The new fragment in place of the old, and back to the field that was left for another.
  function replace(html) {
    const { id, selectionStart, selectionEnd } = typedIn() ?? {};
    swap(target, html);
    const again = id && document.getElementById(id);
    again?.focus();
    if (again && selectionStart != null) again.setSelectionRange(selectionStart, selectionEnd);
    asked = said();
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
      busy = false;
      target.removeAttribute("aria-busy");
      delete target.dataset.stale;
      // Somebody is typing in it: the next rest, or leaving that field, asks again.
      const field = typedIn();
      if (field && field.type !== "checkbox" && field.value !== data.get(field.name)) return;
      replace(html);
      letGo();
    } catch (error) {
      if (mine.signal.aborted) return;
      busy = false;
      target.removeAttribute("aria-busy");
      target.dataset.stale = "";
    }
  }

  function soon(event) {
    if (event.target.closest("[data-live-ignore]")) return;
    const typed = event.target.closest("[data-live-typed]:not([type=checkbox])");
    // Words typed into the fragment are asked about once their field is left, or after a rest: whoever goes straight to
    // the button finds it ready.
    if (typed && event.type === "input") {
      hold();
      clearTimeout(timer);
      timer = setTimeout(refresh, TYPING_PAUSE_MS);
      return undefined;
    }
    if (said() === asked) return typed && !busy ? letGo() : undefined;
    asked = said();
    busy = true;
    target.setAttribute("aria-busy", "true");
    hold();
    clearTimeout(timer);
    timer = setTimeout(refresh, PAUSE_MS);
  }

  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
}

export function start(root) {
  fresh(root, "form[data-live]", "Live").forEach(follow);
}

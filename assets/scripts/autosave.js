// Forms that save themselves to the server as one types. What could not be sent waits, encrypted, in this tab.
import { csrf, fresh, say } from "./dom.js";
import { drop, keep, kept } from "./keep.js";

const PAUSE_MS = 900;
const LIST_PAUSE_MS = 5000;
const RETRY_MS = [2000, 5000, 10000, 30000];
const SKIP = new Set(["csrfmiddlewaretoken"]);
const forms = new WeakMap();

// name -> list of values; every named control counts, so that the last unchecked box is a change too.
function read(form) {
  const values = {};
  for (const control of form.elements) {
    if (control.name && !SKIP.has(control.name) && !["file", "submit", "button"].includes(control.type)) values[control.name] ??= [];
  }
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && name in values) values[name].push(value);
  }
  return values;
}

function write(form, values) {
  form.dispatchEvent(new CustomEvent("hub:restoring", { detail: values }));
  for (const control of form.elements) {
    const wanted = values[control.name];
    if (!wanted || control.type === "file") continue;
    if (control.type === "checkbox" || control.type === "radio") control.checked = wanted.includes(control.value);
    else if (control instanceof HTMLSelectElement) for (const option of control.options) option.selected = wanted.includes(option.value);
    else control.value = wanted[0] ?? "";
    control.dispatchEvent(new Event("hub:restored", { bubbles: true }));
  }
}

class Autosave {
  constructor(form) {
    this.form = form;
    this.reader = document.body.dataset.reader ?? "";
    this.said = form.querySelector("[data-saved]") ?? document.querySelector("[data-saved]");
    this.sent = read(form);
    this.failures = 0;
    this.saving = null;
    // What is picked from a list is whole only once it is picked.
    form.addEventListener("input", (event) => this.soon(event.target.list ? LIST_PAUSE_MS : PAUSE_MS));
    form.addEventListener("change", () => this.soon(PAUSE_MS / 3));
    form.addEventListener("submit", (event) => this.beforeSubmit(event));
    addEventListener("online", () => this.soon(0));
    addEventListener("pagehide", () => this.leaving());
    this.restore();
  }

  get name() {
    return this.form.dataset.draft || this.form.dataset.autosave;
  }

  changes() {
    const now = read(this.form);
    const changed = new Set(Object.keys(now).filter((name) => JSON.stringify(now[name]) !== JSON.stringify(this.sent[name] ?? [])));
    // Rows of one kind mean nothing one by one: all of them go when one has changed.
    for (const group of this.form.querySelectorAll("[data-together]")) {
      const names = [...group.querySelectorAll("[name]")].map((control) => control.name).filter((name) => name in now);
      if (names.some((name) => changed.has(name))) for (const name of names) changed.add(name);
    }
    return Object.fromEntries(Object.entries(now).filter(([name]) => changed.has(name)));
  }

  show(state, sentence, filling) {
    if (!this.said) return;
    this.said.dataset.state = state;
    this.said.querySelector("[data-saved-text]").textContent = say(this.said, sentence, filling);
  }

  async restore() {
    const values = await kept(this.reader, this.name).catch(() => null);
    if (!values) return;
    write(this.form, values);
    this.show("waiting", "restored");
    this.soon(PAUSE_MS);
  }

  soon(pause) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), pause);
    clearTimeout(this.keeping);
    this.keeping = setTimeout(() => this.keepUnsent(), 250);
  }

  keepUnsent() {
    const unsent = this.changes();
    if (Object.keys(unsent).length) return keep(this.reader, this.name, unsent).catch(() => {});
    drop(this.name);
  }

  body(changes) {
    const body = new FormData();
    body.append("csrfmiddlewaretoken", csrf(this.form));
    for (const [name, values] of Object.entries(changes)) for (const value of values.length ? values : [""]) body.append(name, value);
    return body;
  }

  // Saves what changed; resolves to "saved", "refused", "failed" or "signin". One save at a time.
  save() {
    clearTimeout(this.timer);
    this.saving = (this.saving ?? Promise.resolve()).then(() => this.saveOnce());
    return this.saving;
  }

  async saveOnce(again = true) {
    const changes = this.changes();
    if (!Object.keys(changes).length && this.form.dataset.autosaveAlways === undefined) {
      drop(this.name);
      return "saved";
    }
    this.show("waiting", "saving");
    let response;
    try {
      response = await fetch(this.form.dataset.autosave, {
        method: "POST", body: this.body(changes), headers: { "X-Requested-With": "fetch", Accept: "application/json" }, redirect: "manual", credentials: "same-origin",
      });
    } catch {
      return this.failed("failed");
    }
    if (response.ok) return this.saved(changes, response);
    if (response.status === 403 && again && await this.renewToken()) return this.saveOnce(false);
    if (response.type === "opaqueredirect" || response.status === 401 || response.status === 403) return this.failed("signin");
    if (response.status >= 400 && response.status < 500) return this.refused(response);
    return this.failed("failed");
  }

  async saved(changes, response) {
    Object.assign(this.sent, changes);
    const clock = new Date().toLocaleTimeString(document.documentElement.lang || undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    this.show("saved", "saved", clock);
    await this.heed(await response.json().catch(() => ({})));
    return "saved";
  }

  // What was right has been saved; the rest is marked, stays in the tab and is sent again with the next change.
  async refused(response) {
    this.show("failed", "refused");
    await this.heed(await response.json().catch(() => ({})));
    return "refused";
  }

  async heed(answer) {
    const before = this.name;
    this.failures = 0;
    delete this.form.dataset.autosaveAlways;
    // A draft that was made by its first save says where it lives.
    if (answer.draft) this.form.dataset.draft = answer.draft;
    if (answer.autosave) this.form.dataset.autosave = answer.autosave;
    if (answer.action) this.form.setAttribute("action", answer.action);
    if (answer.upload) for (const place of this.form.querySelectorAll("[data-upload]")) place.dataset.upload = answer.upload;
    if (answer.location) history.replaceState(history.state, "", answer.location);
    this.mark(answer.errors ?? {});
    drop(before);
    await this.keepUnsent();
    this.form.dispatchEvent(new CustomEvent("hub:saved", { bubbles: true, detail: answer }));
  }

  // Says at each control why it was refused, and takes back what no longer holds.
  mark(errors) {
    for (const said of this.form.querySelectorAll("[data-autosave-error]")) said.remove();
    for (const control of this.form.querySelectorAll("[aria-invalid=true]")) {
      control.removeAttribute("aria-invalid");
      control.removeAttribute("aria-errormessage");
    }
    for (const [name, messages] of Object.entries(errors)) {
      const controls = this.form.querySelectorAll(`[name="${CSS.escape(name)}"]`);
      if (!controls.length) continue;
      const said = Object.assign(document.createElement("span"), { className: "usa-error-message", id: `refused-${name}`, textContent: messages.join(" ") });
      said.dataset.autosaveError = "";
      const single = controls.length === 1;
      (single ? controls[0] : controls[0].closest("fieldset, section") ?? controls[0]).insertAdjacentElement(single ? "beforebegin" : "afterbegin", said);
      for (const control of controls) {
        control.setAttribute("aria-invalid", "true");
        control.setAttribute("aria-errormessage", said.id);
      }
    }
  }

  failed(why) {
    this.keepUnsent();
    this.show("failed", why);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), RETRY_MS[Math.min(this.failures++, RETRY_MS.length - 1)]);
    return why;
  }

  // After signing in again elsewhere the form's token is stale: take the page's new one.
  async renewToken() {
    const page = await fetch(location.href, { credentials: "same-origin" }).then((answer) => answer.text(), () => "");
    const found = new DOMParser().parseFromString(page, "text/html");
    const token = found.querySelector("form[data-autosave] input[name=csrfmiddlewaretoken]")?.value;
    if (!token || found.body.dataset.reader !== this.reader) return false;
    for (const input of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) input.value = token;
    return true;
  }

  // What is not saved is saved before the form goes, so that an expired session cannot swallow it.
  beforeSubmit(event) {
    if (event.defaultPrevented || this.ready) return;
    event.preventDefault();
    const button = event.submitter;
    this.save().then((outcome) => {
      if (outcome !== "saved" && outcome !== "refused") return;
      // Not at once: while this event is still on its way, a form sends nothing.
      setTimeout(() => {
        this.ready = true;
        this.form.requestSubmit(button);
        this.ready = false;
      });
    });
  }

  leaving() {
    const changes = this.changes();
    if (!Object.keys(changes).length || this.ready) return;
    fetch(this.form.dataset.autosave, { method: "POST", body: this.body(changes), headers: { "X-Requested-With": "fetch" }, keepalive: true, redirect: "manual", credentials: "same-origin" }).catch(() => {});
  }
}

// For others that need the draft to exist: resolves when what is typed is on the server.
export function saveNow(form) {
  const autosave = form && forms.get(form);
  if (!autosave) return Promise.resolve("saved");
  form.dataset.autosaveAlways = "";
  return autosave.save();
}

export function start(root) {
  for (const form of fresh(root, "form[data-autosave]", "Autosave")) forms.set(form, new Autosave(form));
}

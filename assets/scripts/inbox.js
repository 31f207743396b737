// Keys of a shift: j and k move, o opens, a acknowledges, without leaving the list.
import { fresh, typing } from "./dom.js";

class Inbox {
  constructor(list) {
    this.list = list;
    document.addEventListener("keydown", (event) => this.key(event));
    list.addEventListener("focusin", (event) => this.mark(event.target.closest("li")));
    list.addEventListener("submit", (event) => this.send(event));
  }

  get rows() {
    return [...document.querySelectorAll("[data-inbox] > li")].filter((row) => row.querySelector("a.title"));
  }

  mark(row) {
    for (const other of document.querySelectorAll("[data-inbox] > .is-current")) other.classList.remove("is-current");
    row?.classList.add("is-current");
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || !this.list.isConnected) return;
    // Several lists on a page are one: the first listens for all.
    if (document.querySelector("[data-inbox]") !== this.list) return;
    const rows = this.rows;
    const at = rows.findIndex((row) => row.classList.contains("is-current"));
    if (event.key === "j" || event.key === "k") {
      const next = rows[at < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, at + (event.key === "j" ? 1 : -1)))];
      next?.querySelector("a.title").focus();
      next?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "o" && at >= 0) {
      rows[at].querySelector("a.title").click();
    } else if (event.key === "a" && at >= 0) {
      rows[at].querySelector("form[data-action=acknowledge]")?.requestSubmit();
    } else {
      return;
    }
    event.preventDefault();
  }

  async send(event) {
    const form = event.target.closest("form[data-action=acknowledge]");
    if (!form || event.defaultPrevented || form.dataset.plain) return;
    event.preventDefault();
    const row = form.closest("li");
    const button = form.querySelector("button");
    button.disabled = true;
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { "X-Requested-With": "fetch" }, credentials: "same-origin" }).catch(() => null);
    if (!answer?.ok || new URL(answer.url).pathname.startsWith("/accounts/")) {
      // Something is in the way: let the page itself say what.
      form.dataset.plain = "1";
      form.submit();
      return;
    }
    row.classList.remove("unread");
    row.querySelector(".dot")?.remove();
    const done = document.createElement("span");
    done.className = "out out--all";
    done.setAttribute("role", "status");
    done.textContent = this.list.dataset.wordsDone ?? "✓";
    const picture = button.querySelector("svg")?.cloneNode(true);
    if (picture) {
      picture.firstElementChild.setAttribute("href", picture.firstElementChild.getAttribute("href").replace(/#.*/, "#check_circle"));
      done.prepend(picture);
    }
    const rows = this.rows;
    const next = rows[rows.indexOf(row) + 1];
    const had = row.contains(document.activeElement);
    form.replaceWith(done);
    if (had) (next ?? row).querySelector("a.title").focus();
  }
}

export function start(root) {
  for (const list of fresh(root, "[data-inbox]", "Inbox")) new Inbox(list);
}

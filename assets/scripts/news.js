// What is new while a page stays open: the number beside the inbox on every page, and the rows of an open inbox.
// Asked by conditional requests that rest while the tab is hidden and wait longer each time the hub does not answer.
import { fresh } from "./dom.js";

const OPEN_MS = 8_000;
const ELSEWHERE_MS = 30_000;
const LONGEST_MS = 300_000;
const AWAY_AFTER = 2; // failures in a row before the page says that it is offline

class News {
  constructor(link) {
    this.page = document.querySelector("[data-news]");
    this.have = this.page?.dataset.have;
    this.tag = "";
    this.failures = 0;
    this.acted = false;
    document.addEventListener("visibilitychange", () => (document.hidden ? this.rest() : this.ask()));
    window.addEventListener("online", () => this.ask());
    window.addEventListener("offline", () => this.offline(true));
    this.links = [link, ...document.querySelectorAll("[data-inbox-link]")];
    this.later();
  }

  rest() {
    clearTimeout(this.timer);
  }

  later() {
    this.rest();
    if (document.hidden || this.ended) return;
    const each = this.page ? OPEN_MS : ELSEWHERE_MS;
    // Not all at the same moment after the hub was away.
    const wait = Math.min(each * 2 ** this.failures, LONGEST_MS) * (0.8 + 0.4 * Math.random());
    this.timer = setTimeout(() => this.ask(), wait);
  }

  async ask() {
    this.rest();
    if (this.asking || this.ended) return;
    this.asking = true;
    try {
      await this.once();
    } finally {
      this.asking = false;
      this.later();
    }
  }

  async once() {
    const url = new URL("/inbox/news/", location.href);
    if (this.page) {
      url.searchParams.set("have", this.have);
      if (this.page.dataset.show) url.searchParams.set("show", this.page.dataset.show);
    }
    const headers = { "X-Requested-With": "fetch", ...(this.tag && { "If-None-Match": this.tag }) };
    const options = { headers, credentials: "same-origin", redirect: "manual", cache: "no-store" };
    const answer = await fetch(url, options).catch(() => null);
    if (answer?.type === "opaqueredirect" || answer?.status === 403) {
      // Signed out, or of another agency by now: the next page says so.
      this.ended = true;
      return;
    }
    if (answer?.status !== 304 && !answer?.ok) {
      this.failures += 1;
      this.offline(this.failures >= AWAY_AFTER);
      return;
    }
    this.failures = 0;
    this.offline(false);
    if (answer.status === 304) return;
    const said = await answer.json().catch(() => null);
    if (!said) return;
    this.count(said);
    if (this.page) this.take(said);
    this.tag = answer.headers.get("ETag") ?? "";
  }

  offline(away) {
    const line = document.querySelector("[data-news-offline]");
    if (line) line.hidden = !away;
  }

  count({ badge, unread }) {
    for (const link of new Set(this.links)) {
      let count = link.querySelector(".count");
      if (!badge) count?.remove();
      else {
        if (!count) link.append((count = Object.assign(document.createElement("span"), { className: "count" })));
        if (count.innerHTML !== badge) count.innerHTML = badge;
      }
    }
    const line = document.querySelector("[data-news-unread]");
    if (line && line.textContent !== unread) line.textContent = unread;
  }

  take({ groups, states, asked, whole, have, announce, rank, marking }) {
    this.have = have;
    this.keepPlace(() => {
      for (const [name, html] of Object.entries(groups)) this.add(name, html);
      this.settle(states, new Set(asked), whole);
      for (const group of this.page.querySelectorAll("[data-group]")) this.tidy(group);
      const empty = this.page.querySelector("[data-news-empty]");
      if (empty) empty.hidden = this.page.querySelector("[data-group]:not([hidden])") !== null;
    });
    this.mark(rank, marking);
    const line = this.page.querySelector("[data-news-said]");
    if (line && announce) line.textContent = announce;
  }

  // New rows on top of their group. What stood for the same record goes, and with it nothing that is being used.
  add(name, html) {
    const list = this.page.querySelector(`[data-group="${name}"] > ul`);
    if (!list) return;
    const brought = Object.assign(document.createElement("ul"), { innerHTML: html });
    for (const row of [...brought.children]) {
      const old = this.row(row.dataset.key);
      if (old?.contains(document.activeElement)) row.dataset.focus = "1";
      old?.remove();
      row.classList.add("is-fresh");
    }
    const rows = [...brought.children];
    list.prepend(...rows);
    list.dispatchEvent(new CustomEvent("hub:swapped", { bubbles: true }));
    const again = rows.find((row) => row.dataset.focus);
    again?.querySelector("a.title").focus({ preventScroll: true });
  }

  row(key) {
    return [...this.page.querySelectorAll("[data-group] > ul > li")].find((row) => row.dataset.key === key);
  }

  // What others read is read, what they acknowledged or what was taken back goes; what was done here stays in sight.
  settle(states, asked, whole) {
    const everything = Boolean(this.page.dataset.show);
    for (const row of this.page.querySelectorAll("[data-group] > ul > li")) {
      const notice = row.closest("[data-group]").dataset.group === "notices";
      const state = states[row.dataset.key];
      const done = state === "a" && !everything && row.querySelector("form[data-action=acknowledge]");
      const gone = state === undefined && (notice ? !everything : whole);
      if (done || gone) {
        const next = row.nextElementSibling ?? row.previousElementSibling;
        if (row.contains(document.activeElement)) next?.querySelector("a.title")?.focus({ preventScroll: true });
        row.remove();
      } else if (state === "r" || state === "a") {
        row.classList.remove("unread");
        row.querySelector(".dot")?.nextElementSibling?.remove();
        row.querySelector(".dot")?.remove();
      }
      // A colleague acknowledged it for the agency.
      if (!asked.has(row.dataset.key)) row.querySelector(".usa-tag--due")?.remove();
    }
  }

  tidy(group) {
    const rows = group.querySelectorAll(":scope > ul > li").length;
    group.hidden = rows === 0;
    const number = group.querySelector("h2 .n");
    if (number && number.textContent !== String(rows)) number.textContent = rows;
  }

  // Whoever has scrolled, or is on a row, finds it where it was.
  keepPlace(change) {
    const rows = [...this.page.querySelectorAll("[data-group]:not([hidden]) > ul > li")];
    const within = rows.find((row) => row.contains(document.activeElement));
    const anchor = within ?? (window.scrollY > 0 ? rows.find((row) => row.getBoundingClientRect().bottom > 0) : null);
    const before = anchor?.getBoundingClientRect().top;
    change();
    if (anchor?.isConnected) window.scrollBy(0, anchor.getBoundingClientRect().top - before);
  }

  // The page is marked as highly as what has arrived; it is never marked lower while it stands.
  mark(rank, marking) {
    const shown = document.querySelectorAll("section.marking");
    if (!marking.length || rank < Number(shown[0]?.dataset.rank ?? -1)) return;
    if (shown.length && shown[0].outerHTML === marking[0]) return;
    for (const old of shown) old.remove();
    document.querySelector("header.head")?.insertAdjacentHTML("beforebegin", marking[0]);
    document.querySelector(".foot")?.insertAdjacentHTML("afterbegin", marking[1]);
    const tlp = document.querySelector("section.marking b").textContent;
    document.title = `${tlp} ${document.title.replace(/^TLP:\S+ /, "")}`;
  }
}

export function start(root) {
  // One for the page, however many places show the number.
  const link = root.querySelector("[data-inbox-link]");
  if (link && fresh(document.documentElement, "body", "News").length) new News(link);
}

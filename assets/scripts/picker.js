// Where was it hidden? Zones, buttons, chips and the real checkboxes stay in step; the checkboxes are the truth.
import { fresh } from "./dom.js";

class Picker {
  constructor(root) {
    this.root = root;
    this.board = root.querySelector("[data-picker-board]");
    this.boxes = new Map([...root.querySelectorAll("input[type=checkbox]")].map((box) => [box.value, box]));
    this.tabs = [...root.querySelectorAll("[role=tab]")];
    this.places = root.querySelector("[data-picker-places]");
    this.chips = root.querySelector("[data-picker-chips]");
    this.board.hidden = false;
    root.querySelector("[data-picker-list]").open = false;
    this.board.addEventListener("click", (event) => this.press(event.target.closest("[data-code]")));
    this.board.addEventListener("keydown", (event) => this.key(event));
    root.addEventListener("change", () => this.show());
    root.addEventListener("hub:restored", () => this.show());
    for (const tab of this.tabs) tab.addEventListener("click", () => this.open(tab));
    this.show();
  }

  press(element) {
    if (!element) return;
    if (element.dataset.leads) return this.open(this.tabs.find((tab) => tab.id.endsWith(`-${element.dataset.leads}`)), true);
    this.toggle(element.dataset.code);
  }

  toggle(code) {
    const box = this.boxes.get(code);
    if (!box) return;
    box.checked = !box.checked;
    box.dispatchEvent(new Event("change", { bubbles: true }));
  }

  key(event) {
    const tab = event.target.closest("[role=tab]");
    if (tab) return this.tabKey(event, tab);
    if ((event.key === "Enter" || event.key === " ") && event.target.matches("path[data-code]")) {
      event.preventDefault();
      this.press(event.target);
    }
  }

  tabKey(event, tab) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const at = this.tabs.indexOf(tab);
    const next = step ? this.tabs.at((at + step) % this.tabs.length) : { Home: this.tabs[0], End: this.tabs.at(-1) }[event.key];
    if (!next) return;
    event.preventDefault();
    this.open(next, true);
  }

  open(tab, focus = false) {
    for (const other of this.tabs) {
      const on = other === tab;
      other.setAttribute("aria-selected", String(on));
      other.tabIndex = on ? 0 : -1;
      document.getElementById(other.getAttribute("aria-controls")).hidden = !on;
    }
    tab.scrollIntoView({ block: "nearest", inline: "nearest" });
    if (focus) tab.focus();
  }

  show() {
    for (const element of this.board.querySelectorAll("[data-code]")) {
      const on = this.boxes.get(element.dataset.code)?.checked ?? false;
      if (element.getAttribute("role") === "checkbox") element.setAttribute("aria-checked", String(on));
      else if (element.hasAttribute("aria-pressed")) element.setAttribute("aria-pressed", String(on));
      if (element instanceof SVGElement) element.classList.toggle("is-selected", on);
    }
    this.showChips([...this.boxes.values()].filter((box) => box.checked));
  }

  showChips(chosen) {
    const words = this.root.dataset;
    this.places.hidden = chosen.length === 0;
    this.root.querySelector("[data-picker-count]").textContent = chosen.length === 0 ? words.none
      : chosen.length === 1 ? words.one : words.many.replace("%n", chosen.length);
    const pattern = this.root.querySelector("template[data-picker-chip]").content;
    const focused = [...this.chips.children].findIndex((item) => item.contains(document.activeElement));
    this.chips.replaceChildren(...chosen.map((box) => {
      const item = pattern.cloneNode(true).firstElementChild;
      const button = item.querySelector("button");
      const label = this.root.querySelector(`label[for="${box.id}"]`).textContent;
      button.prepend(label);
      button.setAttribute("aria-label", words.remove.replace("%s", label));
      button.addEventListener("click", () => this.toggle(box.value));
      return item;
    }));
    if (focused < 0) return;
    const next = this.chips.children[Math.min(focused, chosen.length - 1)]?.querySelector("button");
    (next ?? this.tabs.find((tab) => tab.tabIndex === 0)).focus();
  }
}

export function start(root) {
  for (const element of fresh(root, "[data-picker]", "Picker")) new Picker(element);
}

// Photographs full screen: arrow keys, swipe, Escape. Without a script the links open the pictures.
import { fresh, say } from "./dom.js";

const SWIPE_PX = 48;

class Viewer {
  constructor(list) {
    this.list = list;
    this.links = [...list.querySelectorAll("a")];
    list.addEventListener("click", (event) => {
      const link = event.target.closest("a");
      if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.open(this.links.indexOf(link));
    });
  }

  build() {
    const make = (tag, className, text = "") => Object.assign(document.createElement(tag), { className, textContent: text });
    const button = (words, symbol, act) => {
      const found = make("button", "usa-button usa-button--outline usa-button--icon", symbol);
      found.type = "button";
      found.setAttribute("aria-label", words);
      found.addEventListener("click", act);
      return found;
    };
    this.dialog = make("dialog", "viewer");
    this.title = make("p", "strong");
    this.title.setAttribute("aria-live", "polite");
    this.image = make("img", "");
    this.caption = make("p", "viewer__caption");
    const bar = make("div", "viewer__bar");
    const buttons = make("div", "row row--tight");
    if (this.links.length > 1) {
      buttons.append(
        button(say(this.list, "previous"), "‹", () => this.show(this.at - 1)),
        button(say(this.list, "next"), "›", () => this.show(this.at + 1)),
      );
    }
    buttons.append(button(say(this.list, "close"), "×", () => this.dialog.close()));
    bar.append(this.title, buttons);
    const stage = make("div", "viewer__stage");
    stage.append(this.image);
    this.dialog.append(bar, stage, this.caption);
    this.dialog.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step) this.show(this.at + step);
    });
    this.dialog.addEventListener("close", () => this.links[this.at].focus());
    let from = null;
    stage.addEventListener("pointerdown", (event) => { from = event.clientX; });
    stage.addEventListener("pointerup", (event) => {
      const moved = from === null ? 0 : event.clientX - from;
      from = null;
      if (Math.abs(moved) > SWIPE_PX) this.show(this.at + (moved < 0 ? 1 : -1));
    });
    this.image.draggable = false;
    document.body.append(this.dialog);
  }

  open(at) {
    if (!this.dialog) this.build();
    this.show(at);
    this.dialog.showModal();
  }

  show(at) {
    this.at = (at + this.links.length) % this.links.length;
    const link = this.links[this.at];
    const alt = link.querySelector("img").alt;
    this.image.src = link.href;
    this.image.alt = alt;
    this.caption.textContent = alt;
    this.title.textContent = say(this.list, "title").replace("%n", this.at + 1).replace("%m", this.links.length);
    this.dialog.setAttribute("aria-label", this.title.textContent);
  }
}

export function start(root) {
  for (const list of fresh(root, "[data-viewer]", "Viewer")) new Viewer(list);
}

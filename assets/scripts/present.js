// Presenting: left and right go through the slides, Escape leaves. Without a script the links below do.
import { fresh, typing } from "./dom.js";

const KEYS = {
  ArrowRight: "next", PageDown: "next", " ": "next",
  ArrowLeft: "prev", PageUp: "prev",
  Escape: "up",
};

export function start(root) {
  for (const slides of fresh(root, "[data-slides]", "Slides")) {
    document.addEventListener("keydown", (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || typing(event.target)) return;
      // Space presses a link or button that has the focus.
      if (event.key === " " && event.target.closest?.("a, button, summary")) return;
      const link = slides.querySelector(`a[rel="${KEYS[event.key]}"]`);
      if (!link) return;
      event.preventDefault();
      link.click();
    });
  }
}

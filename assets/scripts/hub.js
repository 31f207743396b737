// Entry: starts each feature on the elements that ask for it, and again on whatever is swapped in later.
import { start as menus } from "./menus.js";
import { start as themes } from "./theme.js";

const FEATURES = [menus, themes];

export function startAll(root = document) {
  for (const feature of FEATURES) feature(root);
}

startAll();
document.addEventListener("hub:swapped", (event) => startAll(event.target));

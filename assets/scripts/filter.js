// A box that narrows a list as one types: what does not match is hidden, groups with matches open.
import { fresh } from "./dom.js";

function narrow(input) {
  const list = document.querySelector(input.dataset.filter);
  const row = input.closest("[data-filter-row]");
  const count = row?.querySelector("[data-filter-count]");
  const items = [...list.querySelectorAll("[data-words]")];
  const groups = [...list.querySelectorAll("[data-filter-group]")];
  const before = new Map(groups.map((group) => [group, group.open]));
  if (row) row.hidden = false;

  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    for (const item of items) {
      const fits = words.every((word) => item.dataset.words.includes(word));
      item.hidden = !fits;
      found += fits;
    }
    for (const group of groups) {
      const some = [...group.querySelectorAll("[data-words]")].some((item) => !item.hidden);
      group.hidden = !some;
      group.open = words.length ? some : before.get(group) || group.querySelector(":checked") !== null;
    }
    if (count) count.textContent = !words.length ? "" : found ? count.dataset.some.replace("%n", found) : count.dataset.none;
  });
  // Enter picks nothing and sends nothing.
  input.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
}

export function start(root) {
  fresh(root, "input[data-filter]", "Filter").forEach(narrow);
}

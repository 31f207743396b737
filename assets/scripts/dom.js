// What several features share.

// Elements below `root` (or itself) that match and were not started yet.
export function fresh(root, selector, name) {
  const found = [...root.querySelectorAll(selector)];
  if (root instanceof Element && root.matches(selector)) found.unshift(root);
  const mark = `started${name}`;
  return found.filter((element) => !element.dataset[mark] && (element.dataset[mark] = "1"));
}

// A sentence of the page with its place filled: say(element, "saved", "14:21") reads data-words-saved.
export function say(element, name, filling = "") {
  const key = `words${name[0].toUpperCase()}${name.slice(1)}`;
  return (element.dataset[key] ?? "").replace("%s", filling);
}

export function csrf(near) {
  const form = near.closest?.("form");
  return (form ?? document).querySelector("input[name=csrfmiddlewaretoken]")?.value
    ?? document.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? "";
}

// True where keys belong to what is being typed in.
export function typing(target) {
  return target instanceof Element && target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]") !== null;
}

export function swap(target, html) {
  target.innerHTML = html;
  target.dispatchEvent(new CustomEvent("hub:swapped", { bubbles: true }));
}

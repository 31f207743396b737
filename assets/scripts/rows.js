// Rows in any number: another is copied from a pattern, one is taken away. Without a script the server adds them.
import { fresh } from "./dom.js";

class Rows {
  constructor(root) {
    this.pattern = root.querySelector("template[data-row-pattern]").innerHTML;
    this.list = root.querySelector("[data-row-list]");
    this.count = root.querySelector("input[data-row-count]");
    root.querySelector("[data-row-add]").addEventListener("click", (event) => {
      event.preventDefault();
      this.focus(this.add());
    });
    this.list.addEventListener("click", (event) => {
      const button = event.target.closest("[data-row-remove]");
      if (button) this.remove(button.closest("[data-row]"));
    });
    const form = root.closest("form");
    form.addEventListener("hub:restoring", (event) => {
      const wanted = Number(event.detail[this.count.name]?.[0] ?? 0);
      while (Number(this.count.value) < wanted) this.add();
    });
    this.show();
  }

  add() {
    const number = Number(this.count.value);
    this.list.insertAdjacentHTML("beforeend", this.pattern.replaceAll("__n__", String(number)));
    this.count.value = String(number + 1);
    this.show();
    return this.list.lastElementChild;
  }

  remove(row) {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    this.focus(next ?? this.add());
    // A row less is a change too: the count tells the form so.
    this.count.value = String(Number(this.count.value) + 1);
    this.count.dispatchEvent(new Event("change", { bubbles: true }));
    this.show();
  }

  focus(row) {
    row.querySelector("input, select").focus();
  }

  show() {
    const rows = this.list.children;
    for (const row of rows) row.querySelector("[data-row-remove]").hidden = rows.length < 2 && !row.querySelector("input").value;
  }
}

// What the server concludes from what was typed stands below it.
function listen(form) {
  form.addEventListener("hub:saved", (event) => {
    for (const [name, text] of Object.entries(event.detail.said ?? {})) {
      const place = form.querySelector(`[data-said="${CSS.escape(name)}"]`);
      if (!place) continue;
      place.textContent = text;
      place.classList.toggle("is-warned", (event.detail.warned ?? []).includes(name));
    }
    // Parts of the form that follow from it: HTML of our own templates.
    for (const [name, html] of Object.entries(event.detail.parts ?? {})) {
      const place = form.querySelector(`[data-part="${CSS.escape(name)}"]`);
      if (place) place.innerHTML = html;
    }
  });
}

export function start(root) {
  for (const element of fresh(root, "[data-rows]", "Rows")) new Rows(element);
  for (const form of fresh(root, "form[data-autosave]", "Said")) listen(form);
}

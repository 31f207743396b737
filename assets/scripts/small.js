// Small things that one line of markup asks for.
import { fresh } from "./dom.js";
import { forget } from "./keep.js";

function fill(button) {
  button.addEventListener("click", () => {
    const field = document.querySelector(button.dataset.fill);
    field.value = button.dataset.value;
    const next = [...field.form.elements].find((other) => other !== field && other.type === "password");
    (next ?? field).focus();
  });
}

function confirmFirst(element) {
  const form = element instanceof HTMLFormElement ? element : element.form;
  form.addEventListener("submit", (event) => {
    if (element !== form && event.submitter !== element) return;
    if (!window.confirm(element.dataset.confirm)) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  }, true);
}

function signOut(form) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.dropped) return;
    event.preventDefault();
    forget().finally(() => {
      form.dataset.dropped = "1";
      form.submit();
    });
  });
}

// On a phone the places below a section are a row wider than the screen: begin where the reader is.
function showPlace(place) {
  const row = place.closest("nav");
  row.scrollLeft = place.offsetLeft - (row.clientWidth - place.offsetWidth) / 2;
}

export function start(root) {
  fresh(root, ".nav--sub [aria-current]", "Place").forEach(showPlace);
  fresh(root, "[data-fill]", "Fill").forEach(fill);
  fresh(root, "[data-confirm]", "Confirm").forEach(confirmFirst);
  fresh(root, "form[data-sign-out]", "SignOut").forEach(signOut);
  for (const form of fresh(root, "form[data-submit-on-change]", "Submit")) {
    form.addEventListener("change", () => form.requestSubmit());
  }
  for (const button of fresh(root, "[data-copy]", "Copy")) {
    button.addEventListener("click", () => navigator.clipboard?.writeText(button.dataset.copy));
  }
}

// Light, dark or as the device, at once; without a script the form's answer does the same.
import { fresh } from "./dom.js";

const YEAR_S = 31536000;

export function start(root) {
  for (const form of fresh(root, "[data-theme-form]", "Theme")) {
    form.addEventListener("submit", (event) => {
      const theme = event.submitter?.value;
      if (theme === undefined) return;
      event.preventDefault();
      if (theme) document.documentElement.dataset.theme = theme;
      else delete document.documentElement.dataset.theme;
      const secure = location.protocol === "https:" ? "; Secure" : "";
      document.cookie = `theme=${theme}; Path=/; SameSite=Lax; Max-Age=${theme ? YEAR_S : 0}${secure}`;
      for (const button of document.querySelectorAll("[data-theme-form] button")) {
        button.setAttribute("aria-pressed", String(button.value === theme));
      }
    });
  }
}

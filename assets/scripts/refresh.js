// A part of a page that follows what a worker does: asked for again while anything in it is unfinished.
import { fresh, swap } from "./dom.js";

const EACH_MS = 2_000;
const LONGEST_MS = 60_000;

async function follow(part) {
  let wait = EACH_MS;
  while (part.isConnected && part.querySelector("[data-unfinished]")) {
    await new Promise((done) => setTimeout(done, wait));
    if (document.hidden) continue;
    const options = { headers: { "X-Requested-With": "fetch" }, credentials: "same-origin", redirect: "manual" };
    const answer = await fetch(part.dataset.refresh, options).catch(() => null);
    if (answer?.type === "opaqueredirect" || answer?.status === 403) return; // signed out: the next page says so
    wait = answer?.ok ? EACH_MS : Math.min(wait * 2, LONGEST_MS);
    if (answer?.ok) swap(part, await answer.text());
  }
}

export function start(root) {
  for (const part of fresh(root, "[data-refresh]", "Refresh")) follow(part);
}

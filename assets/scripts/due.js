// What is to be acknowledged by a time is overdue from then on, on a page that stays open too.
const EACH_MS = 5_000;
let timer;

function look() {
  for (const tag of document.querySelectorAll("[data-words-overdue]")) {
    const time = tag.querySelector("time");
    if (Date.parse(time.dateTime) > Date.now()) continue;
    const [before, after] = tag.dataset.wordsOverdue.split("%s");
    tag.replaceChildren(...tag.querySelectorAll("svg"), before, time, after);
    tag.classList.add("usa-tag--no");
    delete tag.dataset.wordsOverdue;
  }
}

export function start(root) {
  if (root.querySelector("[data-words-overdue]")) timer ??= setInterval(look, EACH_MS);
}

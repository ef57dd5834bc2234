// An expert's own notes on each bid. They stay in this browser: no door of the platform takes them.
import { keep, recall } from "../core/store.js";

const WAIT_MS = 600;
const place = document.querySelector("[data-notes-of]");
const area = place?.querySelector("[data-notes]");
const meeting = document.querySelector("[data-room]")?.dataset.meeting;
const nameOf = (bid) => `notes/${document.documentElement.dataset.person}/${meeting}/${bid}`;
let shown = null;
let waiting = null;

async function show(bid) {
  if (bid === shown) return;
  await flush();
  shown = bid;
  const text = await recall(nameOf(bid)).catch(() => "");
  if (shown !== bid) return;
  place.hidden = false;
  place.querySelector("[data-notes-bid]").textContent = bid;
  area.value = text ?? "";
}

async function flush() {
  if (!waiting) return;
  clearTimeout(waiting);
  waiting = null;
  try {
    await keep(nameOf(shown), area.value);
  } catch {
    place.querySelector("[data-notes-hint]").textContent = place.dataset.failed;
  }
}

if (place) {
  document.addEventListener("room:bid", ({ detail }) => show(detail));
  area.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(flush, WAIT_MS);
  });
  addEventListener("pagehide", flush);
  const first = document.querySelector("[data-cell]");
  if (first) show(first.dataset.bid);
}

// The two panes of documents, and which of them the keys mean.
import { Pane } from "./pane.js";

const room = document.querySelector("[data-room]");
const places = room && {
  worker: new URL(room.dataset.worker, location.href).href,
  files: new URL(room.dataset.files, location.href).href,
};
export const roots = [...(room?.querySelectorAll("[data-pane]") ?? [])];
export const panes = roots.map((root) => new Pane(root, places));
let active = null;

// A narrow screen shows one pane; the viewer cannot work in one that is not shown.
export function isShown(place) {
  return roots[place].offsetParent !== null;
}

export function activePane() {
  const place = panes.indexOf(active);
  return place >= 0 && isShown(place) ? active : panes.findLast((_pane, at) => isShown(at));
}

roots.forEach((root, place) => root.addEventListener("focusin", () => (active = panes[place])));

const bids = [...new Set([...document.querySelectorAll("[data-cell]")].map((c) => c.dataset.bid))];
const waiting = new Set(panes.keys());

function fill() {
  for (const place of waiting) {
    if (!isShown(place)) continue;
    waiting.delete(place);
    panes[place].show(bids[place] ?? bids[0]);
  }
}

fill();
addEventListener("resize", fill);

// The two panes of documents, and which of them the keys mean.
import { Pane } from "./pane.js";

const room = document.querySelector("[data-room]");
const places = room && {
  worker: new URL(room.dataset.worker, location.href).href,
  files: new URL(room.dataset.files, location.href).href,
};
export const roots = [...(room?.querySelectorAll("[data-pane]") ?? [])];
export const panes = roots.map((root) => new Pane(root, places));
let active = panes[1] ?? panes[0];

export function activePane() {
  return active;
}

roots.forEach((root, place) => root.addEventListener("focusin", () => (active = panes[place])));

const bids = [...new Set([...document.querySelectorAll("[data-cell]")].map((c) => c.dataset.bid))];
panes.forEach((pane, place) => pane.show(bids[place] ?? bids[0]));

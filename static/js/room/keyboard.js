// The keys of the room. None is a bare letter, so they work under a Chinese input method; whoever
// is disturbed by them switches them off, in this browser.
import { activePane, isShown, panes, roots } from "./panes.js";
import { goOn, lastCell, saveNow } from "./criteria.js";
import { stepped } from "./marks.js";

const OFF = "room-keys-off";
const column = document.querySelector("[data-column]");
const dialog = document.querySelector("[data-keys]");

const isOn = () => localStorage.getItem(OFF) === null;
const inDocument = (place) => roots.findIndex((root) => root.contains(place));

function nextArea(by) {
  const areas = [...panes.filter((_pane, place) => isShown(place)), column];
  const now = areas.indexOf(panes[inDocument(document.activeElement)]);
  const next = areas[((now < 0 ? areas.length - 1 : now) + by + areas.length) % areas.length];
  if (next !== column) next.focus();
  else (lastCell() ?? column).focus();
}

function leave() {
  const now = inDocument(document.activeElement);
  if (now >= 0) panes[now].stopFinding();
  (lastCell() ?? column).focus();
}

const KEYS = {
  F1: () => dialog.showModal(),
  F6: () => nextArea(1),
  "Shift+F6": () => nextArea(-1),
  PageUp: () => activePane().turn(-1),
  PageDown: () => activePane().turn(1),
  "Alt+PageUp": () => activePane().step(-1),
  "Alt+PageDown": () => activePane().step(1),
  "Control+s": () => saveNow(),
  Escape: () => leave(),
};

// Keys that mean something only where the focus is.
function local(name, target) {
  const now = inDocument(target);
  if (name === "Control+f" && now >= 0) return () => panes[now].startFinding();
  if (!column?.contains(target)) return null;
  if (name === "Enter" && target.matches("[data-cell] input, [data-cell] select")) {
    return () => {
      saveNow();
      goOn();
    };
  }
  if (!target.matches(".zb-points")) return null;
  if (name === "ArrowUp") return () => stepped(target, 1);
  return name === "ArrowDown" ? () => stepped(target, -1) : null;
}

function nameOf(event) {
  const held = ["Alt", "Control", "Shift"].filter((key) => event.getModifierState(key));
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return [...held, key].join("+");
}

// While letters are being composed, Enter and the arrows belong to the input method.
function press(event) {
  if (!isOn() || event.isComposing || dialog.open) return;
  const name = nameOf(event);
  const does = local(name, event.target) ?? KEYS[name];
  if (!does) return;
  event.preventDefault();
  event.stopPropagation();
  does();
}

if (dialog && column) {
  const box = dialog.querySelector("[data-keys-on]");
  const line = document.querySelector("[data-keys-line]");
  box.checked = isOn();
  line.hidden = false;
  box.addEventListener("change", () => {
    if (box.checked) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "yes");
  });
  line.querySelector("[data-keys-show]").addEventListener("click", () => dialog.showModal());
  document.addEventListener("keydown", press, true);
}

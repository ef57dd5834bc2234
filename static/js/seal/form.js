// What is read out at the opening, and the files: read from the page, checked before anything is
// sealed. Faults are told together, each at its field.
import { capitals, fenOf, yuan } from "../core/money.js";
import { hasRoom, mark } from "./preflight.js";
import { say, show, size, words } from "./words.js";

const MOST_FILES = 1000;
const LIMIT = 2 << 30 >>> 0;
const NAME = 100;
// Such a name would make the whole bid unreadable at its opening, or show another than it is.
const UNSEEN = /[\p{C}/\\]/u;
let chosen = [];

export function field(name) {
  return document.getElementById(name);
}

export function files() {
  return chosen;
}

// {form, problems}: the form as the manifest holds it.
export async function read({ ceiling }, hasGuarantee) {
  const fen = fenOf(field("price").value);
  const days = field("period_days").value.trim();
  const quality = field("quality").value.trim().normalize("NFC");
  const problems = [
    !fen && { field: "price", message: words("price-wrong") },
    !/^[1-9]\d{0,4}$/.test(days) && { field: "period_days", message: words("period-wrong") },
    (quality === "" || quality.length > 100) && { field: "quality", message: words("quality-wrong") },
    ...ofFiles(),
    !(await hasRoom(total())) && { field: "files", message: words("files-no-room") },
    fen > ceiling && unconfirmed("over-ceiling"),
    !hasGuarantee && unconfirmed("no-guarantee"),
  ].filter(Boolean);
  return { form: { price: fen ? yuan(fen) : "", period_days: Number(days), quality }, problems };
}

function unconfirmed(name) {
  return !field(name).checked && { field: name, message: words(`confirm-${name}`) };
}

function total() {
  return chosen.reduce((sum, file) => sum + file.size, 0);
}

function ofFiles() {
  const wrong = (name, values) => ({ field: "files", message: words(name, values) });
  if (chosen.length === 0) return [wrong("files-none")];
  const names = chosen.map((file) => file.name.normalize("NFC"));
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  const strange = names.find((name) => UNSEEN.test(name));
  const long = names.find((name) => name.length > NAME);
  return [
    twice && wrong("files-same", { name: twice }),
    long && wrong("files-name", { name: long.slice(0, 40) }),
    strange && wrong("files-strange", { name: strange.replace(new RegExp(UNSEEN, "gu"), "□") }),
    chosen.length > MOST_FILES && wrong("files-many"),
    total() > LIMIT - (1 << 20) && wrong("files-large"),
  ].filter(Boolean);
}

export function prepareForm({ ceiling }) {
  field("price").addEventListener("input", () => showPrice(ceiling));
  field("price").addEventListener("blur", () => regroup());
  field("files").addEventListener("change", () => choose(field("files").files));
  const drop = document.querySelector("[data-drop]");
  drop.addEventListener("dragover", (event) => (event.preventDefault(), drop.classList.add("is-over")));
  drop.addEventListener("dragleave", () => drop.classList.remove("is-over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("is-over");
    choose(event.dataTransfer.files);
  });
}

export function refill({ price, period_days: days, quality }, ceiling) {
  field("price").value = price;
  field("period_days").value = days;
  field("quality").value = quality;
  regroup();
  showPrice(ceiling);
}

function showPrice(ceiling) {
  const fen = fenOf(field("price").value);
  say("capitals", fen ? capitals(fen) : "");
  show("over-ceiling", fen > ceiling);
  if (!fen) return;
  const percent = (((ceiling - fen) / ceiling) * 100).toFixed(2);
  if (fen > ceiling) mark("ceiling", "warn", words("ceiling-over"));
  else mark("ceiling", "ok", words("ceiling-under", { percent }));
}

function regroup() {
  const fen = fenOf(field("price").value);
  if (fen) field("price").value = yuan(fen).replace(/\B(?=(\d{3})+\.)/g, ",");
}

function choose(list) {
  chosen = [...list];
  const lines = chosen.map((file) => {
    const line = document.createElement("li");
    line.textContent = `${file.name}  ${size(file.size)}`;
    return line;
  });
  document.querySelector("[data-chosen]").replaceChildren(...lines);
}

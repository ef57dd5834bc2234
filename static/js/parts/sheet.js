// The score sheet: reads what is filled in, and keeps it as a draft every few seconds.
// Names of controls are the places that a refusal of the sheet points to. A mark out of its range
// is shown at its cell and stays out of the draft, which says so.
import { put, Refused } from "../core/api.js";
import { isBad } from "../room/marks.js";

const SAVE_MS = 5000;
const FORM = '[data-sign="score-sheet"]';

export function sheetOf(form, { takes = () => true } = {}) {
  const sheet = { checks: {}, marks: {} };
  for (const control of form.elements) {
    const [start, part, bid, item, more] = control.name?.split(".") ?? [];
    if (start !== "sheet" || more) continue;
    sheet.checks[bid] ??= {};
    sheet.marks[bid] ??= {};
    const value = part === "marks" ? mark(control) : verdict(form, control);
    if (takes(control) && value !== null) sheet[part][bid][item] = value;
  }
  return sheet;
}

function mark(control) {
  return control.value.trim().normalize("NFC") || null;
}

function verdict(form, control) {
  if (control.value === "pass") return { pass: true };
  if (control.value !== "fail") return null;
  const ground = form.elements[`${control.name}.ground`].value.trim().normalize("NFC");
  return { pass: false, ground };
}

export function keepDraft(form) {
  const draft = sheetOf(form, { takes: (control) => !isBad(control) });
  return put(`/meetings/${form.dataset.meeting}/sheet/draft`, { draft });
}

async function save(form) {
  stopSaving();
  const shown = form.querySelector("[data-draft-state]");
  const bad = [...form.querySelectorAll(".zb-points")].filter(isBad).length;
  try {
    await keepDraft(form);
    const left = bad ? ` · ${shown.dataset.left.replace("{n}", bad)}` : "";
    shown.textContent = `${shown.dataset.saved} ${new Date().toLocaleTimeString()}${left}`;
    form.dispatchEvent(new Event("draft:saved", { bubbles: true }));
  } catch (fault) {
    shown.textContent = fault instanceof Refused ? fault.message : shown.dataset.failed;
  }
}

let waiting = null;
document.addEventListener("input", (event) => {
  const form = event.target.closest(FORM);
  if (!form || !event.target.name?.startsWith("sheet.")) return;
  event.target.classList.toggle("is-invalid", isBad(event.target));
  waiting ??= setTimeout(() => form.isConnected && save(form), SAVE_MS);
});
document.addEventListener("draft:save", (event) => save(event.target));

export function stopSaving() {
  clearTimeout(waiting);
  waiting = null;
}

// The score sheet: reads what is filled in, and keeps it as a draft every few seconds.
// Names of controls are the places that a refusal of the sheet points to.
import { put } from "../core/api.js";

const SAVE_MS = 5000;
const FORM = '[data-sign="score-sheet"]';

export function sheetOf(form) {
  const sheet = { checks: {}, marks: {} };
  for (const control of form.elements) {
    const [start, part, bid, item, more] = control.name?.split(".") ?? [];
    if (start !== "sheet" || more) continue;
    sheet.checks[bid] ??= {};
    sheet.marks[bid] ??= {};
    const value = part === "marks" ? mark(control) : verdict(form, control);
    if (value !== null) sheet[part][bid][item] = value;
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

async function save(form) {
  const shown = form.querySelector("[data-draft-state]");
  try {
    await put(`/meetings/${form.dataset.meeting}/sheet/draft`, { draft: sheetOf(form) });
    shown.textContent = `${shown.dataset.saved} ${new Date().toLocaleTimeString()}`;
  } catch {
    shown.textContent = shown.dataset.failed;
  }
}

let waiting = null;
document.addEventListener("input", (event) => {
  const form = event.target.closest(FORM);
  if (!form || !event.target.name?.startsWith("sheet.")) return;
  event.target.classList.remove("is-invalid");
  waiting ??= setTimeout(() => {
    waiting = null;
    if (form.isConnected) save(form);
  }, SAVE_MS);
});

export function stopSaving() {
  clearTimeout(waiting);
  waiting = null;
}

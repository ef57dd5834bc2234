// One criterion at a time across all bids: which one, how far it is, and what is still missing.
import { panes, activePane } from "./panes.js";
import { controlOf, groundOf, stateOf } from "./marks.js";

const form = document.querySelector("[data-room] [data-sign]");
const sections = [...(form?.querySelectorAll("[data-criterion]") ?? [])];
const cells = [...(form?.querySelectorAll("[data-cell]") ?? [])];
let here = null; // the cell that was last in hand
let savedAt = null;

export function lastCell() {
  return here && controlOf(here);
}

export function showCriterion(place) {
  sections.forEach((section, number) => (section.hidden = number !== place));
  for (const button of form.querySelectorAll("[data-go]")) {
    if (Number(button.dataset.go) === place) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
}

// The next cell of the criterion, after its last the first of the next one.
export function goOn() {
  const next = cells[cells.indexOf(here) + 1];
  if (next) focusCell(next);
  else form.querySelector("[data-save]").focus();
}

export function focusCell(cell) {
  showCriterion(sections.findIndex((section) => section.contains(cell)));
  controlOf(cell).focus();
  controlOf(cell).select?.();
}

export function saveNow() {
  form?.dispatchEvent(new Event("draft:save", { bubbles: true }));
}

function draw() {
  const states = cells.map(drawCell);
  const done = states.filter((state) => state === "done").length;
  sections.forEach((section, place) => drawCriterion(section, place));
  const bar = form.querySelector("progress");
  bar.max = cells.length;
  bar.value = done;
  const shown = document.querySelector("[data-progress]");
  shown.textContent = worded(shown.dataset.done, { done, all: cells.length });
  const missing = document.getElementById("missing");
  const left = cells.length - done;
  missing.textContent = left ? worded(missing.dataset.missing, { n: left }) : missing.dataset.complete;
  form.querySelector("[data-sign-now]").setAttribute("aria-disabled", String(left > 0));
}

function drawCell(cell) {
  const state = stateOf(cell);
  cell.querySelectorAll("[data-state]").forEach((badge) => (badge.hidden = badge.dataset.state !== state));
  controlOf(cell).classList.toggle("is-invalid", state === "bad");
  controlOf(cell).setAttribute("aria-invalid", String(state === "bad"));
  const ground = groundOf(cell);
  if (ground) ground.parentElement.hidden = controlOf(cell).value !== "fail";
  return state;
}

function drawCriterion(section, place) {
  const own = [...section.querySelectorAll("[data-cell]")];
  const done = own.filter((cell) => stateOf(cell) === "done").length;
  const button = form.querySelector(`[data-go="${place}"]`);
  button.querySelector("[data-go-done]").textContent = `${done}/${own.length}`;
  button.classList.toggle("is-ok", done === own.length);
}

function take(cell) {
  here?.classList.remove("is-here");
  here = cell;
  cell.classList.add("is-here");
  mark();
  document.dispatchEvent(new CustomEvent("room:bid", { detail: cell.dataset.bid }));
}

function mark() {
  panes.forEach((pane) => pane.mark(here?.dataset.bid));
}

function drawAge() {
  const shown = document.querySelector("[data-draft-age]");
  if (!savedAt || !shown) return;
  const seconds = Math.round((Date.now() - savedAt) / 1000);
  const words = seconds < 60 ? shown.dataset.age : shown.dataset.minutes;
  const values = { s: String(seconds).padStart(2, "0"), m: Math.floor(seconds / 60) };
  shown.hidden = false;
  shown.querySelector("span").textContent = worded(words, values);
}

export function worded(words, values) {
  return words.replace(/\{(\w+)\}/g, (_whole, name) => values[name]);
}

if (form) {
  form.addEventListener("input", draw);
  form.addEventListener("change", draw);
  form.addEventListener("focusin", ({ target }) => {
    const cell = target.closest("[data-cell]");
    if (cell && cell !== here) take(cell);
  });
  form.addEventListener("click", ({ target }) => {
    const go = target.closest("[data-go]");
    if (go) showCriterion(Number(go.dataset.go));
    const open = target.closest("[data-open-bid]");
    if (open) activePane().show(open.dataset.openBid);
  });
  // The button stays reachable, and says at the first open cell what is missing.
  document.addEventListener("submit", (event) => {
    if (event.target !== form || !event.submitter?.matches("[data-sign-now]")) return;
    const open = cells.find((cell) => stateOf(cell) !== "done");
    if (!open) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    focusCell(open);
  }, true);
  form.addEventListener("submit", (event) => {
    if (!event.submitter?.matches("[data-save]")) return;
    event.preventDefault();
    saveNow();
  });
  form.addEventListener("draft:saved", () => {
    savedAt = Date.now();
    drawAge();
  });
  document.addEventListener("room:opened", mark);
  document.querySelectorAll("[data-choose], [data-progress], [data-open-bid]").forEach((each) => (each.hidden = false));
  setInterval(drawAge, 1000);
  showCriterion(0);
  draw();
}

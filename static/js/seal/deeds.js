// The buttons of the sealing page. One page at a time works on a lot: a second one says so.
import { clearProblems, showProblems } from "../parts/problems.js";
import { alone } from "./draft.js";
import { field } from "./form.js";
import { order, readNote } from "./guarantee_step.js";
import { stop } from "./office.js";
import { preflight } from "./preflight.js";
import { enrol, person } from "./signer.js";
import { showSubmit } from "./summary.js";
import { Wizard } from "./wizard.js";
import { problemsOf, show, words } from "./words.js";

const page = document.querySelector("[data-seal]");
const ALWAYS_OPEN = ["pause", "abandon", "submit"]; // the last one has its own conditions

function tell(fault) {
  if (fault.code !== "stopped") showProblems(problemsOf(fault));
}

function deedsOf(wizard) {
  return {
    begin: () => afterEnrolment(() => wizard.begin()),
    "make-key": () => wizard.makeKey(),
    "save-key": () => wizard.saveKey(),
    "upload-first": () => wizard.sealAndUpload(),
    rehearse: () => wizard.rehearse(),
    pause: () => wizard.pause(),
    abandon: () => abandon(wizard),
    submit: () => wizard.submit(),
    order: () => order(page.dataset),
    enrol: () => enrolHere(),
  };
}

let enrolment = Promise.resolve();

// What was typed and chosen meanwhile stays: the page is not loaded again.
function enrolHere() {
  enrolment = enrol().then((key) => {
    page.dataset.key = key;
    return preflight(person, key);
  });
  return enrolment;
}

// Whoever goes on while the key is being enrolled waits for it; if that fails, it says so itself.
function afterEnrolment(goOn) {
  return enrolment.then(goOn, goOn);
}

async function abandon({ sending, bid }) {
  if (!confirm(words("abandon-sure"))) return;
  sending?.abort();
  stop();
  await bid.forget();
  location.reload();
}

async function act(deeds, button) {
  const name = button.dataset.do;
  if (button.disabled) return;
  clearProblems();
  const isHeld = !ALWAYS_OPEN.includes(name);
  button.disabled = isHeld;
  try {
    await deeds[name]();
  } catch (fault) {
    tell(fault);
  } finally {
    if (isHeld) button.disabled = false;
  }
}

// Holds the lot until the page goes.
async function work() {
  const wizard = new Wizard(page.dataset);
  const deeds = deedsOf(wizard);
  page.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (button) act(deeds, button);
  });
  page.addEventListener("input", ({ target }) => {
    target.classList.remove("is-invalid");
    target.removeAttribute("aria-invalid");
  });
  field("checked").addEventListener("change", () => {
    showSubmit(wizard.bid.state, field("checked").checked);
  });
  field("guarantee-note")?.addEventListener("change", () => readNote(page.dataset).catch(tell));
  await wizard.start().catch(tell);
  return new Promise(() => {});
}

function busy() {
  show("work", false);
  show("busy", true);
}

if (page) {
  page.addEventListener("submit", (event) => event.preventDefault());
  if ("locks" in navigator) alone(page.dataset.lot, work, busy);
  else work();
}

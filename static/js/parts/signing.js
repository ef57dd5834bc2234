// Forms with data-sign collect a statement, sign it with the key in this browser, and post it.
// The page is fetched again afterwards: what the server then shows is what was recorded.
import { get, post, Refused } from "../core/api.js";
import { canonicalBytes } from "../core/canonical.js";
import { canSign, hex, keptKey, sha256, signed } from "../core/keys.js";
import { clearProblems, showProblems } from "./problems.js";
import { keepDraft, sheetOf, stopSaving } from "./sheet.js";

const person = document.documentElement.dataset.person;

async function commitment({ meeting, lot, expert }, pair) {
  const type = "expert-commitment/v1";
  const statement = { type, meeting, lot, expert, no_conflict: true };
  await post(`/meetings/${meeting}/commitment`, await signed(pair, statement));
}

async function scoreSheet(told, pair, form) {
  stopSaving();
  await keepDraft(form);
  await commitSheet(told, pair, form, sheetOf(form));
}

// My marks as they stand, once more, with the reason for keeping them.
async function keptSheet(told, pair, form) {
  const { sheets } = await get(`/meetings/${told.meeting}`);
  const mine = sheets.filter((each) => each.expert === told.expert).at(-1);
  await commitSheet(told, pair, form, mine.sheet);
}

async function commitSheet({ meeting, expert, version }, pair, form, sheet) {
  const salt = crypto.getRandomValues(new Uint8Array(32));
  const statement = {
    type: "score-sheet/v1",
    meeting,
    expert,
    version: Number(version),
    sheet_sha256: await sha256(salt, canonicalBytes(sheet)),
  };
  const reason = form.elements.reason?.value ?? "";
  const body = { ...(await signed(pair, statement)), sheet, salt: hex(salt), reason };
  await post(`/meetings/${meeting}/sheet`, body);
}

async function undertaking({ role, version, text }, pair) {
  const type = "undertaking/v1";
  const statement = { type, person, role, version: Number(version), text_sha256: text };
  await post("/undertakings", await signed(pair, statement));
}

const KINDS = {
  "expert-commitment": commitment,
  "score-sheet": scoreSheet,
  "kept-sheet": keptSheet,
  undertaking,
};

async function sign(form, button) {
  clearProblems();
  if (!form.elements.confirm.checked) {
    form.elements.confirm.classList.add("is-invalid");
    form.elements.confirm.focus();
    return;
  }
  button.disabled = true;
  try {
    const { pair } = await keptKey(person);
    await KINDS[form.dataset.sign](form.dataset, pair, form);
    location.replace(form.dataset.then ?? location.pathname + location.search);
  } catch (fault) {
    button.disabled = false;
    showProblems(fault instanceof Refused ? fault.problems : [{ message: String(fault.message) }]);
  }
}

// Shows the button where this browser can sign, and what to do instead where it cannot.
export async function prepareForms(root = document) {
  for (const form of root.querySelectorAll("[data-sign]")) {
    const place = form.parentElement;
    const known = canSign() ? await keptKey(person) : undefined;
    const isMine = known !== undefined && known.code === form.dataset.key;
    form.querySelector("[data-sign-now]").hidden = !isMine;
    place.querySelector("[data-no-crypto]").hidden = canSign();
    place.querySelector("[data-no-key]").hidden = !canSign() || isMine;
  }
}

document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button?.matches("[data-sign-now]")) return;
  event.preventDefault();
  sign(event.target, button);
});
prepareForms();

// Releasing the key of the standing bid: the file must open it, every opening key must be what the
// notice says, then the key goes to all of them, signed. The key itself stays in the worker.
import { get, post } from "../core/api.js";
import { base64, canSign, keptKey, sha256 } from "../core/keys.js";
import { clearProblems, showProblems } from "../parts/problems.js";
import { KeyFault } from "./keyfault.js";
import { ask } from "./office.js";
import { enrol, person, sign } from "./signer.js";
import { problemsOf } from "./words.js";

// The opening keys of a lot. Raises KeyFault where one's signed statement differs from the notice.
export async function checkedRecipients(lot) {
  const tender = await get(`/tenders/${lot.slice(0, lot.lastIndexOf("-"))}`);
  const shown = tender.lots.find((each) => each.lot === lot);
  const { keys } = await get(`/lots/${lot}/opening-keys`);
  for (const key of keys) {
    const stated = JSON.parse(key.statement);
    const fits =
      stated.tender === tender.tender &&
      stated.lot === lot &&
      stated.window === shown.window_minutes &&
      stated.rehearsal === tender.rehearsal &&
      stated.recipient === key.recipient;
    if (!fits) throw new KeyFault("key_differs", { key: key.key });
  }
  if (keys.length === 0) throw new KeyFault("no_opening_keys");
  return keys.map((key) => key.recipient);
}

async function release(form) {
  const { release: receipt, lot, key } = form.dataset;
  const places = [...form.querySelectorAll("[data-seal-of]")];
  const seals = Object.fromEntries(places.map((each) => [each.dataset.sealOf, each.value]));
  const file = document.getElementById("release-file").files[0];
  if (!file) throw new KeyFault("not_a_key");
  const passphrase = document.getElementById("release-passphrase").value;
  const recipients = await checkedRecipients(lot);
  const blob = await ask("release", { seals, recipients, file, passphrase });
  const statement = { type: "bid-release/v1", receipt, release_sha256: await sha256(blob) };
  const body = { ...(await sign(statement, key)), release: base64(blob) };
  await post(`/bids/${receipt}/release`, body);
  location.reload();
}

async function tried(button, deed) {
  clearProblems();
  button.disabled = true;
  try {
    await deed();
  } catch (fault) {
    showProblems(problemsOf(fault));
  } finally {
    button.disabled = false;
  }
}

// The page may be shown anew at any time: what is listened to is the document.
document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-release]");
  if (!form) return;
  event.preventDefault();
  tried(form.querySelector('[data-do="release"]'), () => release(form));
});
document.addEventListener("click", (event) => {
  const button = event.target.closest('[data-release] [data-do="enrol"]');
  if (button) tried(button, () => enrol().then(() => location.reload()));
});

// Whether the key to sign with is here is said at each form that the page shows.
let shown = null;
async function prepare() {
  const form = document.querySelector("[data-release]");
  if (!form || form === shown) return;
  shown = form;
  const known = canSign() ? await keptKey(person) : undefined;
  form.querySelector("[data-release-no-key]").hidden = known?.code === form.dataset.key;
}

if (document.getElementById("own-work")) {
  new MutationObserver(prepare).observe(document.body, { childList: true, subtree: true });
  prepare();
}

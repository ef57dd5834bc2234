// The receipt's page: checks the platform's signature and that the receipt says what was signed,
// prints, and withdraws. Nothing here is believed because the page says so.
import { ed25519 } from "@noble/curves/ed25519.js";
import { get, post } from "../core/api.js";
import { canonicalBytes } from "../core/canonical.js";
import { sha256 } from "../core/keys.js";
import { showProblems } from "../parts/problems.js";
import { sign } from "./signer.js";
import { withdrawal } from "./statement.js";
import { problemsOf } from "./words.js";

const DOMAIN = "zhaobiao-receipt/v1\n";
const LEAF = Uint8Array.of(2);

// Whether the commitment is that of the fact, and the platform's key signed it.
export async function isGenuine({ fact, salt, commitment, signature, key }) {
  const body = typeof fact === "string" ? JSON.parse(fact) : fact;
  const own = await sha256(LEAF, bytes(salt), canonicalBytes(body));
  const message = Uint8Array.from([...new TextEncoder().encode(DOMAIN), ...bytes(commitment)]);
  return own === commitment && ed25519.verify(raw(signature), message, raw(key));
}

function bytes(digits) {
  return Uint8Array.from(digits.match(/../g), (pair) => parseInt(pair, 16));
}

function raw(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

const page = document.querySelector("[data-receipt]");

async function check() {
  const good = await isGenuine(await get(`/receipts/${page.dataset.receipt}`)).catch(() => false);
  page.querySelector("[data-proof-good]").hidden = !good;
  page.querySelector("[data-proof-bad]").hidden = good;
  if (!good) page.querySelector("[data-proof]").className = "is-bad";
}

async function withdraw(dialog) {
  const { receipt, home, key } = page.dataset;
  const fits = document.getElementById("last-four").value.trim().toUpperCase() === receipt.slice(-4);
  dialog.querySelector("[data-withdraw-fault]").hidden = fits;
  if (!fits) return void document.getElementById("last-four").focus();
  const body = await sign(withdrawal(page.dataset, receipt), key);
  await post(`/lots/${page.dataset.lot}/withdrawal`, body);
  location.assign(home);
}

async function act(deed) {
  const dialog = document.querySelector("[data-withdraw]");
  if (deed === "print") print();
  if (deed === "ask-withdraw") dialog.showModal();
  if (deed === "keep-bid") dialog.close();
  if (deed !== "withdraw") return;
  try {
    await withdraw(dialog);
  } catch (fault) {
    dialog.close();
    showProblems(problemsOf(fault));
  }
}

if (page) {
  for (const button of document.querySelectorAll("[data-do]")) {
    button.hidden = false;
    button.addEventListener("click", () => act(button.dataset.do));
  }
  document.querySelector("[data-withdraw-form]")?.addEventListener("submit", (event) => {
    event.preventDefault();
    act("withdraw");
  });
  check();
}

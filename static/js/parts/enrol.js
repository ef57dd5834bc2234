// The account page: whether this browser holds the key that counts, and a button to make one.
import { post, Refused } from "../core/api.js";
import { canSign, keptKey, makeKey } from "../core/keys.js";
import { showProblems } from "./problems.js";

const box = document.querySelector("[data-make-key]");

async function prepare() {
  const { person, current } = box.dataset;
  const known = canSign() ? await keptKey(person) : undefined;
  const isHere = known !== undefined && known.code === current;
  box.querySelector("[data-key-here]").hidden = !isHere;
  box.querySelector("[data-key-elsewhere]").hidden = isHere || !canSign() || !current;
  box.querySelector("[data-no-crypto]").hidden = canSign();
  const button = box.querySelector("button");
  button.hidden = !canSign();
  button.addEventListener("click", () => make(person, button));
}

async function make(person, button) {
  button.disabled = true;
  try {
    await makeKey(person, (body) => post("/keys/statement", body));
    location.reload();
  } catch (fault) {
    button.disabled = false;
    showProblems(fault instanceof Refused ? fault.problems : [{ message: String(fault.message) }]);
  }
}

if (box) prepare();

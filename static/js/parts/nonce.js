// A party's nonce in a draw: made here, kept in this browser, its digest committed before the list
// is frozen and itself revealed after. Whoever loses it is named, and the draw goes on without it.
import { post, Refused } from "../core/api.js";
import { canSign, hex, sha256 } from "../core/keys.js";
import { keep, recall } from "../core/store.js";
import { showProblems } from "./problems.js";

function nameOf({ draw, round, party }) {
  return `nonce ${draw} ${round} ${party}`;
}

async function commit(data) {
  const nonce = crypto.getRandomValues(new Uint8Array(32));
  await keep(nameOf(data), nonce); // before it is told to anybody: what is committed can be revealed
  const body = { party: data.party, sha256: await sha256(nonce) };
  await post(`/draws/${data.draw}/commitments`, body);
}

async function reveal(data) {
  const nonce = await recall(nameOf(data));
  await post(`/draws/${data.draw}/nonces`, { party: data.party, nonce: hex(nonce) });
}

const STEPS = { commit, reveal };

async function take(button) {
  button.disabled = true;
  try {
    await STEPS[button.dataset.nonce](button.dataset);
    location.reload();
  } catch (fault) {
    button.disabled = false;
    showProblems(fault instanceof Refused ? fault.problems : [{ message: String(fault.message) }]);
  }
}

// A nonce that this browser does not hold cannot be revealed here.
export async function prepareNonces(root = document) {
  for (const button of root.querySelectorAll("[data-nonce]")) {
    const isHere = canSign() && (await recall(nameOf(button.dataset))) !== undefined;
    button.hidden = !canSign() || (button.dataset.nonce === "reveal" && !isHere);
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-nonce]");
  if (button) take(button);
});
prepareNonces();

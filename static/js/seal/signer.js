// Signing a bidder's statements with the key of this browser, and making that key where it is not.
import { post } from "../core/api.js";
import { keptKey, makeKey, signed } from "../core/keys.js";
import { KeyFault } from "./keyfault.js";

export const person = document.documentElement.dataset.person;

// The code of the key that counts from now on.
export async function enrol() {
  await makeKey(person, (body) => post("/keys/statement", body));
  return (await keptKey(person)).code;
}

// `current` is what the platform calls the key that counts. Raises KeyFault where it is not here.
export async function sign(statement, current) {
  const known = await keptKey(person);
  if (!known || known.code !== current) throw new KeyFault("no_signing_key");
  return signed(known.pair, statement);
}

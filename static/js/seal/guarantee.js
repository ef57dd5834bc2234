// The bidder's guarantee in the page: ordered under a code that hides the tender, and proved by the
// salt that only this browser (or the client's note of it) holds until the bid is opened.
import { get, post } from "../core/api.js";
import { canonicalBytes } from "../core/canonical.js";
import { hex, sha256 } from "../core/keys.js";
import { keep, recall } from "../core/store.js";

const TYPE = "guarantee-order/v1";
const SALT = /^[0-9a-f]{64}$/;

function nameOf(person, lot) {
  return `guarantee ${person} ${lot}`;
}

// Orders from this issuer; the salt is kept before anything is told.
export async function orderGuarantee({ person, lot, issuer }) {
  const tender = await get(`/tenders/${lot.slice(0, lot.lastIndexOf("-"))}`);
  const shown = tender.lots.find((each) => each.lot === lot);
  const salt = crypto.getRandomValues(new Uint8Array(32));
  const named = {
    type: TYPE,
    tender: tender.tender,
    lot,
    beneficiary: tender.procuring_entity.code,
    required_fen: shown.guarantee_fen,
    deadline: shown.deadline,
  };
  await keep(nameOf(person, lot), { salt: hex(salt), named });
  const code = await sha256(salt, canonicalBytes(named));
  return post(`/lots/${lot}/guarantee-orders`, { issuer, code });
}

// What was kept when it was ordered: {salt, named}, or undefined.
export function noteOf(person, lot) {
  return recall(nameOf(person, lot));
}

// Takes the note that another browser or the client keeps. Whether it is one for this lot.
export async function takeNote(person, lot, text) {
  const note = read(text);
  if (!SALT.test(note?.salt ?? "") || note.named?.lot !== lot) return false;
  await keep(nameOf(person, lot), { salt: note.salt, named: note.named });
  return true;
}

// What the manifest says of the guarantee; null where none was issued or its salt is not here.
export async function preimageOf(person, lot) {
  const note = await noteOf(person, lot);
  if (!note) return null;
  const { orders } = await get(`/lots/${lot}/guarantee-orders/mine`);
  const issued = orders.find((each) => each.state === "issued");
  if (!issued) return null;
  const { salt, named } = note;
  return { order: issued.order, salt, deadline: named.deadline, sha256: issued.sha256 };
}

function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

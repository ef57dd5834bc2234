// A person's signing key in this browser: ECDSA P-256, made here, its private half not extractable
// and kept in IndexedDB under the person's code. The platform gets the public half and a proof.
import { canonicalBytes } from "./canonical.js";
import { keep, recall } from "./store.js";

const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const SIGNING = { name: "ECDSA", hash: "SHA-256" };
const PROOF_DOMAIN = "zhaobiao-key-proof/v1\n";

export function canSign() {
  return Boolean(globalThis.crypto?.subtle && globalThis.indexedDB);
}

// {code, pair} of this person, or undefined: `code` is what the platform calls the key.
export function keptKey(person) {
  return recall(person);
}

export async function makeKey(person, enrol) {
  const pair = await crypto.subtle.generateKey(CURVE, false, ["sign"]);
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey));
  const proof = await signature(pair, joined(utf8(`${PROOF_DOMAIN}${person}\n`), spki));
  const { code } = await enrol({ spki: base64(spki), proof });
  await keep(person, { code, pair });
  return code;
}

export async function signed(pair, statement) {
  return { statement, signature: await signature(pair, canonicalBytes(statement)) };
}

export async function sha256(...parts) {
  return hex(await crypto.subtle.digest("SHA-256", joined(...parts)));
}

export function hex(buffer) {
  return [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function base64(bytes) {
  return btoa(String.fromCharCode(...bytes));
}

// WebCrypto gives r and s side by side; the platform takes DER: SEQUENCE of two INTEGERs.
export function der(raw) {
  const half = raw.length / 2;
  const body = joined(integer(raw.subarray(0, half)), integer(raw.subarray(half)));
  return joined(Uint8Array.of(0x30, body.length), body);
}

// The shortest form that is not negative: no leading zeros but one before a set high bit.
function integer(digits) {
  const first = digits.findIndex((byte) => byte !== 0);
  const short = digits.subarray(first < 0 ? digits.length - 1 : first);
  const value = short[0] & 0x80 ? joined(Uint8Array.of(0), short) : short;
  return joined(Uint8Array.of(0x02, value.length), value);
}

async function signature(pair, bytes) {
  const raw = await crypto.subtle.sign(SIGNING, pair.privateKey, bytes);
  return base64(der(new Uint8Array(raw)));
}

function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function utf8(text) {
  return new TextEncoder().encode(text);
}

// Canonical JSON as it is signed: the subset of RFC 8785 of tests/vectors/canonical.json.
// ASCII keys, text in NFC, whole numbers, booleans and null; anything else has no one byte form.
const KEY = /^[\x21-\x7e]{1,100}$/;
const LONE_SURROGATE = /\p{Surrogate}/u;

export function canonical(value) {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") return whole(value);
  if (typeof value === "string") return text(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value === "object") return object(value);
  throw new TypeError(`${typeof value} has no canonical form`);
}

export function canonicalBytes(value) {
  return new TextEncoder().encode(canonical(value));
}

function whole(value) {
  if (!Number.isSafeInteger(value)) throw new TypeError("not a whole number in range");
  return String(value === 0 ? 0 : value);
}

function text(value) {
  if (value.normalize("NFC") !== value || LONE_SURROGATE.test(value)) {
    throw new TypeError("text is not NFC");
  }
  return JSON.stringify(value);
}

function object(value) {
  const names = Object.keys(value).sort();
  const wrong = names.find((name) => !KEY.test(name));
  if (wrong !== undefined) throw new TypeError("not an ASCII key");
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
}

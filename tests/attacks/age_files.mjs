// Reads age files as the page's own library does. On standard input {identity, files: {name:
// base64}, flips: [[place, mask]…]}, the flips to be made one by one in the file "good"; out come
// the public vectors of age (C2SP CCTV) and the digest of what was opened of each, null for none.
import { readFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { inflateSync } from "node:zlib";
import * as vectors from "cctv-age";
import { Decrypter, armor } from "age-encryption";

const given = JSON.parse(readFileSync(0, "utf-8"));

function read(raw) {
  const buffer = Buffer.from(raw);
  const end = buffer.indexOf("\n\n");
  const says = {};
  for (const line of buffer.subarray(0, end).toString().split("\n")) {
    const [name, ...rest] = line.split(": ");
    (says[name] ??= []).push(rest.join(": "));
  }
  const body = buffer.subarray(end + 2);
  return { says, body: says.compressed ? inflateSync(body) : body };
}

async function opened(body, { identity = [], passphrase = [], armored }) {
  try {
    const reader = new Decrypter();
    identity.forEach((each) => reader.addIdentity(each));
    passphrase.forEach((each) => reader.addPassphrase(each));
    const plain = await reader.decrypt(armored ? armor.decode(body.toString()) : new Uint8Array(body));
    return createHash("sha256").update(plain).digest("hex");
  } catch {
    return null;
  }
}

const told = { vectors: {}, files: {} };
for (const [name, raw] of Object.entries(vectors)) {
  if (!(raw instanceof Uint8Array)) continue;
  const { says, body } = read(raw);
  told.vectors[name] = { says, body: body.toString("base64"), opened: await opened(body, says) };
}
for (const [name, text] of Object.entries(given.files)) {
  told.files[name] = await opened(Buffer.from(text, "base64"), { identity: [given.identity] });
}
told.flips = [];
const good = Buffer.from(given.files.good ?? "", "base64");
for (const [place, mask] of given.flips) {
  const bent = Buffer.from(good);
  bent[place] ^= mask;
  told.flips.push(await opened(bent, { identity: [given.identity] }));
}
console.log(JSON.stringify(told));

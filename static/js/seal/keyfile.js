// The key of a bid as a file: an age identity file (one line per envelope, remarks before it) that
// the plain `age` tool reads too, locked by a passphrase. Runs in the worker only: no other code of
// the page ever holds a key.
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from "age-encryption";
import { KeyFault } from "./keyfault.js";

const IDENTITY = /^AGE-SECRET-KEY-1[0-9A-Z]{58}$/;
const LIMIT = 64_000;

// A fresh key for each envelope: {seals by name, the locked file}. The keys are not kept here.
export async function makeKeyFile({ lot, names, passphrase }) {
  const seals = {};
  const lines = [`# zhaobiao bid key`, `# lot: ${lot}`];
  for (const name of names) {
    const identity = await generateX25519Identity(); // a hybrid one could not be opened by all
    seals[name] = await identityToRecipient(identity);
    lines.push(`# envelope: ${name}`, `# public key: ${seals[name]}`, identity);
  }
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase);
  return { seals, file: await encrypter.encrypt(`${lines.join("\n")}\n`) };
}

// The keys of `seals` by name. Raises KeyFault: not_a_key, locked, wrong_passphrase, other_key.
export async function keysFor(seals, { file, passphrase }) {
  if (file.size > LIMIT) throw new KeyFault("not_a_key");
  const text = await opened(new Uint8Array(await file.arrayBuffer()), passphrase);
  const known = {};
  for (const identity of text.split(/\r?\n/).map((line) => line.trim())) {
    if (IDENTITY.test(identity)) known[await identityToRecipient(identity)] = identity;
  }
  if (Object.keys(known).length === 0) throw new KeyFault("not_a_key");
  const missing = Object.values(seals).some((seal) => !(seal in known));
  if (missing) throw new KeyFault("other_key", { lot: /^# lot: (\S+)$/m.exec(text)?.[1] ?? "" });
  return Object.fromEntries(Object.entries(seals).map(([name, seal]) => [name, known[seal]]));
}

async function opened(raw, passphrase) {
  const start = new TextDecoder().decode(raw.subarray(0, 400));
  if (!start.startsWith("age-encryption.org/v1\n")) return new TextDecoder().decode(raw);
  if (!start.includes("\n-> scrypt ")) throw new KeyFault("not_a_key");
  if (!passphrase) throw new KeyFault("locked");
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase);
  try {
    return await decrypter.decrypt(raw, "text");
  } catch {
    throw new KeyFault("wrong_passphrase");
  }
}

// The keys encrypted to every opening key.
export async function released(keys, recipients) {
  const encrypter = new Encrypter();
  for (const each of recipients) encrypter.addRecipient(each);
  return encrypter.encrypt(JSON.stringify(keys));
}

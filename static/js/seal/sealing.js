// Packs and seals an envelope as a stream: manifest and files as one tar, age for one seal, parts
// of 8 MiB each hashed and kept. Memory stays flat whatever the files weigh. Runs in the worker.
import { Encrypter } from "age-encryption";
import { sha256 } from "@noble/hashes/sha2.js";
import { hex } from "../core/keys.js";
import { KeyFault } from "./keyfault.js";
import { tarOf, tarSize } from "./tar.js";

export const PART = 8 << 20;

// `keep` takes each part in order. Returns what the statement says of the envelope, and the files.
export async function sealEnvelope({ name, seal, form, files, guarantee }, keep, tell) {
  const listed = await digests(files, tell);
  const manifest = manifestOf(form, listed, guarantee);
  const members = [
    { name: "manifest.json", size: manifest.length, chunks: () => [manifest] },
    ...files.map((file, at) => ({ name: listed[at].name, size: file.size, chunks: () => chunksOf(file) })),
  ];
  const total = tarSize(members);
  const encrypter = new Encrypter();
  encrypter.addRecipient(seal);
  const plain = ReadableStream.from?.(tarOf(members)) ?? streamOf(tarOf(members));
  const sealed = await encrypter.encrypt(plain);
  const parts = [];
  let bytes = 0;
  for await (const part of inParts(sealed)) {
    parts.push(hex(await crypto.subtle.digest("SHA-256", part)));
    await keep(part, bytes);
    bytes += part.length;
    tell({ phase: "seal", done: Math.min(bytes, total), total });
  }
  const envelope = { name, seal, bytes, parts_sha256: parts, manifest_sha256: hex(sha256(manifest)) };
  return { envelope, files: listed };
}

// Name, size and digest of every file, as the manifest lists them.
async function digests(files, tell) {
  const total = files.reduce((sum, file) => sum + file.size, 0);
  const listed = [];
  let done = 0;
  for (const file of files) {
    const digest = sha256.create();
    for await (const chunk of chunksOf(file)) {
      digest.update(chunk);
      done += chunk.length;
      tell({ phase: "read", done, total, file: listed.length });
    }
    const name = file.name.normalize("NFC");
    listed.push({ name, bytes: file.size, sha256: hex(digest.digest()) });
  }
  return listed;
}

// The salt hides the manifest behind its digest, which is signed and one day public.
function manifestOf({ price, period_days, quality }, files, guarantee) {
  const salt = hex(crypto.getRandomValues(new Uint8Array(32)));
  const value = { v: 1, salt, form: { price, period_days, quality }, files, guarantee };
  return new TextEncoder().encode(JSON.stringify(value));
}

// What changed on the disk while it was read must not be sealed under an older digest.
async function* chunksOf(file) {
  let seen = 0;
  const reader = file.stream().getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      seen += value.length;
      yield value;
    }
  } catch {
    throw new KeyFault("file_changed", { name: file.name });
  }
  if (seen !== file.size) throw new KeyFault("file_changed", { name: file.name });
}

async function* inParts(stream) {
  const reader = stream.getReader();
  let part = new Uint8Array(PART);
  let used = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    for (let at = 0; at < value.length; ) {
      const taken = Math.min(PART - used, value.length - at);
      part.set(value.subarray(at, at + taken), used);
      used += taken;
      at += taken;
      if (used < PART) continue;
      yield part;
      part = new Uint8Array(PART);
      used = 0;
    }
  }
  if (used) yield part.subarray(0, used);
}

function streamOf(chunks) {
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
}

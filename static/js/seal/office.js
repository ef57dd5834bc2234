// The page's side of the worker: one deed, one promise. Under trusted types only this one script
// may be started, and only from our own address.
import { KeyFault } from "./keyfault.js";

const SCRIPT = /^\/static\/dist\/seal-worker-[A-Z0-9]{8}\.js$/;
const waiting = new Map();
let policy = null;
let worker = null;
let last = 0;

export function ask(deed, given, onNews = () => {}) {
  worker ??= started();
  last += 1;
  const number = last;
  return new Promise((resolve, reject) => {
    waiting.set(number, { resolve, reject, onNews });
    worker.postMessage({ number, deed, given });
  });
}

// Ends what the worker is doing; what was asked is answered with `stopped`.
export function stop() {
  worker?.terminate();
  worker = null;
  for (const { reject } of waiting.values()) reject(new KeyFault("stopped"));
  waiting.clear();
}

function started() {
  const { worker: address } = document.querySelector("[data-worker]").dataset;
  const made = new Worker(trusted(address), { type: "module" });
  made.addEventListener("message", ({ data }) => heard(data));
  made.addEventListener("error", (event) => {
    for (const { reject } of waiting.values()) reject(new KeyFault("unexpected", { why: event.message }));
    waiting.clear();
  });
  return made;
}

function heard({ number, news, result, fault }) {
  const asked = waiting.get(number);
  if (!asked) return;
  if (news) return void asked.onNews(news);
  waiting.delete(number);
  if (fault) asked.reject(new KeyFault(fault.code, { why: fault.message, ...fault.values }));
  else asked.resolve(result);
}

function trusted(address) {
  policy ??= globalThis.trustedTypes?.createPolicy("zhaobiao", { createScriptURL: ours }) ?? {
    createScriptURL: ours,
  };
  return policy.createScriptURL(address);
}

function ours(address) {
  if (!SCRIPT.test(address)) throw new TypeError("not the worker's script");
  return address;
}

// What must be right before a bid is sealed here, each check in words: what this browser can do,
// whether the key to sign with is here, how far its clock is off the platform's.
import { canSign, keptKey } from "../core/keys.js";
import { canKeep } from "./shelf.js";
import { words } from "./words.js";

const CLOCK_TOLERANCE_MS = 2000;
const ICONS = { ok: "#check-circle-fill", warn: "#exclamation-triangle-fill", bad: "#x-octagon-fill" };

export function mark(name, state, text) {
  const item = document.querySelector(`[data-check="${name}"]`);
  if (!item) return;
  item.className = `is-${state}`;
  item.querySelector("[data-check-word]").textContent = words(`check-${state}`);
  item.querySelector("[data-check-state]").className = `zb-state is-${state}`;
  item.querySelector("[data-check-text]").textContent = text;
  item.querySelectorAll("use").forEach((use) => {
    const file = use.getAttribute("href").split("#")[0];
    use.setAttribute("href", file + ICONS[state]);
  });
}

// Whether nothing stands in the way.
export async function preflight(person, current) {
  const browser = checkBrowser();
  await Promise.all([checkStorage(), checkClock()]);
  const key = browser && (await checkKey(person, current));
  return browser && key;
}

function checkBrowser() {
  const isAble = canSign() && "locks" in navigator && typeof Worker === "function";
  mark("browser", isAble ? "ok" : "bad", words(isAble ? "browser-ok" : "browser-bad"));
  return isAble;
}

async function checkKey(person, current) {
  const known = await keptKey(person);
  const isHere = known !== undefined && known.code === current;
  mark("key", isHere ? "ok" : "bad", words(isHere ? "key-ok" : current ? "key-elsewhere" : "key-none"));
  document.querySelector("[data-make-signing-key]").hidden = isHere;
  return isHere;
}

// A browser that does not promise to keep what it holds is told, and so is one that cannot.
async function checkStorage() {
  if (!(await canKeep())) return mark("storage", "warn", words("storage-none"));
  const promised = await navigator.storage.persist?.().catch(() => false);
  const { quota = 0, usage = 0 } = await navigator.storage.estimate();
  const free = { free: `${((quota - usage) / 1e9).toFixed(1)} GB` };
  if (promised) return mark("storage", "ok", words("storage-ok", free));
  return mark("storage", "warn", words("storage-unpromised", free));
}

// Room for what will be sealed, once the files are chosen.
export async function hasRoom(bytes) {
  if (!(await canKeep())) return true; // kept in memory then, which no figure tells
  const { quota, usage = 0 } = await navigator.storage.estimate();
  return quota === undefined || quota - usage > bytes * 1.05;
}

async function checkClock() {
  const sent = Date.now();
  const answer = await fetch("/healthz", { cache: "no-store" }).catch(() => null);
  const told = Date.parse(answer?.headers.get("Date") ?? "");
  if (Number.isNaN(told)) return mark("clock", "warn", words("clock-unknown"));
  // The header is cut to whole seconds: on average half a second more has passed.
  const off = (sent + Date.now()) / 2 - (told + 500);
  const seconds = Math.round(Math.abs(off) / 1000);
  if (Math.abs(off) < CLOCK_TOLERANCE_MS) return mark("clock", "ok", words("clock-ok"));
  return mark("clock", "warn", words(off > 0 ? "clock-ahead" : "clock-behind", { seconds }));
}

// Elements with data-live="topic" show the server's page anew whenever that topic moves, and every
// few seconds while data-often marks what no topic tells. What somebody types into is left alone.
import { onLiveState, watch } from "../core/live.js";
import { prepareNonces } from "./nonce.js";
import { prepareForms } from "./signing.js";

const WAIT_MS = 150;
const OFTEN_MS = 5000;
const KINDS = { now: "is-ok", behind: "is-active", polling: "is-active", lost: "is-warn" };
let waiting = null;

async function renew() {
  const address = document.documentElement.dataset.page || location.href;
  const answer = await fetch(address, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = [...page.querySelectorAll("[data-live]")];
  [...document.querySelectorAll("[data-live]")].forEach((old, place) => {
    const next = old.id ? page.getElementById(old.id) : fresh[place];
    if (next && !isBusy(old, next)) old.replaceWith(document.adoptNode(next));
  });
  prepareForms();
  prepareNonces();
  follow(page);
}

// A step that is over may go, whatever was typed into its form; otherwise a person's work stays.
function isBusy(old, next) {
  if (old.dataset.step !== next.dataset.step) return false;
  const isTyping = old.contains(document.activeElement) && document.activeElement !== document.body;
  return isTyping || [...old.querySelectorAll("input, textarea, select")].some(isTouched);
}

function isTouched(control) {
  if (control.type === "checkbox" || control.type === "radio") {
    return control.checked !== control.defaultChecked;
  }
  return control.type !== "hidden" && control.value !== (control.defaultValue ?? control.value);
}

function soon() {
  waiting ??= setTimeout(() => {
    waiting = null;
    renew();
  }, WAIT_MS);
}

// Up to which number a page shows each topic, its server wrote into the chip.
function follow(page) {
  for (const feed of page.querySelectorAll("[data-live-chip] [data-topic]")) {
    watch(feed.dataset.topic, Number(feed.value), soon);
  }
}

function showState({ received, published, mode }) {
  const chip = document.querySelector("[data-live-chip]");
  if (!chip) return;
  const words = chip.dataset[`live${mode[0].toUpperCase()}${mode.slice(1)}`];
  const numbers = mode === "lost" ? `${received}/?` : `${received}/${published}`;
  chip.className = `zb-live ${KINDS[mode]}`;
  chip.querySelector("[data-live-words]").textContent = `${numbers} ${words}`;
}

if (document.querySelector("[data-live-chip]")) {
  follow(document);
  onLiveState(showState);
  setInterval(() => document.querySelector("[data-often]") && renew(), OFTEN_MS);
}

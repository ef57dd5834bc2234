// What a page watches. Each topic keeps its own number: what was seen is dropped, a gap is asked for
// again, and after a lost socket the watch goes on where it stopped. Above the cap, or when the
// rights of this page have ended, the page polls and nothing is lost.
import { openLink } from "./tabs.js";

const POLL_MS = 2000;
const topics = new Map(); // topic → {last, head, audience, onEntry}
let link = null;
let state = "lost";
let polling = null;
let onState = () => {};

// `after` is the number up to which the page already shows everything.
export function watch(topic, after, onEntry) {
  if (topics.has(topic)) return;
  topics.set(topic, { last: after, head: after, audience: null, onEntry });
  link ??= openLink(document.documentElement.dataset.person, { onOpen, onEntry: take, onLost });
  if (state === "open") ask(topic);
}

export function onLiveState(listener) {
  onState = listener;
  tell();
}

function onOpen() {
  state = "open";
  clearInterval(polling);
  polling = null;
  topics.forEach((_, topic) => ask(topic));
  tell();
}

function onLost(how) {
  state = how;
  if (how === "poll") polling ??= setInterval(poll, POLL_MS);
  tell();
}

function take(entry) {
  const seen = topics.get(entry.topic);
  if (!seen || entry.seq <= seen.last) return;
  seen.head = Math.max(seen.head, entry.seq);
  if (entry.seq > seen.last + 1) {
    ask(entry.topic);
    return;
  }
  seen.last = entry.seq;
  tell();
  seen.onEntry(entry);
}

async function ask(topic) {
  const answer = await link.watch(topic, topics.get(topic).last);
  if (read(topic, answer)) ask(topic);
}

// Whether there is more to ask for.
function read(topic, answer) {
  const seen = topics.get(topic);
  if (!seen) return false;
  if (answer.error) {
    topics.delete(topic);
    return false;
  }
  const isOther = seen.audience !== null && answer.audience !== seen.audience;
  seen.audience = answer.audience;
  if (isOther) {
    seen.last = seen.head = 0;
    return true;
  }
  seen.head = answer.head;
  answer.entries.forEach(take);
  tell();
  return answer.more;
}

async function poll() {
  for (const [topic, seen] of topics) {
    const answer = await fetch(`/live/${topic}?after=${seen.last}`).catch(() => null);
    if (answer?.ok) read(topic, await answer.json());
    else if (answer?.status === 404) topics.delete(topic);
  }
}

function tell() {
  const all = [...topics.values()];
  const received = all.reduce((sum, seen) => sum + seen.last, 0);
  const published = all.reduce((sum, seen) => sum + seen.head, 0);
  onState({ received, published, mode: mode(received, published) });
}

function mode(received, published) {
  if (polling) return "polling";
  if (state !== "open") return "lost";
  return received < published ? "behind" : "now";
}

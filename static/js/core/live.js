// One socket for all topics of a page. Each topic keeps its own number: what was seen is dropped,
// a gap is asked for again, and after a lost socket the watch goes on where it stopped.
// Above the cap, or when another tab took the socket, the page polls and nothing is lost.
import { io } from "socket.io-client";

const POLL_MS = 2000;
const topics = new Map(); // topic → {last, head, audience, onEntry}
let socket = null;
let polling = null;
let onState = () => {};

// `after` is the number up to which the page already shows everything.
export function watch(topic, after, onEntry) {
  if (topics.has(topic)) return;
  topics.set(topic, { last: after, head: after, audience: null, onEntry });
  socket ??= connected();
  if (socket.connected) ask(topic);
}

export function onLiveState(listener) {
  onState = listener;
  tell();
}

function connected() {
  const made = io({ transports: ["websocket"] });
  made.on("connect", () => {
    stopPolling();
    topics.forEach((_, topic) => ask(topic));
    tell();
  });
  made.on("entry", take);
  made.on("connect_error", (fault) => (fault.data?.use === "poll" ? pollInstead() : tell()));
  // Another tab of this browser took the one socket, or the rights ended: polling tells which.
  made.on("disconnect", (reason) => (reason === "io server disconnect" ? pollInstead() : tell()));
  return made;
}

function take(entry) {
  const state = topics.get(entry.topic);
  if (!state || entry.seq <= state.last) return;
  state.head = Math.max(state.head, entry.seq);
  if (entry.seq > state.last + 1) {
    ask(entry.topic);
    return;
  }
  state.last = entry.seq;
  tell();
  state.onEntry(entry);
}

function ask(topic) {
  const { last } = topics.get(topic);
  socket.emit("watch", { topic, after: last }, (answer) => {
    if (read(topic, answer)) ask(topic);
  });
}

// Whether there is more to ask for.
function read(topic, answer) {
  const state = topics.get(topic);
  if (answer.error) {
    topics.delete(topic);
    return false;
  }
  const isOther = state.audience !== null && answer.audience !== state.audience;
  state.audience = answer.audience;
  if (isOther) {
    state.last = state.head = 0;
    return true;
  }
  state.head = answer.head;
  answer.entries.forEach(take);
  tell();
  return answer.more;
}

async function poll() {
  for (const [topic, state] of topics) {
    const answer = await fetch(`/live/${topic}?after=${state.last}`).catch(() => null);
    if (answer?.ok) read(topic, await answer.json());
    else if (answer?.status === 404) topics.delete(topic);
  }
}

function pollInstead() {
  socket.disconnect();
  polling ??= setInterval(poll, POLL_MS);
  tell();
}

function stopPolling() {
  clearInterval(polling);
  polling = null;
}

function tell() {
  const all = [...topics.values()];
  const received = all.reduce((sum, state) => sum + state.last, 0);
  const published = all.reduce((sum, state) => sum + state.head, 0);
  onState({ received, published, mode: mode(received, published) });
}

function mode(received, published) {
  if (polling) return "polling";
  if (!socket?.connected) return "lost";
  return received < published ? "behind" : "now";
}

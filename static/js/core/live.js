// Watches one topic: joins by socket, asks again on a gap, polls when sockets are full.
// The server's numbering decides; what was seen before is dropped.
import { io } from "socket.io-client";

const POLL_MS = 2000;

export function watch(topic, onEntry) {
  const state = { last: 0, audience: null, polling: null };
  const socket = io({ transports: ["websocket"] });

  function take(entry) {
    if (entry.topic !== topic || entry.seq <= state.last) return;
    if (entry.seq > state.last + 1) {
      ask();
      return;
    }
    state.last = entry.seq;
    onEntry(entry);
  }

  function read(answer) {
    if (answer.error) return;
    if (state.audience !== null && answer.audience !== state.audience) state.last = 0;
    state.audience = answer.audience;
    answer.entries.forEach(take);
    if (answer.more) ask();
  }

  function ask() {
    socket.emit("watch", { topic, after: state.last }, read);
  }

  async function poll() {
    const answer = await fetch(`/live/${topic}?after=${state.last}`);
    if (answer.ok) read(await answer.json());
  }

  socket.on("connect", ask);
  socket.on("entry", take);
  function pollInstead() {
    socket.disconnect();
    state.polling ??= setInterval(poll, POLL_MS);
  }

  socket.on("connect_error", (fault) => {
    if (fault.data?.use === "poll") pollInstead();
  });
  // Another tab of this browser took the one socket, or the rights ended: polling tells which.
  socket.on("disconnect", (reason) => {
    if (reason === "io server disconnect") pollInstead();
  });
}

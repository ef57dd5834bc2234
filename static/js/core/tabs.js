// One socket for all pages that a person has open in a browser: the page that holds the lock has it
// and asks for the others; when it goes, the lock and the socket pass to the next. Without Web Locks
// (no secure context) each page has its own, and the server keeps the newest.
import { openSocket } from "./socket.js";

export function openLink(person, heard) {
  const name = `live ${person}`;
  if (!navigator.locks || !globalThis.BroadcastChannel) return openSocket(heard);
  const tab = new Tab(new BroadcastChannel(name), heard);
  navigator.locks.request(name, () => tab.lead());
  return tab;
}

class Tab {
  constructor(channel, heard) {
    Object.assign(this, { channel, heard, id: crypto.randomUUID() });
    this.waiting = new Map(); // topic → who waits for its answer here
    this.mine = new Set();
    channel.onmessage = ({ data }) => (this.socket ? this.serve(data) : this.hear(data));
    addEventListener("pagehide", () => this.mine.forEach((topic) => this.leave(topic)));
    this.send({ hello: true });
  }

  send(message) {
    this.channel.postMessage({ from: this.id, ...message });
  }

  watch(topic, after) {
    this.mine.add(topic);
    if (this.socket) return this.ask(topic, after, this.id);
    this.send({ watch: topic, after });
    return new Promise((done) => this.waiting.set(topic, done));
  }

  leave(topic) {
    if (this.socket) this.drop(topic, this.id);
    else this.send({ leave: topic });
  }

  // What the page with the socket says to one or to all.
  hear({ to, state, entry, topic, answer }) {
    if (to && to !== this.id) return;
    if (entry) this.heard.onEntry(entry);
    if (answer) this.waiting.get(topic)?.(answer);
    if (state) this.take(state);
  }

  take(state) {
    if (state === "open") this.heard.onOpen();
    else this.heard.onLost(state);
  }

  // From here on: the page with the socket. The lock is held for as long as the page lives.
  lead() {
    this.users = new Map(); // topic → the pages that watch it
    this.state = "lost";
    this.socket = openSocket({
      onOpen: () => this.tell("open"),
      onLost: (how) => this.tell(how),
      onEntry: (entry) => {
        this.send({ entry });
        this.heard.onEntry(entry);
      },
    });
    return new Promise(() => {});
  }

  tell(state) {
    this.state = state;
    this.send({ state });
    this.take(state);
  }

  // What other pages want.
  async serve({ from, hello, watch, after, leave }) {
    if (hello) this.send({ to: from, state: this.state });
    if (leave) this.drop(leave, from);
    if (watch) this.send({ to: from, topic: watch, answer: await this.ask(watch, after, from) });
  }

  ask(topic, after, page) {
    this.users.set(topic, (this.users.get(topic) ?? new Set()).add(page));
    return this.socket.watch(topic, after);
  }

  drop(topic, page) {
    const users = this.users.get(topic);
    if (users?.delete(page) && !users.size) {
      this.users.delete(topic);
      this.socket.leave(topic);
    }
  }
}

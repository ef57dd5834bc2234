// Sends a sealed envelope in parts and goes on where the platform says: after a lost network, a
// reload, or a part that arrived although its answer did not. Nothing is sent twice.
import { get, post, putBlob, Refused } from "../core/api.js";

const PART = 8 << 20;
const LONGEST_WAIT_MS = 10_000;
const TRIES_WITH_OTHER_DIGESTS = 3;

export class Upload {
  // `keepCode` writes down the platform's name of the upload; `tell` hears {state, have, rate}.
  constructor({ lot, blob, digests, code, keepCode, tell, signal }) {
    Object.assign(this, { lot, blob, digests, code, keepCode, tell, signal });
    this.resumed = code ? 1 : 0;
    this.differed = 0;
  }

  // Resolves with the upload's code when every byte has arrived with the digest that is signed.
  async run() {
    this.began = performance.now();
    for (let failures = 0; ; ) {
      try {
        await this.agree();
        while (this.have < this.blob.size) {
          await this.part();
          failures = 0;
        }
        return this.code;
      } catch (fault) {
        this.signal.throwIfAborted();
        if (!isPassing(fault)) throw fault;
        failures += 1;
        await this.recover(fault, failures);
      }
    }
  }

  // Where to go on; a new upload where there is none, or where the platform dropped the old one.
  async agree() {
    if (this.code) {
      try {
        this.have = (await get(`/uploads/${this.code}`)).have;
      } catch (fault) {
        if (fault.status !== 404) throw fault;
        this.code = null;
      }
    }
    if (!this.code) {
      this.have = 0;
      this.code = (await post(`/lots/${this.lot}/uploads`, { size: this.blob.size })).upload;
      await this.keepCode(this.code);
    }
    this.from = this.have;
    this.began = performance.now();
    this.say("sending");
  }

  async part() {
    const number = this.have / PART;
    const body = this.blob.slice(this.have, this.have + PART);
    const address = `/uploads/${this.code}?offset=${this.have}`;
    const answer = await putBlob(address, body, this.signal);
    if (answer.sha256 !== this.digests[number]) return this.startOver();
    this.have = answer.have;
    this.say("sending");
    return undefined;
  }

  // A part that arrived otherwise than it was sealed cannot be taken back: the upload is begun anew.
  async startOver() {
    this.differed += 1;
    if (this.differed === TRIES_WITH_OTHER_DIGESTS) throw new Error("digests differ");
    this.code = null;
    this.say("differs");
    await this.agree();
  }

  async recover(fault, failures) {
    this.resumed += 1;
    this.say(fault instanceof Refused ? "waiting" : "lost");
    const wait = (fault.wait ?? 0) * 1000 || Math.min(500 * 2 ** failures, LONGEST_WAIT_MS);
    await soonerOf(wait, this.signal);
  }

  say(state) {
    const seconds = (performance.now() - this.began) / 1000;
    const rate = seconds > 0 ? (this.have - this.from) / seconds : 0;
    const { have = 0, resumed } = this;
    this.tell({ state, have, total: this.blob.size, rate, resumed, part: PART });
  }
}

// What passes by itself: no network, a busy or throttled platform, a part that has arrived already.
function isPassing(fault) {
  if (fault.code === "upload.too_many") return false; // that passes in minutes
  if (fault instanceof Refused) {
    return fault.code === "upload.wrong_offset" || fault.status === 429 || fault.status >= 500;
  }
  return fault instanceof TypeError;
}

// After this time, or as soon as the browser is on line again or the person stops.
function soonerOf(milliseconds, signal) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    addEventListener("online", done);
    signal.addEventListener("abort", done);
  });
}

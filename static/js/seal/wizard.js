// The sealing page: which step follows which; its buttons hang on `deeds`.
import { showProblems } from "../parts/problems.js";
import { Bid } from "./bid.js";
import { Draft } from "./draft.js";
import { field, files, prepareForm, read, refill } from "./form.js";
import { checkGuarantee, hasGuarantee } from "./guarantee_step.js";
import { emptied, saveFile, typedKey, typedPassphrase } from "./keystep.js";
import { preflight } from "./preflight.js";
import { showSealing, showUpload } from "./progress.js";
import { person } from "./signer.js";
import { stand } from "./steps.js";
import { showBid, showKey, showSubmit } from "./summary.js";
import { say, show, words } from "./words.js";

export class Wizard {
  // `lot` is what the page says of it: codes, ceiling, deadline, what stands.
  constructor(lot) {
    this.lot = lot;
    this.began = performance.now();
    this.sending = null;
  }

  get ceiling() {
    return Number(this.lot.ceiling);
  }

  async start() {
    prepareForm(this);
    const { tender, lot, bidder } = this.lot;
    this.bid = new Bid({ tender, lot, bidder }, await new Draft(person, lot).load());
    await Promise.all([preflight(person, this.lot.key), checkGuarantee(this.lot)]);
    const place = await this.bid.resume();
    if (this.bid.state.form) refill(this.bid.state.form, this.ceiling);
    this.showAll();
    if (place === "upload") return this.upload();
    this.stand(place === "check" ? "check" : "files");
    if (place === "again") say("now", words("now-again"));
    return undefined;
  }

  showAll() {
    showKey(this.bid.state);
    showBid(this.bid.state);
    showSubmit(this.bid.state, field("checked").checked);
  }

  // The rehearsal stays on the page until it was done; who types into it keeps the focus.
  stand(step) {
    const withRehearsal = step !== "files" && step !== "key" && !this.bid.state.rehearsed;
    const isTyping = document.activeElement?.closest("[data-rehearse-form]");
    stand(step, { withRehearsal, focus: document.hasFocus() && !isTyping && step !== "files" });
  }

  async begin() {
    const isReady = await preflight(person, this.lot.key);
    const { form, problems } = await read(this, await hasGuarantee(this.lot));
    if (!isReady) problems.unshift({ message: words("not-ready") });
    if (problems.length) return showProblems(problems);
    await this.bid.draft.change({ form });
    return this.bid.state.seals ? this.sealAndUpload() : this.stand("key");
  }

  async makeKey() {
    const passphrase = typedPassphrase();
    if (passphrase === null) return;
    say("why", words("working-key"));
    await this.bid.makeKey(passphrase);
    emptied("passphrase", "passphrase-again");
    this.saveKey();
    this.showAll();
    this.stand("made");
  }

  saveKey() {
    saveFile(this.bid.keyFile, `${this.lot.lot}.key.age`);
  }

  async rehearse() {
    const typed = typedKey();
    if (typed === null) return undefined;
    say("why", words("working-key"));
    await this.bid.rehearse(...typed);
    emptied("key-passphrase", "key-file");
    show("rehearse", false);
    this.showAll();
    if (!this.bid.state.envelope && !this.isSealing) return this.sealAndUpload();
    return this.stand(this.bid.state.arrived ? "check" : "upload");
  }

  async sealAndUpload() {
    this.isSealing = true;
    this.stand("upload");
    say("now", words("now-sealing"));
    try {
      await this.bid.seal(files(), showSealing);
    } finally {
      this.isSealing = false;
    }
    await this.upload();
  }

  async upload() {
    this.stand("upload");
    this.showAll();
    show("not-kept", this.bid.state.isKept === false);
    this.sending = new AbortController();
    const { signal } = this.sending;
    const deadline = Number(this.lot.deadline);
    say("pause", words("pause"));
    const now = () => Number(this.lot.now) + performance.now() - this.began;
    try {
      await this.bid.upload((news) => showUpload(news, now(), deadline), signal);
    } catch (fault) {
      say("pause", words("resume"));
      if (signal.aborted) return;
      throw fault;
    } finally {
      this.sending = null;
    }
    this.stand("check");
    this.showAll();
  }

  async pause() {
    if (this.isSealing) return undefined;
    if (!this.sending) return this.upload();
    this.sending.abort();
    return say("phase", words("paused"));
  }

  async submit() {
    showSubmit(this.bid.state, true, "submit-busy");
    try {
      const receipt = await this.bid.submit(this.lot.replaces, this.lot.key);
      location.replace(this.lot.receipts.replace("RECEIPT", receipt));
    } catch (fault) {
      this.showAll();
      if (!this.bid.state.arrived) await this.again();
      throw fault;
    }
  }

  // What the platform no longer holds is sent again, or sealed again if it is not here either.
  async again() {
    if ((await this.bid.resume()) !== "upload") return this.stand("files");
    return void this.upload().catch(() => this.stand("upload"));
  }
}

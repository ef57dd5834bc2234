// One bid from files to receipt: what each step does to the draft, without a page. Each step may be
// repeated after a reload; none does its work twice.
import { post } from "../core/api.js";
import { canonical } from "../core/canonical.js";
import { hex } from "../core/keys.js";
import { preimageOf } from "./guarantee.js";
import { KeyFault } from "./keyfault.js";
import { ask } from "./office.js";
import { cleared, kept } from "./shelf.js";
import { person, sign } from "./signer.js";
import { submission } from "./statement.js";
import { Upload } from "./upload.js";

const ENVELOPE = "bid";
const TRIES = 6;

export class Bid {
  constructor(address, draft) {
    Object.assign(this, { address, draft, blob: null, keyFile: null });
  }

  get state() {
    return this.draft.value;
  }

  // Where to go on: what was sealed before a reload is looked for on the shelf.
  async resume() {
    const { envelope, shelf, arrived, rehearsed, form } = this.state;
    if (arrived) return "check";
    this.blob = envelope ? await kept(shelf, envelope.bytes) : null;
    if (this.blob) return "upload";
    // A key whose file was never shown to open anything is made anew.
    const seals = rehearsed ? this.state.seals : null;
    await this.draft.change({ envelope: null, upload: null, statement: null, seals });
    return form ? "again" : "files";
  }

  async makeKey(passphrase) {
    const { lot } = this.address;
    const made = await ask("makeKeyFile", { lot, names: [ENVELOPE], passphrase });
    this.keyFile = new Blob([made.file], { type: "application/octet-stream" });
    await this.draft.change({ seals: made.seals, rehearsed: null });
  }

  async rehearse(file, passphrase) {
    await ask("rehearse", { seals: this.state.seals, file, passphrase });
    await this.draft.change({ rehearsed: Date.now() });
  }

  async seal(files, tell) {
    const { form, seals } = this.state;
    const guarantee = await preimageOf(person, this.address.lot);
    if (this.state.shelf) await cleared(this.state.shelf);
    const shelf = `${this.address.lot}-${hex(crypto.getRandomValues(new Uint8Array(8)))}`;
    const given = { shelf, name: ENVELOPE, seal: seals[ENVELOPE], form, files, guarantee };
    const made = await ask("seal", given, tell);
    this.blob = made.blob ?? (await kept(shelf, made.envelope.bytes));
    const { envelope, files: listed, kept: isKept } = made;
    const order = guarantee?.order ?? null;
    await this.draft.change({ envelope, files: listed, shelf, order, isKept, upload: null });
  }

  async upload(tell, signal) {
    const upload = new Upload({
      lot: this.address.lot,
      blob: this.blob,
      digests: this.state.envelope.parts_sha256,
      code: this.state.upload,
      keepCode: (code) => this.draft.change({ upload: code }),
      tell,
      signal,
    });
    await upload.run();
    await this.draft.change({ arrived: true });
  }

  // The statement is kept before it goes out: when its answer is lost, the same one goes again, and
  // by its nonce the platform knows it.
  async submit(replaces, key) {
    const { envelope, upload } = this.state;
    const statement = this.state.statement ?? submission(this.address, [envelope], replaces);
    const body = { ...(await sign(statement, key)), uploads: { [ENVELOPE]: upload } };
    await this.draft.change({ statement });
    const receipt = await this.sent(body);
    const fact = typeof receipt.fact === "string" ? JSON.parse(receipt.fact) : receipt.fact;
    if (fact.data.statement !== canonical(statement)) throw new KeyFault("receipt_differs");
    await this.forget();
    return receipt.code;
  }

  async sent(body) {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await post(`/lots/${this.address.lot}/bids`, body);
      } catch (fault) {
        if (!(fault instanceof TypeError)) await this.refused(fault);
        if (attempt === TRIES) throw fault;
        await new Promise((resolve) => setTimeout(resolve, 500 * attempt));
      }
    }
  }

  // A refused statement is not sent again; one whose envelope did not arrive is uploaded anew.
  async refused(fault) {
    if (fault.status >= 500 || fault.status === 429 || fault.status === 401) throw fault;
    const isLost = /^(upload|envelope)\./.test(fault.code);
    const again = isLost ? { upload: null, arrived: false } : {};
    await this.draft.change({ statement: null, ...again });
    throw fault;
  }

  async forget() {
    const { shelf } = this.state;
    await this.draft.drop();
    if (shelf) await cleared(shelf);
  }
}

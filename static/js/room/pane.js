// One of the documents side by side: which bid, its pages, and words for what cannot be shown.
import { FindBar } from "./finding.js";
import { viewerIn } from "./pdf.js";
import { plainIn } from "./plain.js";
import { remarkOn } from "./faults.js";

const READS = { ".pdf": "pdf", ".txt": "plain", ".csv": "plain" };

export class Pane {
  #root;
  #choice;
  #readers;
  #shown = null;
  #pages = new Map(); // address → page on which it was left
  #opening = 0;
  #finding;

  constructor(root, places) {
    this.#root = root;
    this.#choice = this.part("file");
    this.#finding = new FindBar(root, (name) => this.part(name), () => this.#shown);
    const told = {
      nameOf: (number) => root.dataset.of.replace("{page}", number),
      page: (number) => this.#tellPage(number),
      found: (matches) => this.#finding.tell(matches),
      opened: (pages, remark) => this.#tellOpened(pages, remark),
    };
    this.#readers = {
      pdf: viewerIn(this.part("scroll"), places, told),
      plain: plainIn(this.part("text").firstElementChild, told),
    };
    this.#choice.addEventListener("change", () => this.#open());
    this.part("page").addEventListener("change", () => this.#go(this.part("page").value));
    root.addEventListener("click", (event) => this.#press(event.target.closest("[data-pane-do]")));
  }

  part(name) {
    return this.#root.querySelector(`[data-pane-${name}]`);
  }

  get bid() {
    return this.#choice.selectedOptions[0]?.dataset.bid;
  }

  // Opens the first file of this bid that can be read here, else its first.
  show(bid) {
    const files = [...this.#choice.options].filter((option) => option.dataset.bid === bid);
    const chosen = files.find((option) => option.dataset.suffix in READS) ?? files[0];
    if (!chosen) return;
    chosen.selected = true;
    this.#open();
  }

  step(by) {
    const bids = [...new Set([...this.#choice.options].map((option) => option.dataset.bid))];
    this.show(bids[(bids.indexOf(this.bid) + by + bids.length) % bids.length]);
  }

  turn(by) {
    this.#shown?.turn(by);
  }

  focus() {
    (this.#shown === this.#readers.plain ? this.part("text") : this.part("scroll")).focus();
  }

  startFinding() {
    this.#finding.start();
  }

  stopFinding() {
    this.#finding.stop();
  }

  mark(bid) {
    this.part("scored").hidden = this.bid !== bid;
  }

  async #open() {
    const { value, selectedOptions } = this.#choice;
    const kind = READS[selectedOptions[0]?.dataset.suffix];
    const turn = ++this.#opening;
    this.#say("loading", false);
    this.#prepare(value, kind);
    document.dispatchEvent(new CustomEvent("room:opened"));
    try {
      await Promise.all(Object.values(this.#readers).map((reader) => reader.close()));
      if (turn !== this.#opening) return;
      this.#shown = this.#readers[kind] ?? null;
      if (!value) this.#say("none", false);
      else if (!kind) this.#say("kind");
      else await this.#shown.open(value);
    } catch (fault) {
      if (turn !== this.#opening) return;
      this.#shown = null;
      this.#say(remarkOn(fault));
    }
  }

  #prepare(address, kind) {
    this.part("pages").textContent = "–";
    this.part("text").hidden = kind !== "plain";
    this.part("scroll").classList.toggle("is-away", kind === "plain");
    this.#root.querySelectorAll("[data-pane-link]").forEach((link) => (link.href = address || "#"));
    this.#finding.forget();
  }

  #tellOpened(pages, remark) {
    this.part("note").hidden = true;
    this.part("pages").textContent = pages;
    this.part("page").value = 1;
    if (remark) this.#say(remark);
    const left = this.#pages.get(this.#choice.value);
    if (left > 1) this.#go(left);
  }

  #go(page) {
    if (this.#shown) this.#shown.page = Number(page);
  }

  #tellPage(number) {
    this.part("page").value = number;
    this.#pages.set(this.#choice.value, number);
  }

  #say(what, withLink = true) {
    const name = `says${what[0].toUpperCase()}${what.slice(1)}`;
    this.part("words").textContent = this.#root.dataset[name];
    this.part("note").hidden = false;
    this.part("note").querySelector("a").hidden = !withLink;
  }

  #press(button) {
    const does = {
      back: () => this.turn(-1),
      on: () => this.turn(1),
      smaller: () => this.#shown?.zoom(-1),
      larger: () => this.#shown?.zoom(1),
      width: () => this.#shown?.zoom(0),
      find: () => this.#finding.toggle(),
    };
    does[button?.dataset.paneDo]?.();
  }
}

// The bar of one pane by which one looks for words in its document.
export class FindBar {
  #part;
  #root;
  #shown;
  #sought = "";

  // `shown` gives the reader that is open, or null.
  constructor(root, part, shown) {
    this.#root = root;
    this.#part = part;
    this.#shown = shown;
    part("find").addEventListener("submit", (event) => this.#search(event));
  }

  start() {
    this.#part("find").hidden = false;
    this.#part("find").querySelector("input").select();
  }

  stop() {
    this.#part("find").hidden = true;
    this.#part("found").textContent = "";
    this.#shown()?.find("");
  }

  toggle() {
    if (this.#part("find").hidden) this.start();
    else this.stop();
  }

  // Another document: what was sought in the last one is over.
  forget() {
    this.#part("find").hidden = true;
    this.#sought = "";
  }

  tell({ current, total }) {
    const { foundOf, foundNone } = this.#root.dataset;
    const words = foundOf.replace("{at}", current).replace("{all}", total);
    this.#part("found").textContent = total ? words : foundNone;
  }

  #search(event) {
    event.preventDefault();
    const { value } = event.target.querySelector("input");
    this.#shown()?.find(value, { again: value === this.#sought });
    this.#sought = value;
  }
}

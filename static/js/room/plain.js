// A text file in one pane: as written, nothing in it is markup; found words are marked.
const MOST = 2_000_000;
// Both panes mark in one highlight: a name can be styled once.
const found = new Highlight();
CSS.highlights.set("room-found", found);

export function plainIn(place, told) {
  return new Plain(place, told);
}

class Plain {
  #place;
  #told;
  #hits = [];
  #at = 0;

  constructor(place, told) {
    this.#place = place;
    this.#told = told;
  }

  async open(url) {
    const answer = await fetch(url, { headers: { Range: `bytes=0-${MOST - 1}` } });
    if (!answer.ok) throw new TypeError(String(answer.status));
    const bytes = await answer.arrayBuffer();
    this.#place.textContent = decoded(bytes);
    this.#told.opened(1, isPart(answer) ? "large" : "");
  }

  close() {
    this.#place.textContent = "";
    this.#forget();
    return Promise.resolve();
  }

  get page() {
    return 1;
  }

  set page(_number) {
    this.#place.parentElement.scrollTop = 0;
  }

  turn(by) {
    const scrolled = this.#place.parentElement;
    scrolled.scrollBy(0, by * scrolled.clientHeight * 0.9);
  }

  zoom(steps) {
    const size = steps ? parseFloat(getComputedStyle(this.#place).fontSize) * 1.1 ** steps : 0;
    this.#place.style.fontSize = size ? `${size}px` : "";
  }

  find(words, { again = false } = {}) {
    if (!again) this.#search(words);
    else this.#at = (this.#at + 1) % Math.max(1, this.#hits.length);
    this.#show();
  }

  #search(words) {
    const node = this.#place.firstChild;
    this.#forget();
    this.#hits = node && words ? hitsIn(node, words) : [];
    this.#hits.forEach((hit) => found.add(hit));
  }

  #forget() {
    this.#hits.forEach((hit) => found.delete(hit));
    this.#hits = [];
    this.#at = 0;
  }

  #show() {
    const hit = this.#hits[this.#at];
    this.#told.found({ current: hit ? this.#at + 1 : 0, total: this.#hits.length });
    if (!hit) return;
    const scrolled = this.#place.parentElement;
    const { top } = hit.getBoundingClientRect();
    scrolled.scrollBy(0, top - scrolled.getBoundingClientRect().top - scrolled.clientHeight / 3);
  }
}

function hitsIn(node, words) {
  const [text, wanted] = [node.data.toLowerCase(), words.toLowerCase()];
  const hits = [];
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) {
    const range = new Range();
    range.setStart(node, at);
    range.setEnd(node, at + wanted.length);
    hits.push(range);
  }
  return hits;
}

function isPart(answer) {
  const [, whole] = answer.headers.get("Content-Range")?.split("/") ?? [];
  return Number(whole) > MOST;
}

// Old programs still write GB 18030.
function decoded(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("gb18030").decode(bytes);
  }
}

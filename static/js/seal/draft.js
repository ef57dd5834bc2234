// A bid under way, kept in this browser for one person and lot: what a reload must not lose. No key
// is among it; what was sealed lies on the shelf.
import { forget, keep, recall } from "../core/store.js";

export class Draft {
  constructor(person, lot) {
    this.name = `bid ${person} ${lot}`;
    this.value = {};
  }

  async load() {
    this.value = (await recall(this.name)) ?? {};
    return this;
  }

  // Changes are written before the step they tell of goes on.
  async change(changes) {
    this.value = { ...this.value, ...changes };
    await keep(this.name, this.value);
  }

  async drop() {
    this.value = {};
    await forget(this.name);
  }
}

// One page at a time works on a lot: `work` runs while this one holds it, `busy` if another does.
export function alone(name, work, busy) {
  return navigator.locks.request(`zhaobiao ${name}`, { ifAvailable: true }, (lock) =>
    lock ? work() : busy(),
  );
}

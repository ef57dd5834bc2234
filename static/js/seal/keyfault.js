// What can go wrong with a key file or a file to be sealed: a code whose words the page holds.
export class KeyFault extends Error {
  constructor(code, values = {}) {
    super(code);
    this.code = code;
    this.values = values;
  }
}

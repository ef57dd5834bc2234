// The key of a bid on the page: made and saved as a locked file, then shown to open what it must.
import { showProblems } from "../parts/problems.js";
import { field } from "./form.js";
import { words } from "./words.js";

const SHORTEST = 10;

// The passphrase as typed twice; null, and told, where it will not do.
export function typedPassphrase() {
  const passphrase = field("passphrase").value;
  const again = field("passphrase-again").value;
  const problems = [
    passphrase.length < SHORTEST && { field: "passphrase", message: words("passphrase-short") },
    passphrase !== again && { field: "passphrase-again", message: words("passphrase-differs") },
  ].filter(Boolean);
  if (problems.length === 0) return passphrase;
  showProblems(problems);
  return null;
}

// The key file as chosen with its passphrase; null, and told, where none is chosen.
export function typedKey() {
  const file = field("key-file").files[0];
  if (file) return [file, field("key-passphrase").value];
  showProblems([{ field: "key-file", message: words("fault-not_a_key") }]);
  return null;
}

export function emptied(...names) {
  for (const name of names) field(name).value = "";
}

export function saveFile(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// The guarantee among what is checked first: ordered here, or its note chosen, or done without.
import { showProblems } from "../parts/problems.js";
import { field } from "./form.js";
import { noteOf, orderGuarantee, takeNote } from "./guarantee.js";
import { mark } from "./preflight.js";
import { person } from "./signer.js";
import { show, words } from "./words.js";

// Whether the manifest will hold an issued guarantee, or need not.
export async function hasGuarantee({ guarantee, lot }) {
  if (guarantee === "not_required") return true;
  return guarantee === "issued" && Boolean(await noteOf(person, lot));
}

export async function checkGuarantee(lot) {
  const has = await hasGuarantee(lot);
  if (lot.guarantee === "issued") {
    mark("guarantee", has ? "ok" : "warn", words(has ? "guarantee-ready" : "guarantee-note"));
    show("guarantee-note", !has);
  }
  show("no-guarantee", !has);
}

export async function readNote(lot) {
  const text = await field("guarantee-note").files[0].text();
  if (await takeNote(person, lot.lot, text)) return checkGuarantee(lot);
  return showProblems([{ field: "guarantee-note", message: words("guarantee-other") }]);
}

export async function order({ lot }) {
  await orderGuarantee({ person, lot, issuer: field("issuer").value });
  show("guarantee-order", false); // what was typed and chosen meanwhile stays
  mark("guarantee", "warn", words("guarantee-ordered"));
}

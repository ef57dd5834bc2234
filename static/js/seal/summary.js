// What the page shows of the bid under way: the key's seal, what was sealed, whether it may be signed.
import { capitals, fenOf, grouped } from "../core/money.js";
import { clock, digest, say, show, size, words } from "./words.js";

export function showKey({ seals, rehearsed }) {
  show("key-card", Boolean(seals));
  if (!seals) return;
  say("seal", Object.values(seals).map((seal) => `${seal.slice(0, 10)}…${seal.slice(-6)}`).join(" "));
  show("rehearsed", Boolean(rehearsed));
  show("unrehearsed", !rehearsed);
  if (rehearsed) say("rehearsed-at", clock(new Date(rehearsed)));
}

export function showBid({ form, files, order }) {
  if (!form) return;
  const fen = fenOf(form.price);
  say("sealed-price", words("yuan", { amount: grouped(fen) }));
  say("sealed-capitals", capitals(fen));
  say("sealed-period", words("days-of", { days: form.period_days }));
  say("sealed-quality", form.quality);
  say("sealed-guarantee", order ? words("with-guarantee", { order }) : words("without-guarantee"));
  document.querySelector("[data-sealed-files]").replaceChildren(...(files ?? []).map(row));
}

function row({ name, bytes, sha256 }) {
  const line = document.createElement("tr");
  line.append(cell("th", name), cell("td", size(bytes), "zb-num"), cell("td", digest(sha256), "zb-code zb-s"));
  line.firstChild.scope = "row";
  return line;
}

function cell(kind, text, look = "") {
  const made = document.createElement(kind);
  made.textContent = text;
  made.className = look;
  return made;
}

// The button waits for the rehearsal and for the person; beside it stands what it waits for.
export function showSubmit({ rehearsed, statement }, isChecked, doing = "") {
  const may = Boolean(rehearsed) && isChecked && !doing;
  const button = document.querySelector('[data-do="submit"]');
  button.disabled = !may;
  const missing = !rehearsed ? "submit-rehearse" : !isChecked ? "submit-check" : "";
  const why = doing || missing || (statement ? "submit-again" : "");
  say("submit-why", why ? words(why) : "");
}

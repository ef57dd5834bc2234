// Beside the form of a notice: which rules it meets while it is being written, and how it will look.
// The server decides; this only says it earlier.
const form = document.querySelector("[data-notice]");

function icon(kind) {
  const drawn = document.querySelector("[data-check-icons]").content;
  return drawn.querySelector(`[data-for="${kind}"] svg`).cloneNode(true);
}

function kindOf(line, value) {
  if (!value.trim()) return "idle";
  return line.dataset.earliest && value < line.dataset.earliest ? "bad" : "ok";
}

function show() {
  let left = 0;
  for (const line of document.querySelectorAll("[data-check]")) {
    const value = form.elements[line.dataset.check].value;
    const kind = kindOf(line, value);
    left += kind !== "ok";
    line.className = `is-${kind}`;
    line.querySelector("[data-check-icon]").replaceChildren(icon(kind));
  }
  for (const place of document.querySelectorAll("[data-preview]")) {
    place.textContent = form.elements[place.dataset.preview].value.replace("T", " ");
  }
  const told = document.querySelector("[data-notice-left]");
  told.textContent = left ? told.dataset.words.replace("{n}", left) : told.dataset.done;
}

if (form) {
  form.addEventListener("input", show);
  show();
}

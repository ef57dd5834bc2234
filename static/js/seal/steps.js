// Which step the page stands at: its parts, its mark in the list of steps, its sentence.
import { say, show, words } from "./words.js";

const PARTS = ["files", "key", "key-made", "upload", "rehearse", "check", "sign"];
const STEPS = {
  files: { number: 1, parts: ["files"], words: "files" },
  key: { number: 2, parts: ["key"], words: "key" },
  made: { number: 2, parts: ["key-made", "rehearse"], words: "rehearse" },
  upload: { number: 3, parts: ["upload", "check"], words: "upload", label: "label-doing" },
  check: { number: 4, parts: ["check", "sign"], words: "check" },
};

export function stand(name, { withRehearsal = false, focus = true } = {}) {
  const step = STEPS[name];
  const shown = withRehearsal ? [...step.parts, "rehearse"] : step.parts;
  for (const part of PARTS) show(part, shown.includes(part));
  say("label", words(step.label ?? "label-now"));
  say("now", words(`now-${step.words}`));
  say("why", words(`why-${step.words}`));
  if (name !== "upload") show("ends", false);
  markSteps(step.number);
  if (focus) document.querySelector('[data-say="now"]').focus({ preventScroll: false });
}

function markSteps(number) {
  const items = [...document.querySelectorAll("[data-steps] li")];
  const [done, current, ahead] = stateWords(items);
  items.forEach((item, at) => {
    const place = at + 1;
    item.className = place < number ? "is-ok" : place === number ? "is-active" : "is-idle";
    item.toggleAttribute("aria-current", place === number);
    if (place === number) item.setAttribute("aria-current", "step");
    const use = item.querySelector("use");
    const icon = place < number ? "check-circle-fill" : `${place}-circle`;
    use.setAttribute("href", `${use.getAttribute("href").split("#")[0]}#${icon}`);
    item.querySelector("[data-step-state]").textContent =
      place < number ? done : place === number ? current : ahead;
  });
}

function stateWords(items) {
  const { dataset } = items[0].parentElement;
  return [dataset.done, dataset.current, dataset.ahead];
}

// The form of an evaluation method without loading the page anew: its buttons and choices fetch the
// same form from the server, its preview follows what is typed. Without scripts the buttons do it all.
const WAIT_MS = 500;
const PARTS = ["method-editor", "method-preview"];
const form = document.querySelector("[data-method-form]");
let asked = 0;
let waiting = null;

async function fetched(deed) {
  const body = new FormData(form);
  body.set("do", deed);
  const answer = await fetch(form.dataset.reshapeTo, {
    method: "POST",
    body: new URLSearchParams(body),
    headers: { Accept: "text/html" },
  }).catch(() => null);
  if (!answer || (!answer.ok && answer.status !== 422)) return null;
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

function replace(page, names) {
  for (const name of names) {
    const fresh = page.getElementById(name);
    if (fresh) document.getElementById(name).replaceWith(document.adoptNode(fresh));
  }
}

// Where the person goes on: in the row that was added or moved, else where they were.
function focusAfter(deed, before) {
  const [verb, place, row] = deed.split(":");
  const rows = [...form.querySelectorAll(`[name^="${CSS.escape(place ?? "")}["]:not([type=hidden])`)];
  if (verb === "add" && rows.length) {
    const last = rows.at(-1).name.slice(0, rows.at(-1).name.indexOf("]", place.length) + 1);
    rows.find((field) => field.name.startsWith(last)).focus();
    return;
  }
  const to = { up: Number(row) - 1, down: Number(row) + 1 }[verb];
  const moved = to === undefined ? null : rows.find((field) => field.name.startsWith(`${place}[${to}]`));
  (moved ?? document.getElementById(before))?.focus();
}

// Nothing can be typed into what is about to be replaced.
async function reshape(deed, from) {
  const editor = document.getElementById("method-editor");
  if (editor.inert) return;
  editor.inert = true;
  clearTimeout(waiting);
  asked += 1;
  const page = await fetched(deed);
  if (!page) {
    form.action = form.dataset.reshapeTo;
    form.submit();
    return;
  }
  replace(page, PARTS);
  focusAfter(deed, from);
}

async function preview() {
  const number = ++asked;
  const page = await fetched("preview");
  if (page && number === asked) replace(page, ["method-preview"]);
}

function soon() {
  clearTimeout(waiting);
  waiting = setTimeout(preview, WAIT_MS);
}

if (form) {
  form.classList.add("zb-scripted");
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=do]");
    const deed = button?.value;
    if (!deed || deed === "export" || deed === "frame") return;
    event.preventDefault();
    reshape(deed, button.id);
  });
  // The Enter key would press the form's first button and load the page anew.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("#method-editor input")) return;
    event.preventDefault();
    clearTimeout(waiting);
    preview();
  });
  form.addEventListener("change", (event) => {
    if (event.target.matches("[data-shapes]")) reshape("update", event.target.id);
  });
  form.addEventListener("input", (event) => {
    if (!event.target.matches("[data-shapes]")) soon();
  });
}

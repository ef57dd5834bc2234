// On the wall a long list shows one screen of rows after the other; what is urgent comes first.
// A list that is fetched anew goes on at the same screen.
const EACH_MS = 20_000;
let screen = 0;

function turn() {
  const list = document.querySelector("[data-rotate]");
  if (!list) return;
  const rows = [...list.tBodies[0].rows];
  const size = Number(list.dataset.rotate);
  const screens = Math.max(1, Math.ceil(rows.length / size));
  const shown = screen % screens;
  rows.forEach((row, place) => (row.hidden = Math.floor(place / size) !== shown));
  const words = document.querySelector("[data-rotate-words]");
  const told = words.dataset.rotateWords.replace("{page}", shown + 1).replace("{pages}", screens);
  if (screens > 1) words.textContent = told;
}

if (document.querySelector("[data-rotate-words]")) {
  turn();
  new MutationObserver(turn).observe(document.getElementById("lots").parentElement, { childList: true });
  setInterval(() => {
    screen += 1;
    turn();
  }, EACH_MS);
}

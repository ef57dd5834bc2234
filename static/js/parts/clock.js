// Server time only: the page brings it, the browser counts on from there, the server corrects it.
// A countdown decides nothing; when the server is out of reach it says so instead of guessing.
const CHECK_EACH = 60_000;
const LOST_AFTER = 30_000;
const SHANGHAI = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", second: "2-digit",
});
const SAID_AT = [30, 10, 5, 1];

const arrived = performance.getEntriesByType("navigation")[0]?.responseStart ?? performance.now();
let correction = 0;
let failingSince = null;
let checked = performance.now();

// Milliseconds since the page was written, by a clock that nobody can set.
export function elapsed() {
  return performance.now() - arrived + correction;
}

export function isLost() {
  return failingSince !== null && performance.now() - failingSince > LOST_AFTER;
}

export function leftText(milliseconds, days) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const hours = Math.floor(seconds / 3600);
  if (hours >= 24) {
    return days.replace("{d}", Math.floor(hours / 24)).replace("{h}", hours % 24);
  }
  const two = (number) => String(number).padStart(2, "0");
  return `${two(hours)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

function tick() {
  const clock = document.querySelector("[data-clock]");
  if (clock) showClock(clock);
  for (const count of document.querySelectorAll("[data-until]")) showCount(count);
  if (performance.now() - checked > CHECK_EACH && !document.hidden) check(clock);
}

function showClock(clock) {
  clock.textContent = SHANGHAI.format(Number(clock.dataset.clock) + elapsed());
  const state = document.querySelector("[data-clock-state]");
  state.dataset.kept ??= state.textContent;
  state.textContent = isLost() ? state.dataset.lost : state.dataset.kept;
}

function showCount(count) {
  const left = Number(count.dataset.until) - Number(count.dataset.now) - elapsed();
  const { days, over, lost } = count.dataset;
  count.textContent = isLost() ? lost : left > 0 ? leftText(left, days) : over;
  count.classList.toggle("is-warn", left < 3_600_000 && left >= 300_000);
  count.classList.toggle("is-bad", left < 300_000);
  say(count, left);
}

// Read out at set moments only; the digits themselves are silent.
function say(count, left) {
  const minutes = Math.ceil(left / 60_000);
  const here = document.querySelector("[data-says-here]");
  if (!here || !SAID_AT.includes(minutes) || count.dataset.said === String(minutes)) return;
  if (count.dataset.said !== undefined) here.textContent = count.dataset.says.replace("{m}", minutes);
  count.dataset.said = String(minutes);
}

async function check(clock) {
  checked = performance.now();
  try {
    const answer = await fetch("/healthz", { method: "HEAD", cache: "no-store" });
    const told = Date.parse(answer.headers.get("Date")) + 500;
    const wrong = told - (Number(clock?.dataset.clock) + elapsed());
    if (clock && Math.abs(wrong) > 2000) correction += wrong;
    failingSince = null;
  } catch {
    failingSince ??= performance.now();
    checked -= CHECK_EACH - 5_000;
  }
}

if (document.querySelector("[data-clock], [data-until]")) {
  tick();
  setInterval(tick, 1000);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) checked = -CHECK_EACH;
  });
}

// Words of a page for its scripts: each stands in an element with data-word, translated by the
// server; places such as {name} are filled here.
export function words(name, values = {}) {
  const text = document.querySelector(`[data-word="${name}"]`)?.textContent ?? name;
  return text.replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}

export function say(place, text) {
  for (const each of document.querySelectorAll(`[data-say="${place}"]`)) each.textContent = text;
}

export function show(name, isShown) {
  for (const each of document.querySelectorAll(`[data-part="${name}"]`)) each.hidden = !isShown;
}

// Bytes for people, in decimal units as file managers and networks count.
export function size(bytes) {
  const units = ["B", "kB", "MB", "GB"];
  let unit = 0;
  let value = bytes;
  for (; value >= 1000 && unit < units.length - 1; unit += 1) value /= 1000;
  return `${unit < 2 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

export function digest(text) {
  return `${text.slice(0, 8)}…${text.slice(-4)}`;
}

// A moment in Beijing, as 11-12 09:30:00; the legal clock of a rehearsal is given as it stands.
export function clock(instant, parts = ["month", "day", "hour", "minute", "second"]) {
  const wanted = Object.fromEntries(parts.map((part) => [part, "2-digit"]));
  const format = { timeZone: "Asia/Shanghai", hourCycle: "h23", ...wanted };
  const shown = new Intl.DateTimeFormat("en-GB", format).formatToParts(instant);
  const at = (part) => shown.find((each) => each.type === part)?.value;
  const day = at("month") ? `${at("month")}-${at("day")} ` : "";
  return `${day}${["hour", "minute", "second"].map(at).filter(Boolean).join(":")}`;
}

// Shows why a step failed: a refusal of the platform with its source, or what this page found.
export function problemsOf(fault) {
  if (fault.problems) return fault.problems;
  const isOurs = "code" in fault && "values" in fault;
  const known = isOurs && document.querySelector(`[data-word="fault-${fault.code}"]`);
  if (known) return [{ message: words(`fault-${fault.code}`, fault.values) }];
  if (fault instanceof TypeError) return [{ message: words("fault-network") }];
  const why = fault.values?.why ?? fault.message ?? String(fault);
  return [{ message: words("fault-unexpected", { why }) }];
}

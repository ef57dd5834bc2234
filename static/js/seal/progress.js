// How far sealing and upload are: bytes, parts, speed, expected end and how far from the deadline.
// What a screen reader is told is only a quarter reached, an interruption, and the end.
import { say, show, size, words, clock } from "./words.js";

const BEFORE_DEADLINE_MS = 10 * 60_000;
let quarter = 0;
let wasLost = false;

export function showSealing({ phase, done, total }) {
  say("phase", words(`phase-${phase}`));
  bar(done, total);
  show("ends", false);
}

export function showUpload({ state, have, total, rate, resumed, part }, legalNow, deadline) {
  say("phase", words("phase-upload"));
  bar(have, total);
  const parts = Math.ceil(total / part);
  const arrived = have === total ? parts : Math.floor(have / part);
  say("arrived", words("arrived", { count: arrived }));
  say("remaining", words("remaining", { count: parts - arrived }));
  say("speed", rate ? words("speed", { rate: size(rate), resumed }) : "");
  boxes(parts, arrived, state);
  const isLost = state !== "sending";
  show("lost", isLost);
  if (isLost) say("lost", words(state));
  milestone(have / total, isLost, parts);
  if (rate) ends(legalNow + ((total - have) / rate) * 1000, deadline);
}

function bar(done, total) {
  const progress = document.querySelector("[data-progress]");
  progress.max = total || 1;
  progress.value = done;
  say("bytes", words("of", { done: size(done), total: size(total) }));
}

function boxes(parts, arrived, state) {
  const list = document.querySelector("[data-parts]");
  while (list.children.length < parts) list.append(document.createElement("li"));
  [...list.children].forEach((box, at) => {
    box.className = at < arrived ? "is-ok" : at === arrived && state === "sending" ? "is-active" : "";
  });
}

function milestone(share, isLost, parts) {
  if (isLost && !wasLost) say("milestone", words("interrupted"));
  wasLost = isLost;
  const reached = Math.floor(share * 4);
  if (isLost || reached === quarter) return;
  quarter = reached;
  if (share === 1) say("milestone", words("uploaded", { count: parts }));
  else if (reached > 0) say("milestone", words("milestone", { percent: reached * 25 }));
}

function ends(at, deadline) {
  show("ends", true);
  say("ends", clock(at, ["hour", "minute", "second"]));
  const left = deadline - at;
  say("before", left > 0 ? words("before", { left: span(left) }) : words("after"));
  if (left < BEFORE_DEADLINE_MS) say("why", words("files-late"));
}

function span(milliseconds) {
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes >= 1440) return words("days", { d: Math.floor(minutes / 1440), h: Math.floor(minutes / 60) % 24 });
  if (minutes >= 60) return words("hours", { h: Math.floor(minutes / 60), m: minutes % 60 });
  return words("minutes", { m: minutes, s: Math.floor(milliseconds / 1000) % 60 });
}

// Elements with data-live="topic" show the server's page anew whenever that topic moves.
import { watch } from "../core/live.js";

const WAIT_MS = 150;

async function renew(topic) {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const selector = `[data-live="${CSS.escape(topic)}"]`;
  const fresh = page.querySelectorAll(selector);
  document.querySelectorAll(selector).forEach((old, place) => {
    if (fresh[place]) old.replaceWith(document.adoptNode(fresh[place]));
  });
}

function keepFresh(topic) {
  let waiting = null;
  let known = false;
  setTimeout(() => (known = true), WAIT_MS * 4); // what was there before the page is on the page
  watch(topic, () => {
    if (waiting || !known) return;
    waiting = setTimeout(() => {
      waiting = null;
      renew(topic);
    }, WAIT_MS);
  });
}

const topics = new Set([...document.querySelectorAll("[data-live]")].map((e) => e.dataset.live));
topics.forEach(keepFresh);

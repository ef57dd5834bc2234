// Brings a party's random number to a draw. It is made here, kept in this browser only, and its
// digest is told first; the number itself follows after the list of experts is frozen.

const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const bytesOf = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));

async function digestOf(nonce) {
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytesOf(nonce))));
}

async function post(path, body, mark) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": mark },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error((await answer.json()).error.message);
}

function placeOf(form) {
  const { draw, round, party } = form.dataset;
  return `nonce/${draw}/${round}/${party}`;
}

// The number is kept before its digest is told, so that a closed window loses nothing.
async function commit(form, mark) {
  const place = placeOf(form);
  const nonce = localStorage.getItem(place) ?? hex(crypto.getRandomValues(new Uint8Array(32)));
  localStorage.setItem(place, nonce);
  const body = { party: form.dataset.party, sha256: await digestOf(nonce) };
  await post(`/api/v1/draws/${form.dataset.draw}/commitments`, body, mark);
}

async function reveal(form, mark) {
  const nonce = localStorage.getItem(placeOf(form));
  if (!nonce || (await digestOf(nonce)) !== form.dataset.committed) {
    throw new Error(form.dataset.lost);
  }
  await post(`/api/v1/draws/${form.dataset.draw}/nonces`, { party: form.dataset.party, nonce }, mark);
}

function attend(form) {
  const button = form.querySelector("button");
  const told = form.querySelector("[role=alert]");
  if (!globalThis.crypto?.subtle) {
    told.textContent = form.dataset.insecure;
    return;
  }
  button.disabled = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    told.textContent = "";
    try {
      const mark = form.elements.csrf_token.value;
      await (form.dataset.nonce === "commit" ? commit(form, mark) : reveal(form, mark));
      location.reload();
    } catch (fault) {
      told.textContent = fault.message;
      button.disabled = false;
    }
  });
}

document.querySelectorAll("form[data-nonce]").forEach(attend);

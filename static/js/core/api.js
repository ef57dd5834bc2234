// Calls of the JSON doors by the browser's session: with the forgery mark of the page, and again
// while the platform says that it is busy.
const TRIES = 5;

export class Refused extends Error {
  constructor(problems) {
    super(problems[0]?.message ?? "");
    this.problems = problems;
  }
}

export function post(path, body) {
  return call("POST", path, body);
}

export function put(path, body) {
  return call("PUT", path, body);
}

export function get(path) {
  return call("GET", path);
}

async function call(method, path, body) {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await fetch(`/api/v1${path}`, {
      method,
      headers: { "Content-Type": "application/json", "X-CSRFToken": mark() },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (answer.status !== 503 || attempt === TRIES) return read(answer);
    await wait(Number(answer.headers.get("Retry-After") ?? 1));
  }
}

async function read(answer) {
  const value = await answer.json();
  if (answer.ok) return value;
  throw new Refused(value.problems ?? [value.error]);
}

function mark() {
  return document.querySelector("input[name=csrf_token]")?.value ?? "";
}

function wait(seconds) {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

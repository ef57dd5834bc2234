// Calls of the JSON doors by the browser's session: with the forgery mark of the page, and again
// while the platform says that it is busy.
const TRIES = 5;

export class Refused extends Error {
  constructor(problems, status, wait = 0) {
    super(problems[0]?.message ?? "");
    this.problems = problems;
    this.status = status;
    this.wait = wait;
  }

  get code() {
    return this.problems[0]?.code ?? "";
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

// A Blob goes faster than the same bytes in an array (8 MiB: 0.1 s against 0.3 to 0.95 s).
export function putBlob(path, blob, signal) {
  return call("PUT", path, blob, signal);
}

async function call(method, path, body, signal) {
  const isBlob = body instanceof Blob;
  const type = isBlob ? "application/octet-stream" : "application/json";
  for (let attempt = 1; ; attempt += 1) {
    const answer = await fetch(`/api/v1${path}`, {
      method,
      headers: { "Content-Type": type, Accept: "application/json", "X-CSRFToken": mark() },
      body: isBlob || body === undefined ? body : JSON.stringify(body),
      signal,
    });
    if (answer.status !== 503 || attempt === TRIES) return read(answer);
    await wait(Number(answer.headers.get("Retry-After") ?? 1));
  }
}

// What is not JSON comes from something between us and the platform.
async function read(answer) {
  const value = await answer.json().catch(() => ({}));
  if (answer.ok) return value;
  const code = `http.${answer.status}`;
  const problems = value.problems ?? [value.error ?? { code, message: code }];
  throw new Refused(problems, answer.status, Number(answer.headers.get("Retry-After") ?? 0));
}

function mark() {
  return document.querySelector("input[name=csrf_token]")?.value ?? "";
}

function wait(seconds) {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

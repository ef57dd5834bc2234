"""Talking to a platform over HTTP: a token, JSON, and patience when it says it is busy."""

import time
from typing import Any

import requests

TRIES = 30
SIGN_IN_TRIES = 10
_TIMEOUT = (5, 120)


class Refused(Exception):
    """The platform refused; carries status and its problem: code, message, source, field."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        """Keep both."""
        super().__init__(f"{status} {problem.get('code')}: {problem.get('message')}")
        self.status, self.problem = status, problem

    @property
    def code(self) -> str:
        """The stable code of the refusal."""
        return str(self.problem.get("code", ""))


class Platform:
    """One account at one platform."""

    def __init__(self, url: str, token: str = "") -> None:
        """`url` without a slash at the end; `token` from `sign_in` or a file."""
        self.url = url.rstrip("/")
        self._http = requests.Session()
        self.token = ""
        if token:
            self._use(token)

    def sign_in(self, username: str, password: str, code: str = "") -> str:
        """Fetch a token and use it from now on; `code` is that of a second factor, if any."""
        answer = self._token(username, password, code)
        self._use(str(answer["token"]))
        return self.token

    def _token(self, username: str, password: str, code: str) -> Any:
        """Ask for a token; where too many have been asked for, wait as long as we are told."""
        body = {"username": username, "password": password} | ({"totp": code} if code else {})
        for attempt in range(SIGN_IN_TRIES):
            answer = self._send("POST", "/tokens", json=body)
            if answer.status_code != 429 or attempt == SIGN_IN_TRIES - 1:
                break
            time.sleep(float(answer.headers.get("Retry-After", "10")))
        return _read(answer)

    def get(self, path: str, **query: Any) -> Any:
        """GET under /api/v1."""
        return self._call("GET", path, params=query)

    def get_bytes(self, path: str, **query: Any) -> bytes:
        """GET a file under /api/v1. Raises Refused."""
        answer = self._send("GET", path, params=query)
        if not answer.ok:
            _read(answer)
        return answer.content

    def live(self, topic: str) -> list[dict[str, Any]]:
        """Everything on a live topic, page by page. Raises Refused."""
        pages, after = [], 0
        while True:
            url = f"{self.url}/live/{topic}"
            page = _read(self._http.get(url, params={"after": after}, timeout=_TIMEOUT))
            pages.append(page)
            if not page["more"]:
                return pages
            after = page["entries"][-1]["seq"]

    def post(self, path: str, body: Any) -> Any:
        """POST JSON under /api/v1. Statements carry a nonce, so that a repeat is safe."""
        return self._call("POST", path, json=body)

    def put_bytes(self, path: str, raw: bytes, **query: Any) -> Any:
        """PUT raw bytes under /api/v1."""
        headers = {"Content-Type": "application/octet-stream"}
        return self._call("PUT", path, params=query, data=raw, headers=headers)

    def _use(self, token: str) -> None:
        self.token = token
        self._http.headers["Authorization"] = f"Bearer {token}"

    def _call(self, method: str, path: str, **request: Any) -> Any:
        return _read(self._send(method, path, **request))

    def _send(self, method: str, path: str, **request: Any) -> requests.Response:
        for attempt in range(TRIES):
            try:
                answer = self._http.request(
                    method, f"{self.url}/api/v1{path}", timeout=_TIMEOUT, **request
                )
            except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
                if attempt == TRIES - 1:
                    raise
                time.sleep(0.5)
                continue
            if answer.status_code != 503 or attempt == TRIES - 1:
                return answer
            time.sleep(float(answer.headers.get("Retry-After", "1")))
        raise AssertionError("unreachable")


def _read(answer: requests.Response) -> Any:
    try:
        value = answer.json()
    except ValueError:
        value = {"error": {"code": f"http.{answer.status_code}", "message": answer.text[:200]}}
    if answer.ok:
        return value
    raise Refused(answer.status_code, value.get("error", {}))

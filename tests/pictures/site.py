"""A site of its own with the whole demo city, in processes that end with the pictures."""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import requests

from tests.engines import free_port

ROOT = Path(__file__).parents[2]
_READY_SECONDS = 60
_GRACE_SECONDS = 20


@contextlib.contextmanager
def site() -> Iterator[str]:
    """Address of a new site on which the city was played to its end."""
    with tempfile.TemporaryDirectory(prefix="zhaobiao-pictures-") as folder:
        environment = {
            **os.environ,
            "FLASK_APP": "wsgi",
            "ZHAOBIAO_VAR": f"{folder}/var",
            "ZHAOBIAO_WITNESS": f"{folder}/witness",
        }
        environment.pop("DATABASE_URL", None)
        for words in (["flask", "prepare"], ["demo", "city"]):
            _run(words, environment)
        port = free_port()
        serve = [sys.executable, "-m", "flask", "serve", "--no-city", "--port", str(port)]
        process = subprocess.Popen(serve, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(url)
            yield url
        finally:
            process.terminate()
            process.wait(_GRACE_SECONDS)


def _run(words: list[str], environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", *words]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)


def _wait_for(url: str) -> None:
    end = time.monotonic() + _READY_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(requests.RequestException):
            if requests.get(f"{url}/readyz", timeout=2).ok:
                return
        time.sleep(0.2)
    raise TimeoutError(f"{url} did not become ready")

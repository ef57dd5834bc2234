"""The embedded default as people start it: `flask serve` with files of its own."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import requests

from tests.engines import free_port
from tests.journeys.town import wait_for

ROOT = Path(__file__).parents[2]
_CITY_SECONDS = 480


def answers(url, **options):
    """Whether a site answers now; `options` of the request."""
    try:
        return requests.get(f"{url}/readyz", timeout=2, **options).ok
    except requests.RequestException:
        return False


class Program:
    """`flask serve` with files of its own."""

    def __init__(self, folder, host, *options):
        self.host, self.port = host, free_port()
        self.environment = {
            **os.environ,
            "ZHAOBIAO_VAR": str(folder / "var"),
            "ZHAOBIAO_WITNESS": str(folder / "witness"),
            "FLASK_APP": "wsgi",
        }
        self.environment.pop("DATABASE_URL", None)
        self.log_path = folder / "log.txt"
        self.log = self.log_path.open("wb")
        command = ["-m", "flask", "serve", "--host", host, "--port", str(self.port), *options]
        self.process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=self.environment,
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,
        )

    @property
    def url(self):
        return f"http://{self.host}:{self.port}"

    def wait_for_the_site(self):
        wait_for(lambda: answers(self.url), seconds=60)
        return self

    def wait_for_the_city(self):
        """Until everything that is played beside the site is there; long on a busy machine."""
        wait_for(lambda: "the city is complete" in self.said(), seconds=_CITY_SECONDS)
        return self

    def said(self):
        """What it and its children printed until now."""
        return self.log_path.read_text("utf-8", errors="replace")

    def children(self):
        """Process numbers by what they run."""
        words = {"gunicorn": "web", "worker": "worker", "client.witness": "witness", "city": "city"}
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):  # it has just ended
                if f"PPid:\t{self.process.pid}\n" in (folder / "status").read_text():
                    said = (folder / "cmdline").read_bytes().decode().split("\0")
                    name = next((words[word] for word in said if word in words), "")
                    found[name] = int(folder.name)
        return found

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        finally:
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
            self.log.close()

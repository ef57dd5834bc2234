"""The embedded default as `bootstrap.py run` starts it: three processes that come back."""

import os
import signal
import socket
import sys
import time
from pathlib import Path

import pytest
import requests

from storage.database import open_database
from tests.journeys.program import Program, answers
from tests.journeys.town import wait_for
from webapp.commands import _is_loopback, _names_of
from webapp.serve import Child, Parent
from webapp.settings import settings_from
from webapp.witness import put_witness_token

ROOT = Path(__file__).parents[2]


@pytest.fixture
def program(tmp_path, request):
    started = Program(tmp_path, getattr(request, "param", "127.0.0.1"), "--no-city")
    yield started
    started.stop()


def test_web_worker_and_witness_run_and_a_dead_one_comes_back(program):
    url = f"http://127.0.0.1:{program.port}"
    program.wait_for_the_site()
    wait_for(lambda: set(program.children()) == {"web", "worker", "witness"})
    before = program.children()

    os.kill(before["worker"], signal.SIGKILL)

    wait_for(lambda: program.children().get("worker") not in (None, before["worker"]))
    demo = requests.get(f"{url}/api/v1/tenders/{tender_on(url)}", timeout=5).json()
    lot = demo["lots"][0]["lot"]
    keys = wait_for(
        lambda: requests.get(f"{url}/api/v1/lots/{lot}/opening-keys", timeout=5).json()["keys"]
    )
    assert len(keys) == 1
    began = time.monotonic()
    program.process.terminate()
    program.process.wait(20)
    assert time.monotonic() - began < 20


def test_the_city_is_played_beside_a_site_that_answers_and_ends_with_it(tmp_path):
    program = Program(tmp_path, "127.0.0.1")
    try:
        program.wait_for_the_site()
        city = wait_for(lambda: program.children().get("city"))
    finally:
        program.stop()
    assert not Path(f"/proc/{city}").exists()


def test_what_is_wanted_once_comes_back_only_when_it_was_killed(tmp_path):
    ends = Child("ends", [sys.executable, "-c", "pass"], is_once=True)
    killed = Child("killed", [sys.executable, "-c", "import time; time.sleep(60)"], is_once=True)
    with Parent([ends, killed], {}).running():
        wait_for(lambda: ends.is_over)
        first = wait_for(lambda: killed.process)
        began = ends.started
        first.kill()
        wait_for(lambda: killed.process is not first)
    assert ends.started == began


def tender_on(url):
    page = requests.get(url, timeout=5).text
    return page.split("/tenders/")[1][:12]


@pytest.mark.parametrize("program", ["127.0.0.2"], indirect=True)
def test_loopback_needs_no_certificate(program):
    url = f"http://127.0.0.2:{program.port}"
    program.wait_for_the_site()
    assert "Strict-Transport-Security" not in requests.get(url, timeout=5).headers


@pytest.mark.parametrize("program", ["0.0.0.0"], indirect=True)  # noqa: S104 (the point of the test)
def test_any_other_address_speaks_tls_by_the_built_in_authority(program, tmp_path):
    root = tmp_path / "var" / "authority" / "root.crt"
    url = f"https://127.0.0.1:{program.port}"
    wait_for(lambda: root.exists() and answers(url, verify=str(root)), seconds=60)
    assert not answers(url)
    wait_for(lambda: "witness" in program.children())
    page = requests.get(f"{url}/sign-in", timeout=5, verify=str(root))
    assert "Secure" in page.headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("host", "is_loopback"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("192.0.2.7", False), ("centre.example", False)],  # noqa: S104
)  # fmt: skip
def test_only_loopback_is_served_without_tls(host, is_loopback):
    assert _is_loopback(host) is is_loopback


def test_a_certificate_for_all_addresses_names_the_machine():
    assert _names_of("centre.example") == ["centre.example"]
    assert _names_of("192.0.2.7") == ["192.0.2.7"]
    names = _names_of("0.0.0.0")  # noqa: S104
    assert names[0] == socket.gethostname()
    assert "127.0.0.1" in names


def test_without_a_witness_account_no_witness_is_started(sqlite_url, tmp_path):
    open_database(sqlite_url)
    assert not put_witness_token(tmp_path / "witness")
    assert not (tmp_path / "witness").exists()
    assert settings_from({}).witness.name == "witness"

"""What every answer carries, and where the platform goes by itself: nowhere that a request says."""

import io
import re
import sys
from pathlib import Path

import pytest

from tests.architecture.packages import PROGRAM
from tests.attacks.doors import MARK, changing
from tests.factories.pages import Reader
from tests.factories.trading import make_tender
from tests.trading.test_documents import START

pytestmark = pytest.mark.attack("web")

URL = "http://169.254.169.254/latest"
FIELDS = (
    "url", "next", "address", "file", "site", "host", "callback", "image", "mail_address", "csv",
    "origin", "method_json",
)  # fmt: skip


def test_every_answer_has_its_policy_and_is_kept_by_no_cache_of_others(app, everybody, tried):
    tender = make_tender(rehearsal_from=START)
    agent, asked = Reader(app.test_client(), "agent"), 0
    page = f"/run/tenders/{tender}/documents"
    agent.send(page, at=page, file=(io.BytesIO(b"x"), "a.pdf"))
    document = re.search(rf'"(/tenders/{tender}/documents/[^"]+)"', agent.get(page))[1]
    addresses = sorted({address for _, _, address in changing(app)})
    places = [
        *addresses,
        "/",
        "/desk",
        "/nowhere",
        "/healthz",
        "/api/openapi.json",
        "/live/wall",
        document,
        "/api",
    ]
    for visitor, method in (
        (agent, "GET"),
        (everybody, "GET"),
        (everybody, "POST"),
        (everybody, "PUT"),
    ):
        for address in places:
            with visitor.client.open(address, method=method) as answer:
                headers = answer.headers
            asked += 1
            assert headers["Content-Security-Policy"].startswith("default-src 'none'"), address
            assert headers["X-Content-Type-Options"] == "nosniff"
            kept = {part.strip() for part in headers["Cache-Control"].split(",")}
            assert kept & {"no-store", "private"}, (method, address, kept)
            assert "public" not in kept
            assert not set(headers) & {"Server", "X-Powered-By", "Access-Control-Allow-Origin"}

    tried(asked)


def test_a_prefix_of_a_policy_is_not_loosened_by_what_is_asked(client, tried):
    loosening = (
        "?csp=unsafe-inline",
        "?next=%0d%0aContent-Security-Policy:x",
        "?lang=zh%0d%0aX:y",
        "?lang=<script>",
    )
    usual = client.get("/").headers["Content-Security-Policy"]
    for query in loosening:
        answer = client.get(f"/{query}", headers={"Origin": "https://evil.example"})
        assert answer.headers["Content-Security-Policy"] == usual
        assert "Access-Control-Allow-Origin" not in answer.headers

    tried(len(loosening))


FETCHING = re.compile(
    r"^\s*(?:import|from) (requests|urllib\.request|urllib3|httpx|boto3|smtplib|socket|ftplib|http\.client)\b",
    re.M,
)


def test_only_what_an_operator_set_is_ever_fetched():
    """Time-stamps and mail go where the settings say; the journey is a command, no door."""
    root = Path(__file__).parents[2]
    sources = [path for each in PROGRAM for path in (root / each).rglob("*.py")]

    fetching = {
        str(path.relative_to(root)) for path in sources if FETCHING.search(path.read_text("utf-8"))
    }

    assert {"evidence/actions/timestamps.py", "webapp/mail.py"} <= fetching
    assert not [name for name in fetching if "/routes/" in name or name.endswith("forms.py")]
    assert fetching <= {
        "evidence/actions/timestamps.py",
        "webapp/mail.py",
        "webapp/journey.py",
        "webapp/serve.py",
        "webapp/commands.py",
        "webapp/lines.py",
        "storage/vault_s3.py",
    }


def test_no_address_in_a_request_is_ever_connected_to(app, everybody, tried):
    reached, watching = [], [True]
    sys.addaudithook(
        lambda event, args: (
            reached.append((event, args))
            if watching and event in ("socket.connect", "socket.getaddrinfo")
            else None
        )
    )
    given = dict.fromkeys(FIELDS, URL)
    asked = 0
    for address in sorted({address for _, _, address in changing(app)}):
        mark = MARK.search(everybody.get("/account"))[1]
        everybody.client.post(
            f"{address}?url={URL}&next={URL}",
            data=given | {"csrf_token": mark},
            headers={"Referer": URL, "Origin": URL, "X-Forwarded-For": "169.254.169.254"},
        )
        if everybody.client.get("/account").status_code != 200:
            everybody = Reader(app.test_client(), "everybody")
        asked += 1
    watching.clear()

    assert reached == []
    assert asked > 60
    tried(asked)

"""What a line of the log holds, and what none ever does."""

import io
import json
import logging

import pytest
import structlog

from storage.database import transaction
from storage.due import DueWork
from tests.factories.identity import CODES, PASSWORD, make_organisation, make_person, token
from tests.leaks.canaries import forms_of
from tests.leaks.test_canary import NAME, PIN, PRICE, SECRET, Site, anywhere
from webapp.logs import begin_logs
from webapp.worker import DUTIES, Worker

ADDRESS = "203.0.113.77"
CODE = "RC7K3Q9FABC0"


@pytest.fixture
def lines():
    """Function that reads what has been logged since; the process logs as a started one does."""
    root, own = logging.getLogger(), logging.getLogger("zhaobiao")
    before, level = root.handlers, own.level
    stream = io.StringIO()
    begin_logs(stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers = before
    own.setLevel(level)
    structlog.contextvars.clear_contextvars()


def test_a_request_is_a_line_with_its_door_its_answer_and_how_long_it_took(client, lines):
    client.get("/healthz")
    client.get(f"/api/v1/receipts/{CODE}")
    client.get("/nowhere")
    client.get("/static/favicon.svg")

    alive, refused, nowhere = lines()
    assert set(alive) == {
        *("at", "level", "logger", "event"),
        *("request", "endpoint", "method", "status", "ms"),
    }
    assert (alive["event"], alive["logger"]) == ("request answered", "zhaobiao.request")
    assert (alive["endpoint"], alive["method"], alive["status"]) == ("health.alive", "GET", 200)
    assert 0 <= alive["ms"] < 60_000
    assert (refused["endpoint"], refused["code"]) == (
        "trading_api.show_receipt",
        "account.sign_in_first",
    )
    assert (nowhere["endpoint"], nowhere["status"], nowhere["code"]) == ("", 404, "http.404")
    assert len({line["request"] for line in lines()}) == 3


def test_a_fault_is_told_by_its_kind_and_place_and_never_by_its_words(app, client, lines):
    def breaks():
        try:
            raise KeyError(SECRET)
        except KeyError as fault:
            raise ValueError(PRICE) from fault

    app.view_functions["health.alive"] = breaks
    breaks.guarded_by = None

    answer = client.get("/healthz")

    fault, request = lines()
    assert answer.status_code == 500
    assert (fault["event"], fault["level"]) == ("fault while answering", "error")
    assert fault["request"] == request["request"]
    assert (request["status"], request["code"]) == (500, "program.fault")
    assert [told.partition(" at ")[0] for told in fault["fault"]] == [
        "builtins.ValueError",
        "builtins.KeyError",
    ]
    assert all("test_logs.py:" in told and " breaks" in told for told in fault["fault"])
    assert SECRET not in str(lines())
    assert PRICE not in str(lines())


def test_failed_work_is_told_by_its_kind_and_not_by_its_subject(app, lines):
    with transaction() as (db, now):
        db.add(DueWork(kind="lot.close", subject=f"lot:{CODE}", due_at=now))

    Worker(app.extensions["settings"]).sweep()

    (failed,) = lines()
    assert "lot.close" in DUTIES
    assert (failed["event"], failed["kind"]) == ("due work failed", "lot.close")
    assert failed["fault"]
    assert CODE not in str(failed)


def test_of_what_other_code_says_only_that_it_spoke_is_kept(lines):
    for name in ("pyhanko.sign", "gunicorn.error", "zhaobiaox"):
        logging.getLogger(name).error(f"Invalid request from {ADDRESS} by %s", SECRET)

    assert [line["event"] for line in lines()] == ["foreign"] * 3
    assert {line["logger"] for line in lines()} == {"pyhanko.sign", "gunicorn.error", "zhaobiaox"}
    assert all(line["where"].startswith("test_logs:") for line in lines())
    assert not any(word in str(lines()) for word in (ADDRESS, SECRET, "Invalid"))


def test_words_that_do_not_fit_their_text_are_no_fault_that_prints_them(lines, capfd):
    ours = logging.getLogger().handlers[0]  # the others are of the test itself
    for name in ("pyhanko.sign", "zhaobiao.web"):
        words = {"name": name, "msg": "%d signers", "args": (SECRET,)}
        ours.handle(logging.makeLogRecord(words))

    assert [line["event"] for line in lines()] == ["foreign", "%d signers"]
    assert SECRET not in "".join(capfd.readouterr())


def test_values_that_are_not_on_the_list_are_left_out_of_a_line(lines):
    logging.getLogger("zhaobiao.web").warning("it was %s", SECRET, extra={"who": NAME, "ms": 3})

    (line,) = lines()
    assert (line["event"], line["ms"]) == ("it was %s", 3)
    assert NAME not in str(line)
    assert SECRET not in str(line)


def ask_with_secrets(client):
    """Requests that carry what must not be kept in every place that a request has."""
    headers = {"User-Agent": SECRET, "X-Forwarded-For": ADDRESS, "Referer": f"http://x/{CODE}"}
    held = {**headers, "Authorization": f"Bearer {PIN}"}
    where = {"REMOTE_ADDR": ADDRESS}
    client.get(f"/tenders/{CODE}?q={NAME}", headers=headers, environ_base=where)
    client.get(f"/api/v1/bids/{CODE}/files", headers=held, environ_base=where)
    client.get(f"/{NAME}", headers=headers, environ_base=where)
    body = {"username": SECRET, "password": PASSWORD, "price": PRICE}
    client.post("/api/v1/tokens", json=body, headers=headers, environ_base=where)
    client.post("/register", data={"name": SECRET}, headers=headers, environ_base=where)
    client.post(f"/api/v1/lots/{CODE}/bids", data=b"\xff" + SECRET.encode(), environ_base=where)


@pytest.mark.attack("canaries")
def test_no_secret_name_number_or_address_is_ever_in_the_log(sqlite_url, tmp_path, lines, tried):
    logging.getLogger("zhaobiao").setLevel(logging.DEBUG)
    site = Site(tmp_path, sqlite_url)
    site.sign_in()
    site.post("banker", "/keys/document", pin=PIN)
    site.bid()
    site.client.get("/desk", headers={"Authorization": f"Bearer {site.tokens['bidder1']}"})
    ask_with_secrets(site.client)
    site.database.dispose()

    logged = json.dumps(lines(), ensure_ascii=False)
    words = {"address": ADDRESS, "code": CODE, "lot": site.hall.lot, "firm": CODES[0]}
    secrets = site.private() | site.sealed()
    secrets |= {name: forms_of(word) for name, word in words.items()}
    people = {"bidder": "bidder1", "bank": "banker", "password": PASSWORD}
    tried(len(secrets) + len(people))
    assert {line.get("status") for line in lines()} >= {200, 401, 404}
    assert "papers_api.give_signature" in logged
    assert anywhere(secrets, {"log": logged.encode()}) == {}
    assert [name for name, word in people.items() if word in logged] == []


def test_the_search_of_the_log_would_find_what_lies_there(client, lines):
    make_organisation(CODES[0], "临江某单位")
    make_person("somebody", CODES[0])
    client.get("/desk", headers={"Authorization": f"Bearer {token('somebody')}"})
    logging.getLogger("zhaobiao.web").warning(SECRET)

    logged = json.dumps(lines(), ensure_ascii=False).encode()
    assert anywhere({"secret": forms_of(SECRET)}, {"log": logged}) == {"secret": ["log"]}

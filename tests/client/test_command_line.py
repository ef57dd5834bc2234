"""`python -m client` against a real platform: one tender, every sub-command, all exit codes."""

import json
import random
from datetime import timedelta

import pytest

from client import witness
from client.__main__ import main
from client.journey.cast import DEMO_ACCOUNTS, gather
from client.journey.evaluate import sheet_of
from client.journey.trade import Plan, Trade
from demo.people import PASSWORD
from tests.factories.evaluation import method
from tests.journeys.town import running, wait_for

PIN = "20261126"
BID = ("--price", "9800000.53", "--period-days", "180", "--quality", "合格")
NOWHERE = ("--url", "http://127.0.0.1:9")


@pytest.fixture
def desk(tmp_path, capsys, monkeypatch):
    """A desk with a town before it; `desk(person, words…)` → exit code, answer, message."""
    monkeypatch.setenv("ZHAOBIAO_PIN", PIN)
    with running(tmp_path) as town:
        yield Desk(town, tmp_path, capsys)


class Desk:
    def __init__(self, town, folder, capsys):
        self.town, self.folder, self.capsys = town, folder, capsys
        self.cast = gather(town.url, folder, DEMO_ACCOUNTS, bidders=4, experts=5)
        plan = Plan("CONSTRUCTION", 1, 5, 1, None, method())
        self.trade = Trade(self.cast, plan, folder, lambda _text: None)
        for name in self.cast.witnesses:
            self.cast[name].keys.enrol(self.cast[name].platform)

    def __call__(self, name, role, action, *words):
        person = self.cast[name]
        token = self.folder / f"token-{name}"
        token.write_text(person.token)
        common = ["--url", self.town.url, "--token-file", str(token)]
        home = ["--home", str(person.keys.folder)]
        code = main([role, action, *common, *home, *map(str, words)])
        out, err = self.capsys.readouterr()
        return code, json.loads(out) if out else None, err

    def good(self, *words):
        code, answer, err = self(*words)
        assert (code, err) == (0, "")
        return answer

    def look(self):
        for name in self.cast.witnesses:
            person = self.cast[name]
            witness.look_after_lots(person.platform, person.keys)


def test_a_tender_is_played_by_the_command_line(desk):
    desk.trade.announce()
    desk.look()
    lot = desk.trade.lot
    bid = desk.folder / "投标文件.pdf"
    bid.write_bytes(b"%PDF-1.7 " * 1000)
    _guarantees(desk, lot)
    _bids(desk, lot, bid)
    _opening(desk, lot)
    _draw(desk, lot)
    _evaluation(desk, lot)


def _guarantees(desk, lot):
    issuer = desk.cast["issuer"].organisation
    first, second = (
        desk.good(name, "bidder", "guarantee", lot, "--issuer", issuer)["order"]
        for name in ("bidder1", "bidder2")
    )
    listed = desk.good("issuer", "issuer", "orders")
    signed = desk.good("issuer", "issuer", "issue", first)
    desk.good("issuer", "issuer", "refuse", second, "--reason", "授信不足")

    assert {each["order"] for each in listed["orders"]} == {first, second}
    assert lot not in json.dumps(listed)
    assert signed["turn"] == "done"
    assert desk("issuer", "issuer", "issue", "GO0000000000")[0] == 2
    mine = f"/lots/{lot}/guarantee-orders/mine"
    bidder = desk.cast["bidder1"].platform
    wait_for(lambda: bidder.get(mine)["orders"][0]["state"] == "issued")


def _bids(desk, lot, bid):
    assert desk("bidder1", "bidder", "withdraw", lot)[0] == 2
    assert desk("bidder1", "bidder", "submit", lot, desk.folder / "none.pdf", *BID)[0] == 2
    desk.good("bidder1", "bidder", "enrol")
    first = desk.good("bidder1", "bidder", "submit", lot, bid, *BID)
    code, answer, message = desk("bidder1", "bidder", "submit", lot, bid, *BID)
    second = desk.good("bidder1", "bidder", "replace", lot, bid, *BID)
    for name in ("bidder2", "bidder3", "bidder4"):
        desk.good(name, "bidder", "submit", lot, bid, *BID)
    gone = desk.good("bidder4", "bidder", "withdraw", lot)

    assert (code, answer) == (1, None)
    assert "bid.wrong_replacement" in message
    assert first["code"] != second["code"]
    assert gone["state"] == "withdrawn"
    assert "proof" not in desk.good("bidder1", "bidder", "receipt", lot)


def _opening(desk, lot):
    early = desk("bidder1", "bidder", "release", lot)
    desk.trade.close()
    for name in ("bidder1", "bidder2", "bidder3"):
        desk.good(name, "bidder", "release", lot)
    desk.trade.move(desk.trade.deadline + timedelta(minutes=30))
    desk.trade.wait_for_state("unsealing")
    desk.look()
    desk.trade.wait_for_state("opened")
    desk.trade.confirm()

    assert early[0] == 1
    assert "release.too_early" in early[2]
    wait_for(lambda: desk.good("bidder1", "bidder", "receipt", lot).get("proof"))


def _draw(desk, lot):
    agency = desk.cast["agency"].platform
    draw = agency.post(f"/lots/{lot}/draw", {})["draw"]
    parties = {"buyer": "procuring_entity", "centre": "host"}
    for name, party in parties.items():
        desk.good(name, "draw", "commit", draw, "--party", party)
    again = desk("buyer", "draw", "commit", draw, "--party", "procuring_entity")
    other = desk("bidder1", "draw", "commit", draw, "--party", "host")
    agency.post(f"/draws/{draw}/freeze", {})
    for name, party in parties.items():
        desk.good(name, "draw", "reveal", draw, "--party", party)
    calls = {name: desk.good(name, "expert", "calls")["calls"] for name in _experts(desk)}
    for name in [name for name, called in calls.items() if called]:
        desk.good(name, "expert", "accept", draw)

    assert (again[0], other[0]) == (2, 2)
    assert agency.get(f"/draws/{draw}")["state"] == "drawn"
    assert lot not in json.dumps(calls)


def _evaluation(desk, lot):
    agency = desk.cast["agency"].platform
    meeting = agency.post(f"/lots/{lot}/meeting", {})["meeting"]
    path = f"/meetings/{meeting}"
    seats = desk.cast["regulator"].platform.get(f"{path}/supervision")["members"]
    members = [desk.cast.experts[seat["expert"]] for seat in seats]
    for name in members:
        desk.good(name, "expert", "commit", meeting)
    for name in members:
        desk.good(name, "expert", "vote", meeting, "--choice", seats[0]["expert"])
    shown = desk.cast[members[0]].platform.get(path)
    sheet = desk.folder / "sheet.json"
    bad = desk(members[0], "expert", "score", meeting, desk.folder / "投标文件.pdf")
    sheet.write_text(json.dumps(sheet_of(shown["bids"], shown["items"], random.Random(1))))
    for name in members:
        desk.good(name, "expert", "score", meeting, sheet)
    chair = desk.cast[members[0]].platform
    chair.post(f"{path}/sheets/reveal", {})
    desk.good(members[1], "expert", "score", meeting, sheet, "--reason", "复核")
    chair.post(f"{path}/sheets/lock", {})
    chair.post(f"{path}/ranking", {"reasoning": "有竞争性"})
    paper = chair.post(f"{path}/report", {})["paper"]

    assert bad[0] == 2
    assert desk.good(members[0], "expert", "sign", paper)["turn"] == "done"


def _experts(desk):
    return sorted(desk.cast.experts.values())


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["bidder"],
        ["bidder", "steal"],
        ["bidder", "enrol", *NOWHERE],
        ["bidder", "enrol", *NOWHERE, "--username", "a", "--token-file", "b"],
        ["draw", "commit", *NOWHERE, "--username", "a", "DR", "--party", "agency"],
    ],
)
def test_wrong_usage_ends_with_two(words):
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2


def test_a_token_file_that_is_not_there_ends_with_two(tmp_path, capsys):
    words = ["bidder", "enrol", *NOWHERE, "--token-file", str(tmp_path / "none")]
    assert main(words) == 2
    assert "none" in capsys.readouterr().err


@pytest.mark.parametrize("action", ["submit", "release"])
def test_help_shows_an_example(action, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["bidder", action, "--help"])
    assert ended.value.code == 0
    assert f"python -m client bidder {action} --url" in capsys.readouterr().out


def test_a_wrong_password_is_refused_and_a_right_one_keeps_a_token(tmp_path, capsys, monkeypatch):
    out = tmp_path / "token"
    with running(tmp_path) as town:
        words = ["token", "--url", town.url, "--username", "witness", "--out", str(out)]
        monkeypatch.setenv("ZHAOBIAO_PASSWORD", "wrong wrong wrong")
        refused = main(words)
        monkeypatch.setenv("ZHAOBIAO_PASSWORD", PASSWORD)
        kept = main(words)
        orders = ["issuer", "orders", "--url", town.url, "--token-file", str(out)]
        not_an_issuer = main([*orders, "--home", str(tmp_path / "keys")])

    captured = capsys.readouterr()
    assert (refused, kept, not_an_issuer) == (1, 0, 1)
    assert "account.wrong_name_or_password" in captured.err
    assert json.loads(captured.out) == {"token_file": str(out)}
    assert out.stat().st_mode & 0o777 == 0o600

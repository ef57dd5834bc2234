"""The opening as a bidder clicks it: the right key released, a wrong one told, all opened together."""

import pytest

from client.bidder import Form, submit
from client.keys import KeyFolder
from client.session import Platform
from tests.browser.bidder import PASSPHRASE, SMALL, Hall
from tests.browser.conftest import needs_chromium, stage_in
from tests.browser.test_sealing import bids_of
from tests.factories.hall import packed
from tests.factories.identity import PASSWORD
from trading.rules.opening import Outcome

pytestmark = needs_chromium


@pytest.fixture
def stage(browser, tmp_path, sqlite_template):
    with stage_in(tmp_path, sqlite_template) as started:
        started.hall = started.evaluation.hall.ready()
        yield started


def by_client(stage, bidder, folder):
    """The receipt of a bid that the command-line client sealed, and the file of its key."""
    platform, keys = Platform(stage.url), KeyFolder(folder / "keys")
    platform.sign_in(bidder.username, PASSWORD)
    keys.enrol(platform)
    plan = folder / "方案.txt"
    plan.write_bytes(SMALL)
    receipt = submit(
        platform, keys, stage.hall.lot, Form("30000000.00", 90, "合格"), {plan.name: plan}
    )
    seal = keys.recall(f"receipt-{stage.hall.lot}")["seals"]["bid"]
    return receipt["code"], folder / "keys" / f"{seal}.key"


def kept_by(stage, bidder, folder):
    """A key file with nothing but the key, of a bid that was made without a page."""
    path = folder / f"{bidder.username}.key"
    path.write_text(stage.hall.keys[bidder.username]["bid"])
    return path


def test_bids_of_the_page_and_of_the_client_are_released_by_clicking_and_open_together(
    stage, browser, tmp_path
):
    hall = stage.hall
    _first, second, third, fourth = hall.bidders
    sealer = Hall(stage, browser).enrol().seal(tmp_path)
    from_page = sealer.sign()
    from_client, client_key = by_client(stage, second, tmp_path)
    for bidder in (third, fourth):
        hall.bid(bidder, *packed("29000000.00"))
    (tmp_path / "late").mkdir()
    late = Hall(stage, browser, 3).enrol().seal(tmp_path / "late")
    late.page.wait_for_selector("#checked:visible")
    sealer.open("opening").shows("等待投标截止")
    hall.close()
    late.page.check("#checked")
    late.do("submit")
    late.page.wait_for_selector("[data-problems]:has-text('招标投标法 第28条')")
    assert list(bids_of(late)) == [hall.receipts[fourth.username]]
    desks = [sealer, Hall(stage, browser, 1), Hall(stage, browser, 2), Hall(stage, browser, 3)]
    for desk in desks:
        desk.open("opening").shows("释放解封密钥")

    desks[0].release(client_key)
    desks[0].page.wait_for_selector("[data-problems]:has-text('打不开现在这一份')")
    desks[0].release(sealer.key, PASSPHRASE).shows("密钥已释放")
    desks[1].enrol_here().release(client_key).shows("密钥已释放")
    hall.release(third, keys={"bid": hall.keys[fourth.username]["bid"]})
    hall.end_window().publish()
    hall.do("lot.check_releases")
    desks[2].shows("释放的密钥不符，请更正").enrol_here()
    desks[2].release(kept_by(stage, third, tmp_path)).shows("更正已收到")
    desks[3].shows("您没有释放密钥")
    hall.do("lot.open")

    outcomes = {
        receipt: (each.outcome, each.price_fen) for receipt, each in hall.outcomes().items()
    }
    assert outcomes == {
        from_page: (Outcome.OPENED, 3_141_592_653),
        from_client: (Outcome.OPENED, 3_000_000_000),
        hall.receipts[third.username]: (Outcome.OPENED, 2_900_000_000),
        hall.receipts[fourth.username]: (Outcome.NOT_RELEASED, None),
    }
    for desk, words in zip(
        desks, ("31,415,926.53", "30,000,000.00", "29,000,000.00", "视为撤销投标"), strict=True
    ):
        desk.shows(words)
        assert desk.page.faults == []

"""One lot from its notice to the signed archive by nothing but clicking, everybody at once."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.browser.conftest import needs_chromium
from tests.browser.story import evaluation, trade
from tests.browser.story.people import Bidder, Citizen, Person
from tests.browser.story.watch import Watch
from tests.journeys.program import Program

pytestmark = [*needs_chromium, pytest.mark.timeout(1200)]
BEGAN = timedelta(days=60)
PRICES = ("9,800,000.00", "10150000", "10400000")
SEATS = 5
SOON_SECONDS = 1.0


@pytest.fixture
def site(tmp_path):
    program = Program(tmp_path, "127.0.0.1", "--no-city")
    try:
        yield program.wait_for_the_site().url
    finally:
        program.stop()


def test_five_roles_run_a_lot_from_notice_to_signed_archive_while_a_regulator_watches(
    site, browser, tmp_path
):
    agency, buyer, centre, issuer = (
        Person(site, browser, name) for name in ("agency", "buyer", "centre", "issuer")
    )
    bidders = [
        Bidder(site, browser, "bidder1", width=390, language="en"),
        Bidder(site, browser, "bidder2"),
        Bidder(site, browser, "bidder3"),
    ]
    regulator = Person(site, browser, "regulator")

    began = datetime.now(UTC) - BEGAN
    tender = trade.register(agency, began)  # a rehearsal, so that its clock can be moved
    trade.announce(agency)
    watch = Watch(regulator, tender)
    for each in bidders:
        each.find(trade.TENDER).order_guarantee()
    trade.issue_guarantees(issuer, len(bidders))
    for each, price in zip(bidders, PRICES, strict=True):
        each.bid(price, tmp_path / each.username)
    trade.move_clock(agency)
    watch.shows("closed", lot="解密中", wall="解密中")
    for each in bidders:
        each.find_own(trade.TENDER).release_key()
    trade.move_clock(agency)
    watch.shows("opened", lot="已开标", wall="已开标")
    trade.to_lot(agency).confirm().press("确认开标记录")
    watch.shows("confirmed", lot="开标已确认", wall="开标已确认")

    evaluation.draw(agency, [buyer, centre])
    experts = [Person(site, browser, f"expert{n if n > 1 else ''}") for n in range(1, 8)]
    committee = evaluation.answer_calls(experts, SEATS)
    evaluation.convene(agency)
    watch.shows("convened", lot="评标中", wall="评标中")
    for number, each in enumerate(committee, 1):
        evaluation.enter(each.make_signing_keys()).confirm().press("签名并提交承诺书")
        watch.shows(f"commitment {number}", lot="已签署", count=number)
    watch.shows("presence", lot="已连接", count=SEATS)
    for number, each in enumerate(committee, 1):
        evaluation.vote_for_the_first(each)
        if number < SEATS:
            watch.shows(f"vote {number}", lot="已投票", count=number)
    for number, each in enumerate(committee, 1):
        evaluation.score(each)
        watch.shows(f"sheet {number}", lot="已提交（密封）", count=number)
    chair = evaluation.chair_of(committee)
    chair.confirm().press("公开全部评分表")
    watch.shows("revealed", lot="已公开", count=SEATS)
    chair.sees("锁定全部评分表").confirm().press("锁定全部评分表")
    watch.shows("locked", lot="已锁定", count=SEATS)
    chair.sees("汇总排序").confirm().page.click("main button:has-text('汇总排序')")
    watch.shows("ranked", lot="总分")
    chair.sees("编制评标报告").confirm().page.click("main button:has-text('编制评标报告')")
    for each in committee:
        each.press("阅读并签署报告").sign_paper().sees("您已签署")
    watch.shows("reported", lot="评标已完成", wall="评标已完成")

    trade.candidates(agency)
    watch.shows("candidates", lot="中标候选人公示", wall="中标候选人公示")
    trade.move_clock(agency, began + timedelta(days=40))
    trade.award(buyer)
    watch.shows("awarded", lot="已定标", wall="已定标")
    trade.move_clock(agency, began + timedelta(days=55))
    trade.archive(agency)
    watch.shows("archived", lot="已归档")
    watch.is_gone()
    assert watch.were_reloaded() == [False, False]

    archive = regulator.downloads("下载评标报告", tmp_path, watch.pages[1])
    regulator.page.click(".zb-mark")
    assert_valid(regulator, archive)
    citizen = Citizen(site, browser)
    citizen.page.fill("#q", trade.TENDER)
    citizen.page.keyboard.press("Enter")
    citizen.press(trade.TENDER)
    assert_valid(citizen, citizen.downloads("下载证据包", tmp_path))
    winner = bidders[0].find_own(trade.TENDER)
    winner.sees("9,800,000.00").sees("Won")

    everybody = [agency, buyer, centre, issuer, regulator, citizen, *bidders, *experts]
    assert [each.barriers for each in everybody if each.barriers] == []
    assert [each.faults for each in everybody if each.faults] == []
    assert watch.median < SOON_SECONDS, watch.delays


def assert_valid(person, file):
    """What the verifier page says of a file that somebody drops there."""
    person.walk("核验中心")
    person.page.set_input_files("#file", file)
    person.page.click("main button.btn-primary")
    person.sees("结论：有效")

"""What people do by hand on trading's pages, in a browser without scripts."""

import re
from datetime import UTC, datetime

import pytest

from identity.states import OrganisationKind, Role
from storage.database import snapshot
from storage.vault import Vault
from tests.factories.awarding import RECEIVED, Awarding
from tests.factories.hall import Hall, packed
from tests.factories.identity import CODES, make_organisation, make_person
from tests.factories.pages import facts
from tests.factories.trading import NOTICE, make_open_lot, make_tender, move_to
from tests.trading.test_guarantee import Bank
from trading import queries
from trading.states import GuaranteeState, LotState, PassingOver

START = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)
PUBLICITY_ENDS = datetime(2026, 9, 28, 16, 0, tzinfo=UTC)


def state_of(lot):
    with snapshot() as db:
        return queries.lot_by_code(db, lot).state


@pytest.fixture
def awarding(app, settings):
    made = Awarding(Vault(settings.files))
    move_to(made.lot, RECEIVED)
    return made.receive()


def test_everybody_lands_on_their_own_desk(agent):
    assert agent.landed.headers["Location"] == "/account/undertakings"
    assert "没有等待您办理的事项" in agent.get("/desk")


@pytest.mark.parametrize("confirm", ["yes", ""])
def test_the_agency_confirms_the_opening(app, settings, reader, confirm):
    hall = Hall(Vault(settings.files)).ready().all_bid().close()
    hall.all_release().end_window().publish().open()
    agent = reader("agent")
    assert "确认开标记录" in agent.get("/desk")

    answer = agent.send(f"/run/lots/{hall.lot}/opening-record", confirm=confirm)

    assert answer.status_code == (302 if confirm else 422)
    assert state_of(hall.lot) is (LotState.CONFIRMED if confirm else LotState.OPENED)


def test_from_the_report_to_the_archive_by_hand(awarding, reader):
    lot, agent, officer = awarding.lot, reader("agent"), reader("officer")
    reported = agent.get(f"/run/lots/{lot}")
    assert "90.00" in reported
    assert "<caption>中标候选人公示" not in reported
    assert "公示中标候选人" in agent.get("/desk")
    agent.sent(f"/run/lots/{lot}/candidates", confirm="yes")
    early = {"receipt": awarding.receipts[0], "confirm": "yes"}

    assert "公示期" in officer.refused(f"/run/lots/{lot}/award", 409, **early)
    move_to(lot, PUBLICITY_ENDS)
    officer.refused(f"/run/lots/{lot}/award", 422, "confirm", receipt=awarding.receipts[0])
    officer.refused(f"/run/lots/{lot}/award", 409, "receipt", confirm="yes")
    officer.refused(
        f"/run/lots/{lot}/award", 409, "reason", receipt=awarding.receipts[1], confirm="yes"
    )
    agent.refused(f"/run/lots/{lot}/award", 403, **early)
    assert state_of(lot) is LotState.CANDIDATES_PUBLISHED
    officer.sent(
        f"/run/lots/{lot}/award",
        receipt=awarding.receipts[1],
        reason=PassingOver.GAVE_UP.value,
        ground="书面放弃",
        confirm="yes",
    )

    assert awarding.owners[awarding.receipts[1]] in officer.get(f"/run/lots/{lot}")
    assert "书面放弃" not in reader().get(f"/tenders/{lot.rpartition('-')[0]}")
    agent.sent(f"/run/lots/{lot}/archive", confirm="yes")
    assert state_of(lot) is LotState.ARCHIVED


def test_the_award_form_is_offered_when_the_publicity_is_over(awarding, reader):
    lot, officer = awarding.lot, reader("officer")
    awarding.publish()

    before = officer.get(f"/run/lots/{lot}/award")
    move_to(lot, PUBLICITY_ENDS)
    after = officer.get(f"/run/lots/{lot}/award")

    assert "距公示期满" in before
    assert 'name="receipt"' not in before
    assert 'name="receipt"' in after


def test_everybody_reads_what_happens_now_and_what_comes_after(awarding, reader):
    address = f"/tenders/{awarding.lot.rpartition('-')[0]}"
    reported = reader().get(address)
    awarding.publish()

    published = reader().get(address)

    assert "公示中标候选人" in reported
    assert "确定中标人" in published
    assert "登记项目" not in published


def test_a_bidder_reads_its_own_result_and_reasons_only(awarding, reader):
    lot = awarding.lot
    before = reader("bidder4").get(f"/bids/lots/{lot}")
    awarding.publish()
    awarding.decide(at=PUBLICITY_ENDS)
    pages = {name: reader(name).get(f"/bids/lots/{lot}") for name in ("bidder1", "bidder4")}

    assert "没有资质" not in before
    assert "没有资质" in pages["bidder4"]
    assert "未中标" in pages["bidder4"]
    assert "没有资质" not in pages["bidder1"]
    assert "总分 90.00" in pages["bidder1"]


def test_a_bidder_sees_its_receipts_and_commands_and_nobody_else_does(app, settings, reader):
    hall = Hall(Vault(settings.files)).ready()
    hall.bid(hall.bidders[0], *packed("31415926.53"))
    with snapshot() as db:
        lot = queries.lot_by_code(db, hall.lot)
        (bid,) = queries.standing_bids(db, lot.id)
    mine, other = (reader(name).get(f"/bids/lots/{hall.lot}") for name in ("bidder1", "bidder2"))

    assert f"/api/v1/receipts/{bid.receipt}" in mine
    assert "python -m client bidder withdraw" in mine
    assert bid.receipt not in other
    assert "python -m client bidder submit" in other
    assert bid.receipt in reader("bidder1").get("/bids/mine")
    assert bid.receipt not in reader("bidder2").get("/bids/mine")
    assert hall.lot in reader("bidder2").get("/bids")


def test_a_receipt_is_its_bidders_page_and_nobody_elses(app, settings, reader):
    hall = Hall(Vault(settings.files)).ready().all_bid()
    receipt = hall.receipts["bidder1"]
    address = f"/bids/lots/{hall.lot}/receipts/{receipt}"
    before = reader("bidder1").get(address)
    other, agent = reader("bidder2"), reader("agent")
    hall.close()

    after = reader("bidder1").get(address)

    assert "签名并撤回" in before
    assert receipt in after
    assert "签名并撤回" not in after
    assert other.client.get(address).status_code == 404
    assert agent.client.get(address).status_code == 403


def test_nothing_is_sealed_after_the_close(app, settings, reader):
    hall = Hall(Vault(settings.files)).ready().all_bid()
    bidder = reader("bidder1")
    assert "data-seal" in bidder.get(f"/bids/lots/{hall.lot}/seal")
    hall.close()

    page = bidder.get(f"/bids/lots/{hall.lot}/seal")

    assert "data-seal" not in page
    assert "招标投标法 第28条" in page


def test_a_bidder_whose_release_was_wrong_is_told_until_it_is_corrected(app, settings, reader):
    hall = Hall(Vault(settings.files)).ready().all_bid().close()
    first, second, *others = hall.bidders
    hall.release(first, keys=hall.keys[second.username])
    for bidder in (second, *others):
        hall.release(bidder)
    hall.end_window().publish().do("lot.check_releases")
    address = f"/bids/lots/{hall.lot}/opening"
    mine, other = reader("bidder1"), reader("bidder2")
    told, untold = mine.get(address), other.get(address)

    hall.release(first)

    assert "释放的密钥不符" in told
    assert "释放的密钥不符" not in untold
    assert "释放的密钥不符" not in mine.get(address)
    assert "更正已收到" in mine.get(address)


def test_the_desk_tells_a_bidder_to_release_until_the_end_of_the_window(app, settings, reader):
    hall = Hall(Vault(settings.files)).ready().all_bid()
    assert "等待投标截止" in reader("bidder1").get("/desk")
    hall.close()
    hall.release(hall.bidders[1])

    first, second = (reader(name).get("/desk") for name in ("bidder1", "bidder2"))

    assert "视为撤销投标文件" in first
    assert "视为撤销投标文件" not in second
    assert "python -m client bidder release" in reader("bidder1").get(f"/bids/lots/{hall.lot}")


@pytest.fixture
def bank(app, settings):
    made = Bank(Vault(settings.files))
    app.extensions["workshop"] = made.workshop
    return made


def test_an_issuer_approves_by_hand_and_never_learns_the_lot(bank, reader):
    order, banker = bank.order("bidder1"), reader("banker")
    pages = [banker.get(address) for address in ("/desk", "/orders", f"/orders/{order}")]

    banker.refused(f"/orders/{order}/approval", 422, "confirm")
    paper = banker.sent(f"/orders/{order}/approval", confirm="yes")

    assert all("临江建设10有限公司" in page for page in pages)
    assert not any(word in page for page in pages for word in (bank.lot, "临江大桥"))
    assert paper.startswith("/papers/")
    assert bank.known(order).state is GuaranteeState.APPROVED


def test_an_issuer_refuses_with_a_reason_that_the_bidder_reads(bank, reader):
    order, banker = bank.order("bidder1"), reader("banker")

    banker.refused(f"/orders/{order}/refusal", 422, "reason", reason=" ")
    assert bank.known(order).state is GuaranteeState.ORDERED
    banker.sent(f"/orders/{order}/refusal", reason="授信不足")

    assert bank.known(order).state is GuaranteeState.REFUSED
    assert "授信不足" in reader("bidder1").get(f"/bids/lots/{bank.lot}")
    assert "授信不足" not in reader("bidder2").get(f"/bids/lots/{bank.lot}")


def test_an_order_is_nobody_elses(bank, reader):
    order, before = bank.order("bidder1"), facts()
    insurer = reader("insurer")

    insurer.get(f"/orders/{order}", 404)
    insurer.refused(f"/orders/{order}/approval", 404, confirm="yes")
    insurer.refused(f"/orders/{order}/refusal", 404, reason="x")

    assert (bank.known(order).state, facts()) == (GuaranteeState.ORDERED, before)


def test_a_witness_sees_what_needs_a_key(app, settings, reader):
    hall = Hall(Vault(settings.files))
    witness = reader("witness")
    before = witness.get("/desk")
    hall.ready()

    assert "生成并演练开标密钥" in before
    assert "已演练" in witness.get("/witness")
    assert "python -m client.witness" in witness.get("/witness")
    assert "已备好" in witness.get("/desk")


PAGES = (
    "/run/tenders",
    "/run/tenders/new",
    "/run/tenders/{tender}",
    "/run/tenders/{tender}/notice",
    "/run/lots/{lot}",
    "/run/lots/{lot}/award",
    "/run/lots/{lot}/termination",
    "/bids",
    "/bids/mine",
    "/bids/lots/{lot}",
    "/bids/lots/{lot}/seal",
    "/bids/lots/{lot}/opening",
    "/orders",
    "/papers",
    "/witness",
    "/centre/organisations",
    "/centre/people",
    "/centre/experts",
    "/centre/health",
)
OPEN_TO = {
    "agent": {page for page in PAGES if page.startswith("/run/")},
    "officer": {page for page in PAGES if page.startswith("/run/")} - {"/run/tenders/new"},
    "other_agent": {"/run/tenders", "/run/tenders/new"},
    "bidder1": {page for page in PAGES if page.startswith("/bids")},
    "issuer": {"/orders", "/papers"},
    "expert": {"/papers"},
    "witness": {"/witness"},
    "operator": {page for page in PAGES if page.startswith("/centre/")},
    "host": set(),
    "regulator": set(),
}
KINDS = {
    "other_agent": (OrganisationKind.AGENCY, Role.AGENT),
    "issuer": (OrganisationKind.ISSUER, Role.ISSUER),
    "expert": (OrganisationKind.EXPERT_POOL, Role.EXPERT),
    "witness": (OrganisationKind.WITNESS, Role.WITNESS),
    "operator": (OrganisationKind.TRADING_CENTRE, Role.OPERATOR),
    "host": (OrganisationKind.TRADING_CENTRE, Role.HOST),
    "regulator": (OrganisationKind.REGULATOR, Role.REGULATOR),
}


def test_every_page_is_open_to_its_own_roles_and_to_nobody_else(agent, reader):
    lot = make_open_lot(start=START)
    for number, (username, (kind, role)) in enumerate(KINDS.items(), 40):
        make_organisation(CODES[number], f"单位{number}", kind)
        make_person(username, CODES[number], role)
    found = {}

    for username in OPEN_TO:
        browser = reader(username)
        browser.get("/desk")
        for page in PAGES:
            address = page.format(lot=lot, tender=lot.rpartition("-")[0])
            found[username, page] = browser.client.get(address).status_code

    assert {key for key, status in found.items() if status == 200} == {
        (username, page) for username, pages in OPEN_TO.items() for page in pages
    }
    assert set(found.values()) == {200, 403, 404}
    assert reader().client.get("/desk").status_code == 401


STEPS = (
    "/run/tenders/{tender}/notice",
    "/run/tenders/{tender}/clock",
    "/run/lots/{lot}/opening-record",
    "/run/lots/{lot}/candidates",
    "/run/lots/{lot}/archive",
    "/run/lots/{lot}/award",
    "/run/lots/{lot}/termination",
)
FORM = NOTICE | {
    "confirm": "yes",
    "ground": "理由",
    "deadline": "2026-12-01T09:00",
    "to": "2026-12-01T09:00",
}


@pytest.mark.parametrize("username", ["other_agent", "bidder1"])
def test_nobody_else_takes_a_step_of_a_lot(agent, reader, username):
    make_organisation(CODES[40], "另一代理", OrganisationKind.AGENCY)
    make_person("other_agent", CODES[40], Role.AGENT)
    lot = make_open_lot(start=START)
    browser, before = reader(username), facts()

    answers = {
        browser.send(step.format(lot=lot, tender=lot.rpartition("-")[0]), **FORM).status_code
        for step in STEPS
    }

    assert answers == ({404} if username == "other_agent" else {403})
    assert (state_of(lot), facts()) == (LotState.ANNOUNCED, before)


def test_the_procuring_entity_takes_no_step_of_the_agency(agent, reader):
    lot = make_open_lot(start=START)
    officer, before = reader("officer"), facts()

    for step in ("opening-record", "archive"):
        assert officer.send(f"/run/lots/{lot}/{step}", confirm="yes").status_code in (403, 409)

    assert (state_of(lot), facts()) == (LotState.ANNOUNCED, before)


def test_a_long_list_goes_on_on_the_next_page(agent):
    for _ in range(21):
        make_tender()

    first, second = (agent.get(f"/run/tenders?page={number}") for number in (1, 2))

    assert [len(re.findall(r'href="/run/tenders/TD\w+"', page)) for page in (first, second)] == [
        20,
        1,
    ]
    assert "page=2" in first
    assert "page=3" not in second

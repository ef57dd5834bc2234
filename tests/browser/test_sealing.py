"""A bid sealed, submitted, replaced, withdrawn and released by clicking, and what must not happen:
nothing is signed before the key file was shown to open the bid, nothing is lost by a reload.
"""

import base64
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import tarfile
from concurrent.futures import ThreadPoolExecutor

import pyrage
import pytest
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from storage.database import snapshot
from tests.browser.bidder import PASSPHRASE, SMALL, Desk, file
from tests.browser.conftest import REQUIRED, needs_chromium, stage_in
from tests.factories.identity import viewer
from tests.journeys.town import ROOT
from tests.trading.test_guarantee import BANK, Bank
from trading import queries
from trading.models.bidding import Upload
from trading.rules import guarantee as rules
from trading.states import BidState

pytestmark = needs_chromium
AGE = shutil.which("age")
AXE = (ROOT / "node_modules/axe-core/axe.min.js").read_text("utf-8")
PRICE = "31415926.53"


@pytest.fixture(scope="module")
def stage(browser, tmp_path_factory, sqlite_template):  # closed before its browser is
    with stage_in(tmp_path_factory.mktemp("sealing"), sqlite_template) as started:
        started.hall = started.evaluation.hall.ready()
        started.bank = Bank(started.hall.vault, hall=started.hall)
        yield started


def bids_of(desk):
    with snapshot() as db:
        lot = queries.lot_by_code(db, desk.lot)
        found = queries.bids_of(db, lot.id, viewer(desk.bidder.username).organisation)
        return {bid.receipt: bid.state for bid in found}


def sealed_of(stage, receipt):
    """(the sealed envelope as it lies, its statement)."""
    with snapshot() as db:
        bid = queries.standing_bids(db, queries.lot_by_code(db, stage.hall.lot).id)
        bid = next(each for each in bid if each.receipt == receipt)
        parts = db.get_one(Upload, bid.uploads["bid"]).parts
        return b"".join(stage.hall.vault.chunks(parts)), json.loads(bid.statement)


def identity_in(key_file):
    text = unlocked(key_file.read_bytes(), PASSPHRASE).decode()
    return next(line for line in text.splitlines() if line.startswith("AGE-SECRET-KEY-1"))


def unlocked(raw, passphrase):
    """A small age passphrase file opened by its specification: pyrage refuses on a busy machine."""
    header, _, rest = raw.partition(b"\n--- ")
    _intro, stanza, body = header.split(b"\n")
    _arrow, kind, salt, log_n = stanza.split(b" ")
    assert kind == b"scrypt"
    wrapping = hashlib.scrypt(
        passphrase.encode(),
        salt=b"age-encryption.org/v1/scrypt" + base64.b64decode(salt + b"=="),
        n=1 << int(log_n),
        r=8,
        p=1,
        maxmem=1 << 29,
        dklen=32,
    )
    file_key = ChaCha20Poly1305(wrapping).decrypt(bytes(12), base64.b64decode(body + b"=="), None)
    payload = rest.partition(b"\n")[2]
    key = HKDF(SHA256(), 32, payload[:16], b"payload").derive(file_key)
    return ChaCha20Poly1305(key).decrypt(bytes(11) + b"\x01", payload[16:], None)


def standing_of(desk):
    (receipt,) = (code for code, state in bids_of(desk).items() if state is BidState.SUBMITTED)
    return receipt


def manifest_in(raw, key_file):
    plain = pyrage.decrypt(raw, [pyrage.x25519.Identity.from_str(identity_in(key_file))])
    with tarfile.open(fileobj=io.BytesIO(plain)) as archive:
        return json.load(archive.extractfile("manifest.json"))


class Walk:
    """Moving through a page by Tab alone."""

    def __init__(self, page):
        self.page = page

    def to(self, selector, most=80):
        for _ in range(most):
            if self.page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
                return self.page.keyboard
            self.page.keyboard.press("Tab")
            self.page.wait_for_timeout(5)
        raise AssertionError(f"Tab does not come to {selector}")

    def choose(self, selector, path):
        with self.page.expect_file_chooser() as chooser:
            self.to(selector).press("Enter")
        chooser.value.set_files(path)


def barriers(page):
    """What axe finds against WCAG 2.2 A and AA."""
    page.evaluate(AXE)
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    found = page.evaluate("rules => axe.run(document, { runOnly: rules })", rules)
    return [
        (each["id"], [node["target"] for node in each["nodes"]]) for each in found["violations"]
    ]


def opened_with_age(raw, key_file, folder):
    """Names and contents of what the plain `age` tool finds in an envelope."""
    (folder / "identity.txt").write_text(identity_in(key_file))
    command = [AGE, "-d", "-i", folder / "identity.txt"]
    done = subprocess.run(command, input=raw, capture_output=True, check=True)
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive}


def test_nothing_is_signed_before_the_key_file_was_shown_to_open_the_bid(stage, browser, tmp_path):
    desk = Desk(stage, browser).enrol().fill([file("施工组织设计.txt", SMALL)]).make_key(tmp_path)
    other = pyrage.x25519.Identity.generate()
    (tmp_path / "other.key").write_text(f"# lot: TDOTHER-01\n{other}\n")
    (tmp_path / "noise.age").write_bytes(b"noise")
    desk.do("upload-first")
    desk.page.wait_for_selector("#checked:visible")
    desk.page.check("#checked")
    assert desk.page.is_disabled("[data-do=submit]")

    for wrong, passphrase, words in (
        (tmp_path / "other.key", "", "另一份投标的密钥（TDOTHER-01）"),
        (tmp_path / "noise.age", "", "这不是密钥文件"),
        (desk.key, "wrong", "口令不对"),
    ):
        desk.rehearse(wrong, passphrase)
        desk.page.wait_for_selector(f"[data-problems]:has-text('{words}')")
        assert desk.page.is_disabled("[data-do=submit]")
    assert bids_of(desk) == {}

    desk.rehearse()
    desk.page.wait_for_selector("[data-do=submit]:enabled")
    desk.page.dblclick("[data-do=submit]")
    desk.page.wait_for_selector("[data-proof-good]:visible")

    assert list(bids_of(desk).values()) == [BidState.SUBMITTED]
    assert desk.page.faults == []


@pytest.mark.skipif(not AGE and not REQUIRED, reason="age is not installed")
def test_the_plain_age_tool_opens_what_the_page_sealed(stage, browser, tmp_path):
    desk = Desk(stage, browser, 1).enrol().seal(tmp_path, [file("技术标 方案.txt", SMALL)])
    raw, statement = sealed_of(stage, desk.sign())

    found = opened_with_age(raw, desk.key, tmp_path)

    manifest = json.loads(found["manifest.json"])
    (envelope,) = statement["envelopes"]
    assert found["技术标 方案.txt"] == SMALL
    assert manifest["form"] == {"price": PRICE, "period_days": 180, "quality": "合格"}
    assert hashlib.sha256(found["manifest.json"]).hexdigest() == envelope["manifest_sha256"]


def test_a_second_window_on_the_same_lot_waits_for_the_first(stage, browser):
    desk = Desk(stage, browser, 3).enrol()
    second = desk.page.context.new_page()

    second.goto(desk.page.url)
    second.wait_for_selector("[data-part=busy]:visible")
    desk.page.close()
    second.reload()

    second.wait_for_selector("[data-check=browser].is-ok")
    assert second.is_visible("#price")


def test_a_standing_bid_is_replaced_and_withdrawn_by_clicking(stage, browser, tmp_path):
    desk = Desk(stage, browser, 2).enrol().seal(tmp_path)
    first = desk.sign()
    desk.page.click("text=替换投标文件")
    desk.fill([file("plan2.txt", SMALL)], "30000000").make_key(tmp_path).rehearse()
    second = desk.sign()
    assert bids_of(desk) == {first: BidState.REPLACED, second: BidState.SUBMITTED}

    desk.do("ask-withdraw")
    desk.page.fill("#last-four", "????")
    desk.do("withdraw")
    desk.page.wait_for_selector("[data-withdraw-fault]:visible")
    assert bids_of(desk)[second] is BidState.SUBMITTED
    desk.page.fill("#last-four", second[-4:])
    desk.do("withdraw")
    desk.page.wait_for_url("**/bids/lots/*-01")

    assert bids_of(desk) == {first: BidState.REPLACED, second: BidState.WITHDRAWN}
    assert desk.page.faults == []


def lose_the_answer(route):
    assert route.fetch().status == 201
    route.abort()


def test_a_lost_network_loses_nothing_and_submits_nothing_twice(stage, browser, tmp_path):
    desk, sent = Desk(stage, browser, 2).enrol(), []
    big = tmp_path / "big.bin"
    big.write_bytes(os.urandom(18 << 20))

    def lose(route):
        sent.append(route.request.url.rpartition("=")[2])
        if sent[-1] == "0":
            return route.continue_()
        return route.abort()

    put = re.compile(r"/api/v1/uploads/.*offset=")
    desk.page.route(put, lose)
    desk.seal(tmp_path, [big])
    desk.page.wait_for_selector("[data-part=lost]:visible:has-text('断网等待续传')")
    desk.page.unroute(put)
    desk.page.reload()
    desk.page.on("request", lambda asked: put.search(asked.url) and sent.append(asked.url[-1]))
    desk.page.route("**/api/v1/lots/*/bids", lose_the_answer, times=1)
    raw, statement = sealed_of(stage, desk.sign())

    assert sent.count("0") == 1
    assert list(bids_of(desk).values()).count(BidState.SUBMITTED) == 1
    assert len(raw) == statement["envelopes"][0]["bytes"]
    assert pyrage.decrypt(raw, [pyrage.x25519.Identity.from_str(identity_in(desk.key))])
    assert "31,415,926.53" not in desk.page.content()


def test_a_guarantee_ordered_on_the_page_is_proved_by_the_sealed_bid(stage, browser, tmp_path):
    bank, desk = stage.bank, Desk(stage, browser, 1).enrol()
    desk.do("order")
    desk.page.wait_for_selector("[data-check=guarantee]:has-text('尚未开立')")
    with snapshot() as db:
        (order,) = queries.guarantees_by_issuer(db, BANK)
    with ThreadPoolExecutor() as apart:  # this thread already runs the browser's loop
        issued = apart.submit(bank.issue, order.code).result()
    desk.open().page.wait_for_selector("[data-check=guarantee].is-ok")

    raw, _ = sealed_of(stage, desk.seal(tmp_path).sign())

    preimage = manifest_in(raw, desk.key)["guarantee"]
    salt = bytes.fromhex(preimage["salt"])
    assert rules.order_code(salt, bank.need(), preimage["deadline"]) == order.order_code
    assert (preimage["order"], preimage["sha256"]) == (order.code, issued.sha256)


def test_the_whole_way_is_walked_by_keyboard_alone(stage, browser, tmp_path):
    desk = Desk(stage, browser, 3).enrol()
    page, walk = desk.page, Walk(desk.page)
    (tmp_path / "plan.txt").write_bytes(SMALL)
    desk.open("")
    walk.to(".zb-now .btn-primary").press("Enter")
    page.wait_for_selector("[data-check=key].is-ok")
    walk.to("#price").type("28000000")
    walk.to("#period_days").type("200")
    walk.to("#quality").type("合格")
    walk.choose("#files", tmp_path / "plan.txt")
    walk.to("#no-guarantee").press("Space")
    walk.to("[data-do=begin]").press("Enter")
    walk.to("#passphrase").type(PASSPHRASE)
    walk.to("#passphrase-again").type(PASSPHRASE)
    with page.expect_download() as saved:
        page.keyboard.press("Enter")
    saved.value.save_as(tmp_path / "walked.key.age")
    walk.choose("#key-file", tmp_path / "walked.key.age")
    walk.to("#key-passphrase").type(PASSPHRASE)
    page.keyboard.press("Enter")
    page.wait_for_selector("#checked:visible")
    walk.to("#checked").press("Space")
    walk.to("[data-do=submit]").press("Enter")
    page.wait_for_selector("[data-proof-good]:visible")

    walk.to("[data-do=ask-withdraw]").press("Enter")
    walk.to("#last-four").type(standing_of(desk)[-4:])
    walk.to("[data-do=withdraw]").press("Enter")
    page.wait_for_url("**/bids/lots/*-01")

    assert BidState.SUBMITTED not in bids_of(desk).values()
    assert page.faults == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_sealing_pages_have_no_barrier_that_axe_finds(stage, browser, tmp_path, language):
    desk = Desk(stage, browser, 0, language=language).enrol()
    desk.do("begin")
    desk.page.wait_for_selector("[data-problems]:visible")
    found = [barriers(desk.page)]
    for what in ("seal", "opening", ""):
        desk.open(what)
        found.append(barriers(desk.page))

    assert found == [[]] * 4
    assert desk.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_two_hundred_megabytes_are_sealed_and_opened(stage, browser, tmp_path):
    desk = Desk(stage, browser, 3).enrol()
    block = os.urandom(1 << 20)
    big = tmp_path / "图纸.bin"
    with big.open("wb") as target:
        for _ in range(200):
            target.write(block)

    raw, _ = sealed_of(stage, desk.seal(tmp_path, [big]).sign())

    plain = pyrage.decrypt(raw, [pyrage.x25519.Identity.from_str(identity_in(desk.key))])
    with tarfile.open(fileobj=io.BytesIO(plain)) as archive:
        assert archive.getnames() == ["manifest.json", "图纸.bin"]
        assert archive.extractfile("图纸.bin").read() == big.read_bytes()


def test_nothing_on_the_sealing_page_or_its_worker_becomes_a_script(stage, browser):
    desk, policies = Desk(stage, browser), {}
    desk.page.on(
        "response",
        lambda answer: policies.update({answer.url: answer.headers["content-security-policy"]}),
    )
    desk.open()
    worker = desk.page.locator("[data-worker]").get_attribute("data-worker")
    desk.page.goto(f"{stage.url}{worker}")

    strict = {url: text for url, text in policies.items() if "require-trusted-types-for" in text}
    assert {url.rpartition("/")[2] for url in strict} == {"seal", worker.rpartition("/")[2]}
    assert all("worker-src 'self';" in text for text in strict.values())


def test_who_goes_on_while_the_key_is_being_enrolled_waits_for_it(stage, browser):
    desk, held = Desk(stage, browser, number=3).open(), []
    desk.page.route("**/keys/statement", lambda route: held.append(route))
    desk.do("enrol")
    desk.fill([file("plan.txt", SMALL)])
    held.pop().continue_()

    desk.page.wait_for_selector("#passphrase:visible")
    assert not desk.page.is_visible("[data-problems]")


def test_what_was_typed_stays_while_a_key_is_enrolled_and_a_guarantee_is_ordered(stage, browser):
    page = Desk(stage, browser, 0).open().page
    page.fill("#price", "28000000")
    page.set_input_files("#files", [file("plan.txt", SMALL)])
    page.click("[data-do=enrol]:visible")
    page.wait_for_selector("[data-check=key].is-ok")
    page.click("[data-do=order]:visible")
    page.wait_for_selector("[data-check=guarantee]:has-text('尚未开立')")

    assert page.input_value("#price") == "28,000,000.00"
    assert page.evaluate("document.querySelector('#files').files[0].name") == "plan.txt"
    assert page.locator("[data-do=order]:visible").count() == 0


@pytest.mark.attack("hostile-files")
@pytest.mark.parametrize("name", ["plan\u202efdp.txt", "plan\x07.txt", "plan\u200b.txt"])
def test_a_file_whose_name_cannot_be_seen_is_not_sealed(stage, browser, name):
    desk = Desk(stage, browser, 0).enrol().fill([file(name, SMALL)])

    desk.page.wait_for_selector("[data-problems]:has-text('看不见的字符')")

    assert desk.page.is_hidden("#passphrase")

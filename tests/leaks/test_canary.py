"""Nothing of a bid is anywhere before its opening: not in a table, not in a file, not in a log.

Every secret is unmistakable and is looked for in all its forms. After the opening the same search
finds what has become public, so that it can be believed when it finds nothing.
"""

import base64
import io
import logging
import zipfile

import pikepdf
import pytest

from identity.actions import papers
from storage.database import open_database
from tests.factories.hall import packed
from tests.factories.identity import PASSWORD, token
from tests.factories.papers import do_duty
from tests.leaks.canaries import dumped, files_under, forms_of, forms_of_number, found
from tests.trading.test_guarantee import Bank
from trading.actions import guarantee
from trading.states import LotState
from webapp.factory import create_app
from webapp.settings import prepare_keys, settings_from, workshop_of

pytestmark = pytest.mark.attack("canaries")

PIN = "CANARY-PIN-8402957316"
PRICE, PRICE_FEN = "27182818.28", 2_718_281_828
SECRET = "金丝雀施工方案-CANARY-5550137"
NAME = "CANARY-名称-7777.pdf"


class Site:
    """A platform over HTTP with a bank that signs by PIN and bidders with secrets in their bids."""

    def __init__(self, folder, url):
        given = {"ZHAOBIAO_VAR": str(folder / "var"), "DATABASE_URL": url}
        self.settings = settings_from(given)
        prepare_keys(self.settings)
        self.client = create_app(self.settings).test_client()
        self.database, self.url = open_database(url), url
        workshop = workshop_of(self.settings)
        self.bank = Bank(workshop.vault, 4, workshop)
        self.hall = self.bank.hall.ready()
        self.tokens = {name: token(name) for name in ("banker", "bidder1")}

    def post(self, who, path, **body):
        headers = {"Authorization": f"Bearer {self.tokens[who]}"}
        answer = self.client.post(f"/api/v1{path}", json=body, headers=headers)
        assert answer.status_code < 300, answer.json
        return answer.json

    def sign_in(self):
        body = {"username": "bidder1", "password": PASSWORD}
        self.tokens["bidder1"] = self.client.post("/api/v1/tokens", json=body).json["token"]

    def guarantee(self, bidder):
        """Ordered, and signed by the bank with its PIN over HTTP."""
        order = self.bank.order(bidder)
        paper = self.bank.approve(order)
        subject = papers.subject_of(paper)
        do_duty(guarantee.DRAW, subject, self.bank.workshop)
        self.post("banker", f"/papers/{paper}/turn")
        do_duty(papers.PREPARE, subject, self.bank.workshop)
        self.post("banker", f"/papers/{paper}/signature", pin=PIN)
        do_duty(papers.FINISH, subject, self.bank.workshop)
        do_duty(guarantee.ISSUED, f"lot:{self.bank.lot}", self.bank.workshop)
        return self.bank.preimage(bidder, order)

    def bid(self):
        files = {NAME: _pdf(), "附件.zip": _zip(), "说明.txt": SECRET.encode()}
        backed = self.guarantee("bidder1")
        for bidder in self.hall.bidders:
            mine = backed if bidder.username == "bidder1" else None
            self.hall.bid(bidder, *packed(PRICE, files=files, guarantee=mine))

    def places(self):
        """Everything that an administrator of this platform can read."""
        places = dumped(self.database) | files_under(self.settings.var)
        if self.database.is_sqlite:
            folder = self.settings.var.parent
            places |= {str(path): path.read_bytes() for path in folder.glob("zhaobiao.db*")}
        return places

    def private(self):
        """What must never be anywhere: name → its forms."""
        identities = {
            f"identity of {name}": forms_of(keys["bid"]) for name, keys in self.hall.keys.items()
        }
        words = {"PIN": PIN, "password": PASSWORD, "token": self.tokens["bidder1"]}
        salt = {"salt": forms_of(self.bank.salts["bidder1"].hex())}
        return identities | {name: forms_of(word) for name, word in words.items()} | salt

    def sealed(self):
        """What only the opening tells: name → its forms."""
        price = [*forms_of(PRICE), *forms_of_number(PRICE_FEN)]
        return {"price": price, "content": forms_of(SECRET), "name": forms_of(NAME)}


def _pdf():
    """A page whose compressed content holds the secret."""
    pdf, buffer = pikepdf.new(), io.BytesIO()
    page = pdf.add_blank_page()
    page.Contents = pdf.make_stream(f"% {SECRET}".encode())
    pdf.save(buffer, compress_streams=True)
    return buffer.getvalue()


def _zip():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", SECRET)
    return buffer.getvalue()


@pytest.fixture
def site(database_url, tmp_path):
    made = Site(tmp_path, database_url)
    yield made
    made.database.dispose()


def anywhere(secrets, places):
    """Which of these secrets lie where."""
    return {name: where for name, forms in secrets.items() if (where := found(forms, places))}


def test_no_secret_is_anywhere_before_the_opening_nor_in_a_log_after_it(site, caplog, tried):
    caplog.set_level(logging.DEBUG, "zhaobiao")
    site.sign_in()
    site.post("banker", "/keys/document", pin=PIN)
    site.bid()
    salt = {"salt": site.private().pop("salt")}

    site.hall.close()
    places = site.places()
    assert len(places) > 60
    tried(len(places))
    assert anywhere(site.private() | site.sealed(), places) == {}

    for bidder in site.hall.bidders:
        site.hall.release(bidder)
    site.hall.end_window()
    assert anywhere(site.private() | site.sealed(), site.places()) == {}

    site.hall.publish().open()
    assert site.hall.state() is LotState.OPENED
    places = site.places()
    opened = anywhere(site.sealed(), places)
    assert set(opened) == {"price", "content", "name"}
    assert "table opened_bid" in opened["price"]
    assert set(anywhere(site.private(), places)) <= set(salt)
    logged = {"log": caplog.text.encode()}
    assert anywhere(site.private() | site.sealed(), logged) == {}


@pytest.mark.parametrize("packed_as", ["plain", "UTF-16", "hex", "base64", "pdf", "zip"])
def test_the_search_finds_a_secret_in_every_form(packed_as):
    raw = {
        "plain": f"x{SECRET}y".encode(),
        "UTF-16": f"x{SECRET}y".encode("utf-16"),
        "hex": f"x{SECRET}y".encode().hex().encode(),
        "base64": base64.b64encode(f"x{SECRET}y".encode()),
        "pdf": _pdf(),
        "zip": _zip(),
    }[packed_as]

    assert found(forms_of(SECRET), {"here": raw, "there": b"nothing"}) == ["here"]

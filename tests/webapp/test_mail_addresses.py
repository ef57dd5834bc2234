"""Who wants e-mail says where to, and proves that it comes there."""

import pytest

from identity.states import OrganisationKind, Role
from outbox.rules.letters import LetterKind
from storage import database as doors
from tests.factories.identity import CODES, make_organisation, make_person, token
from tests.factories.letters import mails
from tests.factories.mail_server import settings_for, write
from tests.factories.pages import Reader
from webapp.factory import create_app
from webapp.mail import Postman
from webapp.settings import prepare_keys


class Site:
    """The web application with a mail server, and a person at a browser."""

    def __init__(self, tmp_path, sqlite_url, port):
        self.settings = settings_for(tmp_path, port, DATABASE_URL=sqlite_url)
        prepare_keys(self.settings)
        self.app = create_app(self.settings)
        make_organisation(CODES[0], "临江建设有限公司", OrganisationKind.BIDDER)
        make_person("bidder", CODES[0], Role.BIDDER)
        self.reader = Reader(self.app.test_client(), "bidder")
        self.post = Postman(self.settings, self.settings.smtp_url)

    def choose(self, **form):
        return self.reader.sent("/account/mail", at="/account/mail", **form)


@pytest.fixture
def site(tmp_path, sqlite_url, box):
    yield Site(tmp_path, sqlite_url, box.port)
    doors.current_database().dispose()


def code_in(message):
    return message.get_content().partition("code: " if "code:" in str(message) else "验证码：")[2][
        :8
    ]


def test_an_address_is_confirmed_by_the_code_that_came_there_and_can_be_turned_off(site, box):
    site.choose(mail_address="one@builder.example", language="zh")
    write()
    assert [mail.letter_code for mail in mails()] == [None]
    site.post.send_one()
    code = code_in(box.messages[0][1])

    site.reader.refused("/account/mail/code", 422, "mail_code", mail_code="00000000")
    site.reader.sent("/account/mail/code", mail_code=code)
    write(LetterKind.BID_WITHDRAWN)
    site.reader.sent("/account/mail/choice", choice="off")
    write(LetterKind.GUARANTEE_ISSUED)

    assert len(mails()) == 2
    assert "不发送邮件" in site.reader.get("/account/mail")


def test_after_five_wrong_codes_the_right_one_is_void(site, box):
    site.choose(mail_address="one@builder.example", language="zh")
    site.post.send_one()
    for _ in range(5):
        site.reader.refused("/account/mail/code", 422, "mail_code", mail_code="x")
    code = code_in(box.messages[0][1])
    page = site.reader.refused("/account/mail/code", 422, "mail_code", mail_code=code)
    assert "验证码已失效" in page


@pytest.mark.parametrize(
    "address", ["", "x", "a@b", "a b@c.example", "a@c.example\nBcc: d@e.example"]
)
def test_what_is_no_address_is_refused_and_nothing_is_sent(site, address):
    page = site.reader.refused(
        "/account/mail", 422, "mail_address", mail_address=address, language="zh"
    )
    assert "这不是可用的电子邮箱地址" in page
    assert mails() == []


def test_codes_are_not_asked_for_again_at_once(site):
    site.choose(mail_address="one@builder.example", language="zh")
    site.reader.refused(
        "/account/mail", 429, "mail_address", mail_address="two@x.example", language="zh"
    )
    assert len(mails()) == 1


def test_without_a_mail_server_the_pages_say_so_and_take_no_address(app):
    make_organisation(CODES[0], "临江建设有限公司", OrganisationKind.BIDDER)
    make_organisation(CODES[2], "临江交易中心", OrganisationKind.TRADING_CENTRE)
    make_person("bidder", CODES[0], Role.BIDDER)
    make_person("operator", CODES[2], Role.OPERATOR)
    reader, operator = (Reader(app.test_client(), name) for name in ("bidder", "operator"))

    answer = reader.send("/account/mail", mail_address="one@builder.example", language="zh")

    assert (answer.status_code, mails()) == (409, [])
    assert "未配置" in reader.get("/account/mail")
    assert "未配置" in operator.get("/centre/health")
    headers = {"Authorization": f"Bearer {token('operator')}"}
    assert app.test_client().get("/api/v1/health", headers=headers).json["mail"] is None

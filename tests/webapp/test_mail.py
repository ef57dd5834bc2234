"""E-mail to a real SMTP server: what it says, when it is tried again, that it comes at least once."""

import datetime as dt
import ipaddress
import os
import socket
import ssl
import threading
from email import message_from_bytes, policy

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from identity.actions.letters import write_letter
from identity.states import OrganisationKind, Role
from outbox import queries
from outbox.models.mail import Mail, MailState
from outbox.rules.letters import LetterKind
from outbox.rules.mail import MOST_TRIES
from storage import database as doors
from storage.database import snapshot, transaction
from tests.factories.identity import CODES, make_organisation, make_person, token
from tests.factories.letters import confirm_mail, letters_to, mails
from tests.factories.pages import Reader
from webapp.factory import create_app
from webapp.mail import Postman, server_from
from webapp.settings import prepare_keys, settings_from

LOT = {"lot": "TD0-01", "lot_name": "第1标段", "name": "临江大桥", "tender": "TD0"}
SENDER = "post@linjiang.example"


class Box:
    """A mail server's memory; `answers` maps an address to what the server says of it."""

    def __init__(self):
        self.messages, self.answers = [], {}

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 (its name)
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 (its name)
        read = message_from_bytes(envelope.content, policy=policy.default)
        self.messages.append((envelope.rcpt_tos, read))
        return "250 OK"


def listening(box, **settings):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port, **settings)
    server.start()
    return server, port


@pytest.fixture
def box():
    made = Box()
    server, made.port = listening(made)
    yield made
    server.stop()


@pytest.fixture
def town(database, tmp_path):
    make_organisation(CODES[0], "临江建设有限公司", OrganisationKind.BIDDER)
    make_organisation(CODES[1], "临江代理有限公司", OrganisationKind.AGENCY)
    make_person("bidder", CODES[0], Role.BIDDER)
    make_person("agent", CODES[1], Role.AGENT)


def settings_for(tmp_path, port, **more):
    return settings_from(
        {
            "ZHAOBIAO_VAR": str(tmp_path / "var"),
            "ZHAOBIAO_SMTP_URL": f"smtp://127.0.0.1:{port}",
            "ZHAOBIAO_MAIL_FROM": SENDER,
            "ZHAOBIAO_LOG_ORIGIN": "linjiang.example/evidence",
        }
        | more
    )


def postman(tmp_path, port):
    settings = settings_for(tmp_path, port)
    return Postman(settings, settings.smtp_url)


def write(kind=LetterKind.BID_RECEIVED, to=CODES[0]):
    with transaction() as (db, now):
        data = LOT | {"receipt": "RC1"}
        write_letter(db, kind, "lot:TD0-01", to=[to], now=now, data=data)


def wait_over():
    """As if the time for the next try had come."""
    with transaction() as (db, now):
        db.execute(sa.update(Mail).values(next_at=now - dt.timedelta(seconds=1)))


def test_a_letter_is_told_by_mail_only_to_a_confirmed_address_that_is_on(town, tmp_path, box):
    write()
    assert mails() == []
    confirm_mail("bidder", "one@builder.example")

    write(LetterKind.BID_WITHDRAWN)
    post = postman(tmp_path, box.port)

    assert (post.send_one(), post.send_one()) == (True, False)
    assert [to for to, _ in box.messages] == [["one@builder.example"]]
    assert [mail.state for mail in mails()] == [MailState.SENT]


def test_mail_about_a_bid_names_neither_kind_nor_lot(town, tmp_path, box):
    confirm_mail("bidder", "one@builder.example")
    write()
    postman(tmp_path, box.port).send_one()

    message = box.messages[0][1]
    letter = letters_to("bidder")[0].code
    text = message.get_content()
    assert message["Subject"] == "有一封给您的信件"
    assert f"https://linjiang.example/inbox/{letter}" in text
    told = str(message["Subject"]) + text.replace(letter, "")  # its code may hold any letters
    for secret in ("投标", "TD0", "RC1", "大桥", "回执"):
        assert secret not in told


def test_mail_about_a_public_matter_names_it(town, tmp_path, box):
    confirm_mail("agent", "agent@agency.example")
    write(LetterKind.OPENING_DONE, CODES[1])
    postman(tmp_path, box.port).send_one()
    assert "开标完成（标段 TD0-01）" in box.messages[0][1].get_content()


def test_a_worker_killed_after_sending_sends_the_same_message_again(town, tmp_path, box, database):
    confirm_mail("bidder", "one@builder.example")
    write()
    url = database.url.render_as_string(hide_password=False)
    database.dispose()
    child = os.fork()
    if child == 0:
        doors._current = None
        doors.open_database(url)
        dying = postman(tmp_path, box.port)
        dying.hand_over(dying.claim())
        os._exit(9)
    os.waitpid(child, 0)
    post = postman(tmp_path, box.port)
    assert not post.send_one()  # it is claimed still

    wait_over()
    post.send_one()

    identities = [message["Message-ID"] for _, message in box.messages]
    assert identities == [f"<{mails()[0].code.lower()}@linjiang.example>"] * 2
    assert [mail.state for mail in mails()] == [MailState.SENT]


def test_mail_waits_while_the_server_is_down_and_goes_when_it_is_up(town, tmp_path):
    confirm_mail("bidder", "one@builder.example")
    write()
    box = Box()
    server, port = listening(box)
    server.stop()
    post = postman(tmp_path, port)

    assert (post.send_one(), post.send_one()) == (True, False)
    waiting = mails()[0]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    wait_over()
    post.send_one()
    server.stop()

    assert (waiting.state, waiting.tries) == (MailState.WAITING, 1)
    assert "ConnectionRefused" in waiting.last_error
    assert (mails()[0].state, mails()[0].last_error, len(box.messages)) == (MailState.SENT, None, 1)


def test_two_workers_send_every_mail_once(town, tmp_path, box):
    confirm_mail("bidder", "one@builder.example")
    for number in range(12):
        with transaction() as (db, now):
            subject = f"lot:TD{number}-01"
            write_letter(db, LetterKind.BID_WITHDRAWN, subject, to=[CODES[0]], now=now)

    def send_all():
        post = postman(tmp_path, box.port)
        while post.send_one():
            pass

    workers = [threading.Thread(target=send_all) for _ in range(2)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()

    sent = [message["Message-ID"] for _, message in box.messages]
    assert len(sent) == len(set(sent)) == 12
    assert {mail.state for mail in mails()} == {MailState.SENT}


def test_a_refused_recipient_is_given_up_at_once_and_a_full_box_is_tried_again(town, tmp_path, box):
    confirm_mail("bidder", "one@builder.example")
    confirm_mail("agent", "agent@agency.example")
    box.answers = {
        "one@builder.example": "550 no such user",
        "agent@agency.example": "452 mailbox full",
    }
    write()
    write(LetterKind.OPENING_DONE, CODES[1])
    post = postman(tmp_path, box.port)
    while post.send_one():
        pass

    states = {mail.letter.kind: (mail.state, mail.last_error) for mail in mails()}
    assert states == {
        LetterKind.BID_RECEIVED: (MailState.GIVEN_UP, "refused: [550]"),
        LetterKind.OPENING_DONE: (MailState.WAITING, "refused: [452]"),
    }


def test_mail_is_given_up_after_the_last_try(town, tmp_path, box):
    confirm_mail("bidder", "one@builder.example")
    box.answers = {"one@builder.example": "452 mailbox full"}
    write()
    post, tries = postman(tmp_path, box.port), 0
    while post.send_one():
        wait_over()
        tries += 1
    assert (tries, mails()[0].state) == (MOST_TRIES, MailState.GIVEN_UP)


def test_who_dies_over_every_try_does_not_try_for_ever(town, tmp_path, box):
    confirm_mail("bidder", "one@builder.example")
    write()
    post, tries = postman(tmp_path, box.port), 0
    while post.claim():
        wait_over()
        tries += 1
    assert (tries, mails()[0].state) == (MOST_TRIES, MailState.GIVEN_UP)


def test_mail_that_tells_of_a_bid_is_in_no_number(town, tmp_path, box):
    confirm_mail("bidder", "one@builder.example")
    confirm_mail("agent", "agent@agency.example")

    def counts():
        with snapshot() as db:
            return queries.mail_counts(db)

    before = counts()
    write()
    assert counts() == before == dict.fromkeys(MailState, 0)
    write(LetterKind.OPENING_DONE, CODES[1])
    assert counts()[MailState.WAITING] == 1


def certificate(folder):
    """A self-signed certificate of 127.0.0.1 and its key, as files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    pem, secret = folder / "server.pem", folder / "server.key"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return pem, secret


@pytest.fixture
def guarded(tmp_path):
    """A server that takes mail only over TLS and with a password."""
    box, (pem, secret) = Box(), certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem, secret)
    box.passwords = []

    def authenticate(_server, _session, _envelope, _mechanism, data):
        box.passwords.append((data.login, data.password))
        return AuthResult(success=data.password == b"p@ss")

    server, box.port = listening(
        box,
        tls_context=context,
        require_starttls=True,
        authenticator=authenticate,
        auth_required=True,
    )
    box.pem = pem
    yield box
    server.stop()


def test_mail_goes_over_tls_with_a_password_to_a_trusted_server_only(town, tmp_path, guarded):
    confirm_mail("bidder", "one@builder.example")
    write()
    address = f"smtp://post:p%40ss@127.0.0.1:{guarded.port}?tls=1"
    settings = settings_for(tmp_path, guarded.port)

    Postman(settings, address).send_one()
    distrusted = (guarded.passwords[:], mails()[0].last_error)
    wait_over()
    Postman(settings, f"{address}&ca={guarded.pem}").send_one()

    assert distrusted[0] == []
    assert "SSLCertVerificationError" in distrusted[1]
    assert guarded.passwords == [(b"post", b"p@ss")]
    assert (len(guarded.messages), mails()[0].state) == (1, MailState.SENT)


@pytest.mark.parametrize(
    ("url", "port"),
    [("smtp://h", 25), ("smtp://h?tls=1", 587), ("smtps://h", 465), ("smtp://h:2525", 2525)],
)
def test_a_mail_server_without_a_port_gets_the_usual_one(url, port):
    assert server_from(url).port == port


@pytest.mark.parametrize("url", ["http://h", "smtp://", "h:25"])
def test_an_address_of_another_kind_is_refused(url):
    with pytest.raises(ValueError, match="ZHAOBIAO_SMTP_URL"):
        server_from(url)


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

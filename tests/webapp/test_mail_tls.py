"""E-mail goes over TLS with a password, to a server that is trusted."""

import datetime as dt
import ipaddress
import ssl

import pytest
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from outbox.models.mail import MailState
from tests.factories.letters import confirm_mail, mails
from tests.factories.mail_server import Box, listening, settings_for, wait_over, write
from webapp.mail import Postman, server_from


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


def test_mail_goes_over_tls_with_a_password_to_a_trusted_server_only(
    correspondents, tmp_path, guarded
):
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

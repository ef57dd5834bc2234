"""age files made by hand from the specification, so that every part can be wrong on purpose.

Whoever makes a file knows its file key: the MAC is right even where the header is not one that an
honest program writes. Source: C2SP age v1.
"""

import base64
import hashlib
import hmac
import secrets
import textwrap

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from verifier.age import _key

INTRO = b"age-encryption.org/v1\n"
CHUNK = 64 << 10


def b64(raw):
    return base64.b64encode(raw).rstrip(b"=")


def key_of(secret, salt, info):
    return HKDF(SHA256(), 32, salt, info).derive(secret)


def x25519(recipient, file_key):
    """A stanza that gives the file key to this recipient (`age1…`)."""
    theirs, ours = _key(recipient, "age"), X25519PrivateKey.generate()
    share = ours.public_key().public_bytes_raw()
    secret = ours.exchange(X25519PublicKey.from_public_bytes(theirs))
    wrapping = key_of(secret, share + theirs, b"age-encryption.org/v1/X25519")
    body = ChaCha20Poly1305(wrapping).encrypt(bytes(12), file_key, None)
    return b"-> X25519 " + b64(share) + b"\n" + b64(body) + b"\n"


def scrypt(passphrase, file_key, log_n=10):
    """A stanza that gives the file key to whoever knows the passphrase."""
    salt = secrets.token_bytes(16)
    wrapping = hashlib.scrypt(
        passphrase, salt=b"age-encryption.org/v1/scrypt" + salt, n=1 << log_n, r=8, p=1, dklen=32
    )
    body = ChaCha20Poly1305(wrapping).encrypt(bytes(12), file_key, None)
    return b"-> scrypt " + b64(salt) + b" %d\n" % log_n + b64(body) + b"\n"


def header(file_key, *stanzas):
    """The header with a MAC that holds."""
    text = INTRO + b"".join(stanzas) + b"---"
    mac = hmac.digest(key_of(file_key, None, b"header"), text, "sha256")
    return text + b" " + b64(mac) + b"\n"


def chunks_of(file_key, plain, nonce, *, is_ended=True):
    """The encrypted chunks; the last one says that it is the last, unless told otherwise."""
    key = ChaCha20Poly1305(key_of(file_key, nonce, b"payload"))
    pieces = [plain[at : at + CHUNK] for at in range(0, len(plain), CHUNK)] or [b""]
    last = len(pieces) - 1 if is_ended else -1
    return [
        key.encrypt(number.to_bytes(11, "big") + bytes([number == last]), piece, None)
        for number, piece in enumerate(pieces)
    ]


def sealed(recipient, plain):
    """An honest file: what any age tool writes, without grease."""
    file_key, nonce = secrets.token_bytes(16), secrets.token_bytes(16)
    parts = chunks_of(file_key, plain, nonce)
    return header(file_key, x25519(recipient, file_key)) + nonce + b"".join(parts)


def armoured(raw):
    """The file as text."""
    edge = b"-----%s AGE ENCRYPTED FILE-----\n"
    lines = textwrap.wrap(base64.b64encode(raw).decode(), 64)
    return edge % b"BEGIN" + "\n".join(lines).encode() + b"\n" + edge % b"END"

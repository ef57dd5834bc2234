"""Whether an age X25519 private half belongs to a public one; both as age writes them (Bech32)."""

from verifier.findings import Broken

try:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
except ImportError:  # the verdict is then at best indeterminate
    X25519PrivateKey = None  # type: ignore[assignment, misc]

_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECK_SYMBOLS = 6
_KEY_BYTES = 32


def is_pair(identity: str, recipient: str) -> bool | None:
    """Whether they belong together; None without a library. Raises Broken for no age key."""
    private = _key(identity.lower(), "age-secret-key-")
    public = _key(recipient, "age")
    if X25519PrivateKey is None:
        return None
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw() == public


def _key(text: str, prefix: str) -> bytes:
    """The 32 bytes in a Bech32 text with this prefix."""
    found, _, symbols = text.rpartition("1")
    if found != prefix or any(symbol not in _ALPHABET for symbol in symbols):
        raise _no_key()
    values = [_ALPHABET.index(symbol) for symbol in symbols]
    expanded = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    if _checksum([*expanded, *values]) != 1:
        raise _no_key()
    return _octets(values[:-_CHECK_SYMBOLS])


def _checksum(values: list[int]) -> int:
    total = 1
    for value in values:
        top = total >> 25
        total = (total & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATORS):
            total ^= generator if top >> bit & 1 else 0
    return total


def _octets(values: list[int]) -> bytes:
    """Symbols of five bits as bytes; what is left over is padding of zeros."""
    number = 0
    for value in values:
        number = number << 5 | value
    spare = 5 * len(values) - 8 * _KEY_BYTES
    if not 0 <= spare < 5 or number & ((1 << spare) - 1):
        raise _no_key()
    return (number >> spare).to_bytes(_KEY_BYTES, "big")


def _no_key() -> Broken:
    return Broken("opening_key.unreadable", "不是 age X25519 密钥")

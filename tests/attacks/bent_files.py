"""Every way in which a sealed envelope can be put together wrongly by somebody who knows its keys."""

import secrets

from tests.attacks import age_files as age


def bent_envelopes(seal, other_seal, plain):
    """Name → an age file over `plain` (more than two chunks) that no honest program writes."""
    return _headers(seal, other_seal, plain) | _payloads(seal, other_seal, plain)


def two_faced(seal, other_seal, plain):
    """Two stanzas with two file keys: the payload and the MAC can fit only one of them."""
    first, second = secrets.token_bytes(16), secrets.token_bytes(16)
    stanzas = age.x25519(seal, first), age.x25519(other_seal, second)
    return age.header(first, *stanzas) + _payload(first, plain)


def _headers(seal, other_seal, plain):
    """Files whose MAC holds over a header outside of the allow-list."""
    key = secrets.token_bytes(16)
    own, body = age.x25519(seal, key), _payload(key, plain)
    plugin = b"-> yubikey-v1 abcd\n" + age.b64(bytes(32)) + b"\n"
    grease = b"-> ab-grease x\n" + age.b64(bytes(20)) + b"\n"
    stanzas = {
        "nobody": (),
        "second recipient": (own, age.x25519(other_seal, key)),
        "the same recipient twice": (own, age.x25519(seal, key)),
        "passphrase instead": (age.scrypt(b"secret", key),),
        "passphrase beside": (own, age.scrypt(b"secret", key)),
        "plugin before": (plugin, own),
        "plugin after": (own, plugin),
        "plugin alone": (plugin,),
        "grease before": (grease, own),
        "grease twice": (own, grease, grease),
        "grease without a body": (own, b"-> ab-grease x\n\n\n"),
        "grease with 30 words": (own, b"-> ab-grease" + b" x" * 30 + b"\n\n"),
        "grease that is not called so": (own, b"-> ab x\n" + age.b64(bytes(20)) + b"\n"),
        "one word more": (own.replace(b"\n", b" x\n", 1),),
        "one word less": (b"-> X25519\n" + own.split(b"\n")[1] + b"\n",),
        "two blanks": (own.replace(b" X25519 ", b" X25519  "),),
        "blank at the end": (own.replace(b"\n", b" \n", 1),),
        "other letters": (own.replace(b"X25519", b"x25519"),),
        "shared secret of zeros": (b"-> X25519 " + age.b64(bytes(32)) + own[own.index(b"\n") :],),
        "body with padding": (own[:-1] + b"=\n",),
        "body over two lines": (own[:-10] + b"\n" + own[-10:],),
        "body with an empty line": (own + b"\n",),
        "body cut": (own[:-4] + b"\n",),
        "body missing": (own[: own.index(b"\n") + 1],),
        "line ends of Windows": (own.replace(b"\n", b"\r\n"),),
        "bits of base64 left over": (_loose(own),),
    }
    made = {name: age.header(key, *each) + body for name, each in stanzas.items()}
    good = age.header(key, own)
    return made | {
        "another version": good.replace(b"/v1\n", b"/v2\n") + body,
        "bytes before": b" " + good + body,
        "armoured": age.armoured(good + body),
        "MAC without the blank": good.replace(b"--- ", b"---") + body,
        "MAC twice": good + good[good.index(b"--- ") :] + body,
    }


def _payloads(seal, other_seal, plain):
    """Files with a header as it should be and something wrong behind or in its MAC."""
    key, nonce = secrets.token_bytes(16), secrets.token_bytes(16)
    head = age.header(key, age.x25519(seal, key))
    first, second, *rest = age.chunks_of(key, plain, nonce)
    endless = age.chunks_of(key, plain, nonce, is_ended=False)
    empty_end = age.chunks_of(key, plain[: 2 * age.CHUNK], nonce, is_ended=False)
    tail = b"".join(rest)
    whole = head + nonce + first + second + tail
    wrong_mac = age.header(secrets.token_bytes(16), age.x25519(seal, key))
    other = age.header(key, age.x25519(other_seal, key))
    cut = {
        "cut in the header": whole[:100],
        "cut after the header": head,
        "cut in the nonce": head + nonce[:9],
        "cut after the nonce": head + nonce,
        "cut in a chunk": head + nonce + first[:1000],
        "cut between chunks": head + nonce + first + second,
        "cut by one byte": whole[:-1],
    }
    return cut | {
        "chunks swapped": head + nonce + second + first + tail,
        "chunk repeated": head + nonce + first + first + second + tail,
        "chunk left out": head + nonce + second + tail,
        "last chunk repeated": whole + rest[-1],
        "no last chunk": head + nonce + b"".join(endless),
        "bytes behind": whole + b"\x00",
        "wrong MAC": wrong_mac + whole[len(head) :],
        "wrong recipient": other + whole[len(head) :],
        "nonce of another file": head + secrets.token_bytes(16) + first + second + tail,
        "payload of another key": head + _payload(secrets.token_bytes(16), plain),
        "two full chunks and no end": head + nonce + b"".join(empty_end),
        "nothing inside": head + _payload(key, b""),
    }


def _payload(key, plain):
    nonce = secrets.token_bytes(16)
    return nonce + b"".join(age.chunks_of(key, plain, nonce))


def _loose(stanza):
    """The same bytes with a last letter whose spare bits are not zero."""
    letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = letters.index(stanza[-2:-1])
    return stanza[:-2] + letters[last | 1 : (last | 1) + 1] + b"\n"

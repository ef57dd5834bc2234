"""Text as it is compared and stored: NFC, no control characters, bounded length; names by a key.

A name's key makes look-alike spellings of one organisation equal (full-width letters, spaces,
brackets), so that the negative list is not passed by a blank.
"""

import re
import unicodedata

from kernel.errors import InvalidInput

KEY_LIMIT = 200
"""Characters of a key: one character of a name may stand for eighteen."""

_FORBIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn"}
_SPACES = re.compile(r"\s+")
# Drawn as nothing, though they count as marks, letters or symbols: fillers, variation selectors.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
# Parts of characters that look like whole ones, as text taken out of a PDF often has them.
_RADICALS = re.compile("[\u2e80-\u2ef3]")
# Letters of other scripts that look like Latin ones, in small letters.
_LOOK_ALIKES = str.maketrans("авекмнорстухіјѕһԁԛԝαβεικνορτυχ", "abekmhopctyxijshdqwabeikvoptux")
_NOT_IN_KEY = re.compile(r"[\s\u200b-\u200f\u2060\ufeff()（）\[\]【】〔〕·.,，。、\-_—'\"“”]+")


def clean_line(text: str, *, field: str, limit: int = 200) -> str:
    """One line of text, NFC, outer blanks removed, 1 to `limit` characters. Raises InvalidInput."""
    line = _SPACES.sub(" ", clean_text(text, field=field, limit=limit)).strip()
    if radical := _RADICALS.search(line):
        raise _forbidden(radical[0], field)
    if not line:
        raise InvalidInput("text.empty", "“%(field)s”不能为空。", field=field)
    return line


def clean_text(text: str, *, field: str, limit: int = 20_000) -> str:
    """Text in NFC without control, direction or private characters, at most `limit` characters."""
    if not isinstance(text, str):
        raise InvalidInput("text.not_text", "“%(field)s”必须是文字。", field=field)
    text = unicodedata.normalize("NFC", text)
    if len(text) > limit:
        raise InvalidInput(
            "text.too_long", "“%(field)s”最多 %(limit)s 个字。", field=field, limit=limit
        )
    for character in text:
        if not _may_stand(character):
            raise _forbidden(character, field)
    return text


def filled_text(text: str, *, field: str, limit: int = 20_000) -> str:
    """The same with at least one visible character, outer blanks removed. Raises InvalidInput."""
    filled = clean_text(text, field=field, limit=limit).strip()
    if not filled:
        raise InvalidInput("text.empty", "“%(field)s”不能为空。", field=field)
    return filled


def shown(text: str, limit: int) -> str:
    """Foreign text as one line that can be stored and read: what is not to be seen has its number.

    For what may not be refused any more. At most `limit` characters, NFC; a direction mark in it
    stands as [U+202E], so that it turns nothing round.
    """
    seen = (each if _is_seen(each) else f"[U+{ord(each):04X}]" for each in text[: limit + 1])
    return unicodedata.normalize("NFC", "".join(seen))[:limit]


def name_key(name: str) -> str:
    """The key under which names are compared: NFKC, folded, no blanks, brackets, look-alikes."""
    folded = unicodedata.normalize("NFKC", _UNSEEN.sub("", name)).casefold()
    return _NOT_IN_KEY.sub("", folded).translate(_LOOK_ALIKES)[:KEY_LIMIT]


def _forbidden(character: str, field: str) -> InvalidInput:
    return InvalidInput(
        "text.forbidden_character",
        "“%(field)s”含有不允许的字符 U+%(value)s。",
        field=field,
        value=f"{ord(character):04X}",
    )


def _may_stand(character: str) -> bool:
    if character in "\n\r\t":
        return True
    return unicodedata.category(character) not in _FORBIDDEN and not _UNSEEN.match(character)


def _is_seen(character: str) -> bool:
    is_drawn = unicodedata.category(character) not in {*_FORBIDDEN, "Zl", "Zp"}
    return is_drawn and not _UNSEEN.match(character)

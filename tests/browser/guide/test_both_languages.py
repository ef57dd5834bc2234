"""Both READMEs tell the same steps: each word of the one is the catalogue's word of the other."""

from babel.messages.pofile import read_po

from tests.browser.guide.steps import CHINESE, ENGLISH, ROOT, roles

CATALOGUE = ROOT / "locale/en/LC_MESSAGES/messages.po"


def pairs():
    """(English, Chinese) sentences side by side."""
    english, chinese = ([s for told in roles(each).values() for s in told] for each in BOTH)
    return list(zip(english, chinese, strict=True))


BOTH = (ENGLISH, CHINESE)


def test_both_have_the_same_roles_and_do_the_same_with_the_same_values():
    assert len(roles(ENGLISH)) == len(roles(CHINESE))
    assert [(e.kind, e.value) for e, c in pairs()] == [(c.kind, c.value) for e, c in pairs()]


def test_every_word_to_press_or_to_see_is_the_one_that_the_page_has():
    with CATALOGUE.open("rb") as file:
        messages = [(m.id, m.string) for m in read_po(file) if m.id]

    strange = [(e.words, c.words) for e, c in pairs() if not is_one(e.words, c.words, messages)]

    assert strange == []


def is_one(english, chinese, messages):
    """Whether some message of the catalogue has these words in both languages; names stay names."""
    if english == chinese:
        return True
    return any(
        filled(chinese) in filled(zh) and filled(english) in filled(en) for zh, en in messages
    )


def filled(text):
    """Without what a page fills in: ranks and verdicts."""
    for each in ("%(rank)s", "%(verdict)s", "1", "有效", "valid"):
        text = text.replace(each, "")
    return text

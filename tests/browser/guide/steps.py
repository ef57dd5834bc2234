"""README's "five minutes as each role" as it is written, and a reader who does what it says.

A role is a heading of the third order, a step a numbered line, and a step nothing but sentences of
the kinds below: a sentence that is none of them fails, so that the text is followed word for word.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from demo.people import PASSWORD

ROOT = Path(__file__).parents[3]
_WORDS, _VALUE = r"\*\*(?P<words>[^*]+)\*\*", r"`(?P<value>[^`]+)`"


@dataclass(frozen=True)
class Language:
    """The section of a README in one language, and the kinds of its sentences."""

    code: str
    file: str
    section: str
    stop: str
    kinds: dict[str, str]


ENGLISH = Language(
    "en",
    "README.md",
    "## Five minutes as each role",
    r"\.",
    {
        "open": rf"Open {_VALUE}",
        "sign_in": rf"Sign in as {_VALUE}",
        "press": rf"Press {_WORDS}",
        "keep": rf"Press {_WORDS} and keep the file",
        "fill": rf"Fill {_WORDS} with {_VALUE}",
        "tick": rf"Tick {_WORDS}",
        "give": rf"Give {_VALUE} at {_WORDS}",
        "give_kept": rf"Give the file you kept at {_WORDS}",
        "see": rf"You see {_WORDS}",
    },
)
CHINESE = Language(
    "zh",
    "README.zh.md",
    "## 每个角色五分钟",
    "。",
    {
        "open": rf"打开 {_VALUE}",
        "sign_in": rf"以 {_VALUE} 登录",
        "press": rf"点按 {_WORDS}",
        "keep": rf"点按 {_WORDS}，保存文件",
        "fill": rf"在 {_WORDS} 填写 {_VALUE}",
        "tick": rf"勾选 {_WORDS}",
        "give": rf"在 {_WORDS} 提交 {_VALUE}",
        "give_kept": rf"在 {_WORDS} 提交保存的文件",
        "see": rf"看到 {_WORDS}",
    },
)


@dataclass(frozen=True)
class Sentence:
    """One thing to do, or to see."""

    kind: str
    words: str = ""
    value: str = ""


def roles(language):
    """Role → its sentences in order. Raises ValueError for a sentence of no kind."""
    text = (ROOT / language.file).read_text("utf-8")
    body = text.split(f"\n{language.section}\n", 1)[1].split("\n## ", 1)[0]
    parts = re.split(r"^### (.+)$", body, flags=re.MULTILINE)[1:]
    return {
        name: [_sentence(language, each) for step in _steps(told) for each in _cut(language, step)]
        for name, told in zip(parts[::2], parts[1::2], strict=True)
    }


def _steps(told):
    """The numbered lines, each with the lines that go on with it."""
    joined = re.sub(r"\n {3,}", " ", told)
    return re.findall(r"^\d+\. (.+)$", joined, flags=re.MULTILINE)


def _cut(language, step):
    """Cut at full stops outside of quoted words and values; a rest without one is a sentence too."""
    pieces = re.findall(rf"(?:\*\*.+?\*\*|`.+?`|(?!{language.stop}).)+", step)
    return [each.strip() for each in pieces if each.strip()]


def _sentence(language, text):
    for kind, pattern in language.kinds.items():
        if match := re.fullmatch(pattern, text):
            return Sentence(kind, **match.groupdict())
    raise ValueError(f"no way to do this: {text}")


class Reader:
    """Somebody with a browser who does what the text says, and nothing else."""

    def __init__(self, site, context, folder, language=ENGLISH):
        self.site, self.folder, self.kept = site, folder, None
        self.page = context.new_page()
        self.page.set_default_timeout(30_000)
        self.faults = []
        self.page.on("console", lambda m: self.faults.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda fault: self.faults.append(str(fault)))
        self.page.goto(f"{site}/?lang={language.code}")

    def do(self, sentence):
        getattr(self, sentence.kind)(sentence.words, sentence.value)

    def open(self, _words, address):
        self.page.goto(self.site + address)

    def sign_in(self, _words, name):
        self.open("", "/sign-in")
        self.page.fill("#username", name)
        self.page.fill("#password", PASSWORD)
        self.page.click("main button.btn-primary")
        self.page.wait_for_selector(".zb-me")

    def press(self, words, _value):
        self._pressable(words).click()

    def keep(self, words, _value):
        with self.page.expect_download() as saved:
            self.press(words, "")
        self.kept = self.folder / saved.value.suggested_filename
        saved.value.save_as(self.kept)

    def fill(self, words, value):
        self._field(words).fill(value)

    def tick(self, words, _value):
        self._field(words).check()

    def give(self, words, value):
        self._give(words, ROOT / value)

    def give_kept(self, words, _value):
        self._give(words, self.kept)

    def _give(self, words, path):
        files = self.page.locator("input[type=file]").and_(self.page.get_by_label(words))
        files.filter(visible=True).first.set_input_files(path)

    def see(self, words, _value):
        self.page.get_by_text(words).filter(visible=True).first.wait_for()

    def _pressable(self, words):
        """Of what has these words, the one that says least besides."""
        shown = self.page.locator("a, button, summary").filter(has_text=words, visible=True)
        shown.first.wait_for()
        return min(shown.all(), key=lambda each: len(each.inner_text()))

    def _field(self, words):
        fields = self.page.locator("input, select, textarea")
        return fields.and_(self.page.get_by_label(words)).filter(visible=True).first

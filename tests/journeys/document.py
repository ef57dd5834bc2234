"""A document's blocks of commands, run as they are written, and compared with what it says follows.

In what is expected `…` stands for anything within a line, a line `⋮` for any lines, and `‹name›` for
text that is the same wherever the name stands.
"""

import re
import subprocess
from dataclasses import dataclass, replace

_BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TITLE = re.compile(r"^## (.+)$", re.MULTILINE)
_WILD = re.compile(r"‹(\w+)›|(…)")
_FETCHES = re.compile(r"^(curl|cp|unzip -qo|pdfdetach) .*\n", re.MULTILINE)
_SECONDS = 60


@dataclass(frozen=True)
class Block:
    """Commands under a heading, and what they print; None where the document does not say."""

    title: str
    commands: str
    expected: str | None

    @property
    def of_what_is_here(self):
        """The same commands on the files that are in the folder already: nothing is fetched."""
        return replace(self, commands=_FETCHES.sub("", self.commands))


@dataclass(frozen=True)
class Ran:
    """What came of a block; `fits` if it ended well and printed what was expected."""

    code: int
    printed: str
    complained: str
    fits: bool


def blocks_of(text):
    """Every block of commands, in order. Raises ValueError where an answer has no commands."""
    parts = _TITLE.split(text)
    found = []
    for title, body in zip(parts[1::2], parts[2::2], strict=True):
        for kind, content in _BLOCK.findall(body):
            if kind == "sh":
                found.append(Block(title, content, None))
            elif not found or found[-1].expected is not None:
                raise ValueError(f"{title}: what prints this?")
            else:
                found[-1] = Block(title, found[-1].commands, content)
    return found


class Reader:
    """Somebody who runs block after block in one folder, and remembers what names stand for."""

    def __init__(self, folder, environment):
        self.folder, self.environment, self.names = folder, environment, {}

    def run(self, block):
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block.commands],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
        printed, complained = done.stdout.decode(), done.stderr.decode()
        match = re.fullmatch(self._pattern(block.expected), printed)
        if match:
            self.names |= match.groupdict()
        return Ran(done.returncode, printed, complained, done.returncode == 0 and match is not None)

    def _pattern(self, expected):
        """The expression for what is expected; an unknown name is learnt, a known one compared."""
        if expected is None:
            return ""
        self._seen = set()
        lines = expected.splitlines(keepends=True)
        return "".join(r"(?:.*\n)*?" if line == "⋮\n" else self._line(line) for line in lines)

    def _line(self, line):
        pieces, last = [], 0
        for match in _WILD.finditer(line):
            pieces += [re.escape(line[last : match.start()]), self._wild(match[1])]
            last = match.end()
        return "".join([*pieces, re.escape(line[last:])])

    def _wild(self, name):
        if name is None:
            return r".*?"
        if name in self.names:
            return re.escape(self.names[name])
        if name in self._seen:
            return f"(?P={name})"
        self._seen.add(name)
        return rf"(?P<{name}>\S+?)"

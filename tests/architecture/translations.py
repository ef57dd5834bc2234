"""`python -m tests.architecture.translations`: the English catalogue holds every message."""

import ast
import io
import re
import sys
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "locale/en/LC_MESSAGES/messages.po"
# Messages of problems are translated at the web edge: the second argument of these is one.
KEYWORDS = {
    "_": None,
    "gettext": None,
    "Say": None,
    "ngettext": (1, 2),
    **dict.fromkeys(("Problem", "Refusal", "NotFound", "NotAllowed", "NotSignedIn", "NotYet", "TooLate", "InvalidInput", "Busy", "TooMany"), (2,)),
}  # fmt: skip
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
APART = ("tests", ".venv", "node_modules", "var", "migrations", "bench", "client", "verifier")


CHINESE = re.compile(r"[\u4e00-\u9fff]")


def messages():
    """Every message in the program, once."""
    return called_messages() | named_messages()


def named_messages():
    """Messages that were given a name first: `message = "…"`, also by a condition."""
    found = set()
    for path in ROOT.rglob("*.py"):
        if not set(path.relative_to(ROOT).parts) & set(APART):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Assign) and "message" in map(ast.unparse, node.targets):
                    found |= {each.value for each in ast.walk(node) if is_chinese(each)}
    return found


def is_chinese(node):
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and bool(CHINESE.search(node.value))
    )


def called_messages():
    """Messages that stand in the call itself."""
    found = extract_from_dir(
        ROOT,
        method_map=METHODS,
        keywords=KEYWORDS,
        directory_filter=lambda path: (
            Path(path).name not in APART and not Path(path).name.startswith(".")
        ),
        strip_comment_tags=True,
    )
    return {message for _, _, message, _, _ in found if isinstance(message, str) and message}


def main():
    """Print what is missing or left over; 1 if there is any."""
    with io.BytesIO(CATALOGUE.read_bytes()) as file:
        known = {m.id: m for m in read_po(file) if m.id}
    missing = sorted(m for m in messages() if m not in known or not known[m].string)
    fuzzy = sorted(str(m.id) for m in known.values() if m.fuzzy)
    for message in missing:
        print(f"not translated: {message}")
    for message in fuzzy:
        print(f"fuzzy: {message}")
    print(f"{len(known)} messages, {len(missing)} missing, {len(fuzzy)} fuzzy")
    return 1 if missing or fuzzy else 0


if __name__ == "__main__":
    sys.exit(main())

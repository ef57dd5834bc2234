"""`python -m tests.architecture.templates`: templates stay short, logic-free and script-free."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
FORBIDDEN = {
    r"<script(?![^>]*\bsrc=)": "inline script",
    r"\sstyle\s*=": "inline style",
    r"\son[a-z]+\s*=": "inline handler",
    r"<style": "inline style sheet",
    r"https?://": "address outside",
    r"\|\s*safe": "unescaped output",
}
_NAME = re.compile("昭标?")  # the same in every language
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_SPOKEN = re.compile(r"\{[{%].*?[%}]\}|\{#.*?#\}", re.DOTALL)


def faults(path, text):
    """What is wrong with one template."""
    found = [what for pattern, what in FORBIDDEN.items() if re.search(pattern, text)]
    if len(text.splitlines()) > 120:
        found.append("longer than 120 lines")
    bare = _SPOKEN.sub("", text)
    if _CHINESE.search(_NAME.sub("", bare)):
        found.append("text outside _()")
    return [f"{path.relative_to(ROOT)}: {what}" for what in found]


def main():
    """Print every fault; 1 if there is any."""
    paths = sorted((ROOT / "templates").rglob("*.html"))
    found = [fault for path in paths for fault in faults(path, path.read_text(encoding="utf-8"))]
    print("\n".join(found) or f"{len(paths)} templates are in order")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

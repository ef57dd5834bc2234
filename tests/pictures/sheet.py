"""The sheet on which all pictures lie side by side, grouped by who sees the page."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from jinja2 import Template

from tests.pictures.camera import Shown

_TEMPLATE = Path(__file__).with_name("sheet.html")


def write_sheet(folder: Path, pages: Sequence[Shown]) -> Path:
    """Write index.html beside the folders of the roles; what is wrong stands above its picture."""
    ordered = sorted(pages, key=lambda each: each.who)
    groups = [(who or "everybody", list(some)) for who, some in groupby(ordered, lambda e: e.who)]
    template = Template(_TEMPLATE.read_text(encoding="utf-8"), autoescape=True)
    place = folder / "index.html"
    place.write_text(template.render(groups=groups), encoding="utf-8")
    return place

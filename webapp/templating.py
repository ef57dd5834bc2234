"""What templates may call besides their own data: bundled assets, labels, money, who looks."""

import json
from functools import cache

from flask import Flask, url_for

from identity.guard import viewer
from kernel.money import grouped_yuan, in_capitals
from trading.labels import badge, label, notice_label
from webapp.settings import ROOT

_MANIFEST = ROOT / "static/dist/manifest.json"


def register_templating(app: Flask) -> None:
    """Globals and filters of every template."""
    app.jinja_env.globals.update(
        asset=asset, viewer=viewer, label=label, badge_of=badge, notice_label=notice_label
    )
    app.jinja_env.filters.update(yuan=grouped_yuan, capitals=in_capitals)


def asset(name: str) -> str:
    """URL of a bundled file by its plain name, as `app.js`."""
    return url_for("static", filename=f"dist/{_manifest()[name]}")


@cache
def _manifest() -> dict[str, str]:
    found: dict[str, str] = json.loads(_MANIFEST.read_text(encoding="utf-8"))
    return found

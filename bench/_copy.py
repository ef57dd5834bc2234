"""The static copy of pages that bench/pages.py measures against: kept answers, sent from disk."""

import json
import os
from pathlib import Path

from flask import Flask, Response

from webapp.headers import register_headers

ROOT = Path(__file__).parents[1]
FOLDER = Path(os.environ["COPY_OF_PAGES"])
# What a server says of each answer by itself.
_OWN = {"connection", "content-length", "date", "server", "set-cookie", "transfer-encoding"}

app = Flask(__name__, static_folder=str(ROOT / "static"), static_url_path="/static")
register_headers(app)


@app.get("/", defaults={"path": ""})
@app.get("/<path:path>")
def page(path: str) -> Response:
    """What the site answered there, with the same headers."""
    kept = FOLDER / path
    headers = json.loads((kept / "headers.json").read_text(encoding="utf-8"))
    said = {name: value for name, value in headers.items() if name not in _OWN}
    return Response((kept / "page.html").read_bytes(), headers=said)

"""A multipart form that takes a file, hashes and keeps it: what row 3 is measured against."""

import hashlib
import os
import tempfile

from flask import Flask, request

app = Flask(__name__)


@app.post("/form")
def form():
    """As a framework's tutorial has it."""
    digest = hashlib.sha256()
    with tempfile.NamedTemporaryFile("wb") as kept:
        while piece := request.files["file"].stream.read(1 << 18):
            digest.update(piece)
            kept.write(piece)
        kept.flush()
        os.fsync(kept.fileno())
    return digest.hexdigest()

"""How a stored file leaves: by range, never as a page of this site, never under a name of its own.

Somebody else wrote it: whatever it is, the browser must neither run nor guess it.
"""

import os
from typing import BinaryIO

from flask import Response, current_app, request, send_file
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from storage.vault import Vault
from trading.rules.files import BidFile

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"


def send_bid_file(file: BidFile, name: str) -> Response:
    """A file of a bid as an attachment of this name; a part of it where a range is asked for."""
    return send_stored(file.sha256, name, is_pdf=file.is_pdf)


def send_stored(sha256: str, name: str, *, is_pdf: bool = False) -> Response:
    """A stored file as an attachment: whatever it is, no page of this site."""
    vault: Vault = current_app.extensions["vault"]
    file = vault.open(sha256)
    answer = send_file(
        file,
        mimetype="application/pdf" if is_pdf else "application/octet-stream",
        as_attachment=True,
        download_name=name,
        etag=sha256,
        last_modified=0,  # it never changes, and when it was stored is nobody's business
    )
    answer.headers["Content-Security-Policy"] = _POLICY
    answer.cache_control.private = True  # asked again each time, and kept by no cache of others
    return _by_range(answer, file)


def _by_range(answer: Response, file: BinaryIO) -> Response:
    """The part that was asked for, sought in the file wherever it lies: disk or bucket."""
    answer.content_length = size = file.seek(0, os.SEEK_END)
    file.seek(0)
    try:
        answer.make_conditional(request.environ, accept_ranges=True, complete_length=size)
    except RequestedRangeNotSatisfiable:
        file.close()
        raise
    return answer

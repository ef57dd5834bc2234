"""How a stored file leaves: by range, never as a page of this site, never under a name of its own.

Somebody else wrote it: whatever it is, the browser must neither run nor guess it.
"""

from flask import Response, current_app, send_file

from storage.vault import Vault
from trading.rules.files import BidFile

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"


def send_bid_file(file: BidFile, name: str) -> Response:
    """A file of a bid as an attachment of this name; a part of it where a range is asked for."""
    return send_stored(file.sha256, name, is_pdf=file.is_pdf)


def send_stored(sha256: str, name: str, *, is_pdf: bool = False) -> Response:
    """A stored file as an attachment: whatever it is, no page of this site."""
    vault: Vault = current_app.extensions["vault"]
    answer = send_file(
        vault.place(sha256),
        mimetype="application/pdf" if is_pdf else "application/octet-stream",
        as_attachment=True,
        download_name=name,
        conditional=True,
        etag=sha256,
        last_modified=0,  # it never changes, and when it was stored is nobody's business
    )
    answer.headers["Content-Security-Policy"] = _POLICY
    answer.cache_control.private = True  # asked again each time, and kept by no cache of others
    return answer

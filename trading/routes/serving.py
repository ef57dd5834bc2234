"""How a bid's file leaves: by range, never as a page of this site, never under a name of its own.

A bidder wrote it: whatever it is, the browser must neither run nor guess it.
"""

from flask import Response, current_app, send_file

from storage.vault import Vault
from trading.rules.files import BidFile

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"


def send_bid_file(file: BidFile, name: str) -> Response:
    """The file as an attachment of this name; a part of it where a range is asked for."""
    vault: Vault = current_app.extensions["vault"]
    answer = send_file(
        vault.place(file.sha256),
        mimetype="application/pdf" if file.is_pdf else "application/octet-stream",
        as_attachment=True,
        download_name=name,
        conditional=True,
        etag=file.sha256,
        last_modified=0,  # it never changes, and when it was stored is nobody's business
    )
    answer.headers["Content-Security-Policy"] = _POLICY
    return answer

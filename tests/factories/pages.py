"""A person at a browser without scripts: signs in, reads pages, sends forms."""

import re

import sqlalchemy as sa
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from evidence.models.streams import Fact
from storage.database import snapshot
from tests.factories.identity import PASSWORD

_MARK = re.compile(r'name="csrf_token" value="([^"]+)"')


def facts():
    """How many facts there are: nothing that is refused adds one."""
    with snapshot() as db:
        return db.scalar(sa.select(sa.func.count()).select_from(Fact))


class Reader:
    """One person's browser over the application; `client` is a fresh test client."""

    def __init__(self, client, username=None):
        self.client = client
        if username:
            form = {"username": username, "password": PASSWORD}
            self.landed = self.send("/sign-in", at="/sign-in", **form)

    def get(self, address, status=200):
        answer = self.client.get(address)
        assert answer.status_code == status, f"{address}: {answer.status_code}"
        return answer.get_data(as_text=True)

    def send(self, address, *, at="/desk", **form):
        """The answer to a form that is sent with the mark of another page."""
        mark = _MARK.search(self.get(at))[1]
        if not any(isinstance(value, tuple) for value in form.values()):
            return self.client.post(address, data={"csrf_token": mark} | form)
        # Not as the client would do it by itself: that leaves a temporary file open.
        values = {"csrf_token": mark} | form
        for name, value in form.items():
            values[name] = FileStorage(*value) if isinstance(value, tuple) else value
        boundary, body = encode_multipart(values)
        kind = f"multipart/form-data; boundary={boundary}"
        return self.client.post(address, data=body, content_type=kind)

    def sent(self, address, **form):
        """Send a form that must be taken; returns where it leads."""
        answer = self.send(address, **form)
        assert answer.status_code == 302, answer.get_data(as_text=True)
        return answer.headers["Location"]

    def refused(self, address, status, field=None, **form):
        """Send a form that must come back; returns the page, which leads to the field."""
        answer = self.send(address, **form)
        page = answer.get_data(as_text=True)
        assert answer.status_code == status, page
        if field:
            assert f'<a href="#{field}">' in page
            assert f'id="{field}"' in page
        return page

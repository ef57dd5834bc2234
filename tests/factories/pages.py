"""A person at a browser without scripts: signs in, reads pages, sends forms."""

import re

import sqlalchemy as sa

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
        return self.client.post(address, data={"csrf_token": mark} | form)

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

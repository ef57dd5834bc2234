"""Trying a door from the wire, and whether anything at all has changed by it."""

import sqlite3
from collections import Counter

from flask import g, template_rendered

ALLOWED = "allowed"
LEAST = 12  # letters of a public code
# When a program was seen is noted beside what it does, once in a while.
_SEEN = "api_token"
# What regulators are told of a refused step (webapp/attempts.py) is added to these, never changed.
_TOLD = {
    "evidence_pending",
    "fact",
    "letter",
    "outbox_message",
    "outbox_wide",
    "refused_attempt",
}
_NUMBERS = {"counter", "subject"}


class Trial:
    """One request after another, each at a stage of a kept database that is as it was kept."""

    def __init__(self, app, kept):
        self.app, self.kept = app, kept
        self.problems, self.dumps, self.watcher = [], {}, None
        template_rendered.connect(self._note, app)

    def at(self, stage):
        """Go to this stage; returns what is known at it."""
        self.end()
        known = self.kept.load(stage)
        self.watcher = sqlite3.connect(self.kept.path)
        if stage not in self.dumps:
            self.dumps[stage] = self._everything()
        self.before, self.version = self.dumps[stage], self._version()
        return known

    def end(self):
        """Nothing more is tried for now."""
        if self.watcher is not None:
            self.watcher.close()

    def begin(self):
        """What was done until now belongs to the stage."""
        self.before, self.version = self._everything(), self._version()

    def code(self, request, token=None):
        """`allowed`, or the code of the refusal; a fault is none."""
        self.problems = []
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = self.app.test_client().open(headers=headers, **request)
        self.text = answer.get_data().decode(errors="replace")
        answer.close()  # a file that was sent
        assert answer.status_code < 500, (request["path"], answer.status_code, self.text)
        if answer.headers.get("Location", "").startswith("/sign-in"):
            return "account.sign_in_first"
        if answer.status_code < 400:
            return ALLOWED
        found = answer.json["problems"] if answer.is_json else self.problems
        assert found, (request["path"], answer.status_code, self.text)
        return found[0]["code"]

    def told(self, known, request):
        """Names of the codes in the last answer that the request itself did not name."""
        asked = str(request)
        codes = {name: code for name, code in known.items() if isinstance(code, str)}
        return {
            n for n, c in codes.items() if len(c) >= LEAST and c in self.text and c not in asked
        }

    def is_untouched(self):
        """Whether nobody has committed anything since."""
        return self._version() == self.version

    def changed(self):
        """Names of the tables that differ, without what only tells regulators of an attempt."""
        if self.is_untouched():
            return set()
        before, after = self.before, self._everything()
        differ = {name for name in after if after[name] != before[name]} - {_SEEN}
        told = "refused_attempt" in differ and _only_told(before, after, differ)
        return differ - _TOLD - _NUMBERS if told else differ

    def _everything(self):
        """Table → how often each row stands in it."""
        names = self.watcher.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        query = 'SELECT * FROM "{}"'  # the names are the database's own
        return {
            name: Counter(self.watcher.execute(query.format(name))) for (name,) in names.fetchall()
        }

    def _version(self):
        return self.watcher.execute("PRAGMA data_version").fetchone()[0]

    def _note(self, _app, template, context, **_):
        self.problems = context.get("problems") or g.get("problems") or self.problems


def _only_told(before, after, differ):
    """Whether rows were added only, and every new fact is the alert."""
    gone = any(before[name] - after[name] for name in differ & _TOLD)
    news = after["fact"] - before["fact"]
    return not gone and all("alert.raised" in row for row in news)

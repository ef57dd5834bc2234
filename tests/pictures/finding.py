"""From a picture to its address: tenders by name in the public search, the rest by links on pages.

Only what people see is used, so that it works on any site with the demo city.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import quote

from playwright.sync_api import Page

from demo.city import SPECIALISTS
from demo.people import BRIDGES, EXPERTS, SPECIALITIES
from demo.tenders import PLANS
from tests.pictures.plan import MEMBER, Picture
from webapp.factory import create_app

_ARGUMENT = re.compile(r"<[^>]+>")
_FIRST_LINK = """([pattern, words]) => {
  for (const link of document.querySelectorAll("main a[href]")) {
    const path = new URL(link.href).pathname;
    const row = link.closest("tr, li, article") ?? link;
    if (new RegExp(pattern).test(path) && row.innerText.includes(words)) return path;
  }
  return null;
}"""
_NAMES = {plan.key: plan.name for plan in PLANS}
_CREW = {plan.key: plan.speciality for plan in PLANS}


class NoSubject(Exception):
    """No page shows anything that this picture could be of."""


@lru_cache
def rules() -> dict[str, str]:
    """Endpoint → rule, of everything that answers GET outside the API and its description."""
    found = create_app().url_map.iter_rules()
    return {
        rule.endpoint: rule.rule
        for rule in found
        if "GET" in (rule.methods or ()) and not rule.rule.startswith("/api")
    }


class Finder:
    """Addresses on one site. `pages`: user name → a page on which that person is signed in."""

    def __init__(self, url: str, pages: "dict[str, Page]") -> None:
        """Nothing is asked before an address is wanted."""
        self._url, self._pages = url, pages
        self._known: dict[str, str] = {}

    def seat(self, picture: Picture) -> str:
        """Who looks: the named role, or the first expert who sits on that committee."""
        if picture.who != MEMBER:
            return picture.who
        for username in _experts_of(_CREW[picture.tender]):
            if self._linked(picture, username):
                return username
        raise NoSubject(picture.name)

    def address(self, picture: Picture, who: str) -> str:
        """The path of this picture for this person."""
        rule = rules()[picture.endpoint]
        path = rule
        if picture.on:
            path = self._linked(picture, who)
        elif picture.tender:
            code = self._tender(picture.tender)
            path = _ARGUMENT.sub(f"{code}-01" if "/lots/" in rule else code, rule)
        if not path:
            raise NoSubject(picture.name)
        return path + (f"?{quote(picture.query, safe='=&')}" if picture.query else "")

    def _linked(self, picture: Picture, who: str) -> str:
        """The page itself where something leads to it; else what it is of, and on from there."""
        on = re.sub(r"\{(.+?)\}", lambda key: f"{self._tender(key[1])}-01", picture.on)
        rule = rules()[picture.endpoint]
        last = list(_ARGUMENT.finditer(rule))[-1].end()
        self._pages[who].goto(f"{self._url}{on}")
        words = picture.beside or _NAMES.get(picture.tender, "")
        found = self._link(who, rule, words)
        subject = "" if found else self._link(who, rule[:last], words)
        return found or (subject and subject + rule[last:])

    def _link(self, who: str, rule: str, words: str) -> str:
        pattern = f"^{_ARGUMENT.sub('[^/]+', rule)}$"
        return str(self._pages[who].evaluate(_FIRST_LINK, [pattern, words]) or "")

    def _tender(self, key: str) -> str:
        if key not in _NAMES:
            return key
        if key not in self._known:
            self._pages[""].goto(f"{self._url}/?q={quote(_NAMES[key])}")
            found = self._link("", "/tenders/<code>", _NAMES[key])
            if not found:
                raise NoSubject(_NAMES[key])
            self._known[key] = found.rpartition("/")[2]
        return self._known[key]


def _experts_of(speciality: str) -> Sequence[str]:
    """Everybody of the pool who may have been drawn for this."""
    first = ("expert", *(row[0] for row in EXPERTS)) if speciality in SPECIALITIES else ()
    others = [each.username for each in SPECIALISTS if speciality in each.specialities]
    return first if speciality == BRIDGES else (*first, *others)

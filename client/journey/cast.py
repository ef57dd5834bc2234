"""Everybody of the story: the fixed accounts of the site, and whom the trading centre registers.

Bidders, experts, two witnesses and a second regulator are new in every run, so that a run never
depends on what an earlier one left behind.
"""

import json
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from client.credit_code import made_up_code
from client.keys import KeyFolder
from client.session import Platform

PIN = "20261126"
FIXED = ("centre", "agency", "buyer", "issuer", "regulator")
CITIES = ("临江", "江北", "青浦", "石桥")
DEMO_ACCOUNTS = Path(__file__).resolve().parents[2] / "demo" / "accounts.json"


@dataclass
class Person:
    """One account with its own connection and its own folder of keys."""

    name: str
    platform: Platform
    keys: KeyFolder
    token: str
    organisation: str
    code: str
    pin: str = PIN


@dataclass
class Cast:
    """All people by the name that the story gives them."""

    url: str
    folder: Path
    people: dict[str, Person] = field(default_factory=dict)
    bidders: list[str] = field(default_factory=list)
    experts: dict[str, str] = field(default_factory=dict)
    speciality: str = field(default_factory=lambda: f"演练专业{secrets.token_hex(3)}")
    witnesses: list[str] = field(default_factory=list)

    def __getitem__(self, name: str) -> Person:
        return self.people[name]

    def sign_in(self, name: str, username: str, password: str) -> Person:
        """Fetch a token for this account."""
        platform = Platform(self.url)
        token = platform.sign_in(username, password)
        me = platform.get("/me")
        keys = KeyFolder(self.folder / "keys" / name)
        person = Person(name, platform, keys, token, me["organisation"]["code"], me["code"])
        self.people[name] = person
        return person

    def register(
        self, name: str, organisation: str, kind: str, role: str, person: str, code: str = ""
    ) -> Person:
        """A new account, registered by the trading centre; `code`: of a known organisation."""
        centre, password = self.people["centre"].platform, secrets.token_urlsafe(16)
        if not code:
            code = made_up_code()
            body = {"credit_code": code, "name": organisation, "kinds": [kind]}
            centre.post("/organisations", body)
        username = f"{name}-{secrets.token_hex(4)}".lower()
        body = {"username": username, "name": person, "credit_code": code, "roles": [role]}
        centre.post("/people", body | {"password": password})
        return self.sign_in(name, username, password)


def gather(url: str, folder: Path, accounts: Path, *, bidders: int, experts: int) -> Cast:
    """Sign the fixed accounts in and register everybody else. Keys are enrolled."""
    cast = Cast(url, folder)
    for name, (username, password) in _accounts(accounts).items():
        cast.sign_in(name, username, password)
    _register_bidders(cast, bidders)
    _register_experts(cast, experts)
    for number in (1, 2):
        body = f"临江市第{number}公证处"
        cast.register(f"witness{number}", body, "witness", "witness", f"见证员{number}")
        cast.witnesses.append(f"witness{number}")
    regulator = cast["regulator"].organisation
    cast.register("regulator2", "", "regulator", "regulator", "监管员二", regulator)
    return cast


def _accounts(path: Path) -> dict[str, tuple[str, str]]:
    """Name → (username, password) of the fixed accounts. Raises ValueError naming a missing one."""
    value: Any = json.loads(path.read_text(encoding="utf-8"))
    rows = value["accounts"]
    missing = [name for name in FIXED if name not in rows]
    if missing:
        raise ValueError(f"{path}: no account for {', '.join(missing)}")
    return {name: (rows[name]["username"], rows[name]["password"]) for name in FIXED}


def _register_bidders(cast: Cast, count: int) -> None:
    for number in range(1, count + 1):
        name = f"bidder{number}"
        person = cast.register(
            name, f"临江第{number}投标有限公司", "bidder", "bidder", f"投标人{number}"
        )
        person.keys.enrol(person.platform)
        cast.bidders.append(name)


def _register_experts(cast: Cast, count: int) -> None:
    """Twice as many as there are seats, in four cities; the first is in conflict with a bidder.

    Their speciality is the run's own: on a site with other experts only these can be drawn.
    """
    pool, centre = "", cast["centre"].platform
    for number in range(1, 2 * count + 1):
        name = f"expert{number}"
        body = f"江东省综合评标专家库{secrets.token_hex(2)}"
        person = cast.register(name, body, "expert_pool", "expert", f"专家{number}", pool)
        pool = pool or person.organisation
        person.keys.enrol(person.platform)
        entry = {
            "person": person.code,
            "name": f"专家{number}",
            "employer": made_up_code(),
            "employer_name": f"第{number}设计研究院",
            "city": CITIES[number % len(CITIES)],
            "specialities": [cast.speciality],
            "interests": [cast["bidder1"].organisation] if number == 1 else [],
        }
        made = centre.post("/experts", entry)
        cast.experts[made["expert"]] = name

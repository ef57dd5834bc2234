"""What playing needs: who acts with which key, one door per act, and the due work of the worker.

Keys are those of the command-line client, in `var/demo/keys/<username>`, so that anybody can go on
by hand where the play stops. The account `witness` plays out of the witness program's own folder.
"""

import base64
import random
import time
from collections.abc import Callable, Sequence
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from client.keys import KeyFolder
from evaluation.queries import expert_by_code
from identity import queries
from identity.actions import credentials
from identity.rules.permissions import Viewer
from kernel.errors import Busy
from storage.database import snapshot, transaction
from webapp.settings import Settings, workshop_of
from webapp.worker import Worker

WITNESS = "witness"
_TRIES = 60
_PROOF_DOMAIN = b"zhaobiao-key-proof/v1\n"


class Stage:
    """The site on which is played, with the keys of everybody in the city."""

    def __init__(self, settings: Settings, seed: int = 1) -> None:
        """`seed` decides who bids what and who marks how; codes and keys are always fresh."""
        self.settings, self.seed = settings, seed
        self.folder = settings.var / "demo"
        self.workshop = workshop_of(settings)
        self.notes = KeyFolder(self.folder / "tenders")
        self._worker: Worker | None = None
        self._viewers: dict[str, Viewer] = {}
        self._experts: dict[str, str] = {}

    def rng(self, *words: object) -> random.Random:
        """Chance that is the same in every play of this seed."""
        return random.Random("/".join(map(str, (self.seed, *words))))  # noqa: S311 (a play)

    def who(self, username: str) -> Viewer:
        """The person as rules see them."""
        if username not in self._viewers:
            with snapshot() as db:
                found = queries.viewer_of(queries.person_with_username(db, username))
            self._viewers[username] = found
        return self._viewers[username]

    def expert(self, code: str) -> str:
        """User name of an expert of the pool."""
        if code not in self._experts:
            with snapshot() as db:
                self._experts[code] = expert_by_code(db, code).person.username
        return self._experts[code]

    def keys(self, username: str) -> KeyFolder:
        """This person's folder of keys."""
        home = self.settings.witness if username == WITNESS else self.folder / "keys" / username
        return KeyFolder(home)

    def act(
        self,
        action: Callable[..., Any],
        username: str,
        *subject: Any,
        lock: Sequence[str],
        **more: Any,
    ) -> Any:
        """One action of one person in one transaction."""
        who = self.who(username)
        return self.do(lock, lambda db, now: action(db, who, *subject, now=now, **more))

    def do(self, lock: Sequence[str], work: Callable[..., Any], **door: Any) -> Any:
        """`work(db, now)` under these locks; again where somebody else is writing."""
        for attempt in range(_TRIES):
            try:
                with transaction(lock=lock, **door) as (db, now):
                    return work(db, now)
            except Busy:
                if attempt == _TRIES - 1:
                    raise
                time.sleep(0.2)
        raise AssertionError("unreachable")

    def sign(self, username: str, statement: dict[str, Any]) -> bytes:
        """The signature of this person, whose key is enrolled first where that was not done."""
        self.enrol(username)
        return base64.b64decode(self.keys(username).signed(statement)["signature"])

    def enrol(self, username: str) -> None:
        """Enrol this person's statement key once, as the client would."""
        who, folder = self.who(username), self.keys(username)
        if folder.has("enrolled") and folder.recall("enrolled") == who.code:
            return
        key = folder.signing_key()
        spki = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        message = _PROOF_DOMAIN + who.code.encode() + b"\n" + spki
        proof = key.sign(message, ec.ECDSA(hashes.SHA256()))
        lock = [f"person:{who.code}"]
        self.act(credentials.enrol_statement_key, username, lock=lock, spki=spki, proof=proof)
        folder.remember("enrolled", who.code)

    def sweep(self) -> bool:
        """One round of the worker, so that nothing waits for another process."""
        if self._worker is None:
            self._worker = Worker(self.settings)
        try:
            return self._worker.sweep()
        except Busy:
            return False

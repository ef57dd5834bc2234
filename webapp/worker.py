"""The worker: one loop that sequences the log, numbers shared channels and does due work.

It sweeps each second and wakes early for the next exact moment. Whatever it claims it decides
under the subject's lock, so a second worker, a crash or an early alarm does no harm.
"""

import logging
import signal
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evaluation import timers as evaluation
from evidence.actions.tree import append_pending
from identity import timers as identity
from kernel.errors import Busy
from outbox.actions.messages import number_wide
from storage import due
from storage.database import transaction
from storage.due import Claim
from storage.duties import Duty
from storage.keys import signing_key
from supervision import timers as supervision
from trading import timers as trading
from webapp.mail import Postman
from webapp.settings import Settings, workshop_of

log = logging.getLogger("zhaobiao.worker")

DUTIES: Mapping[str, Duty] = {
    **identity.DUTIES,
    **trading.DUTIES,
    **evaluation.DUTIES,
    **supervision.DUTIES,
}
SWEEP_SECONDS = 0.25
RENEW_SECONDS = 2.0


class Worker:
    """Runs until it is told to stop."""

    def __init__(self, settings: Settings) -> None:
        """Loads the log's key, which lives in workers only."""
        self._origin = settings.log_origin
        self._key: Ed25519PrivateKey = signing_key(settings.keys, "checkpoint")
        self._workshop = workshop_of(settings)
        self._stop = threading.Event()

    def run(self) -> None:
        """Work until stopped; a fault is logged and the next sweep goes on."""
        while not self._stop.is_set():
            try:
                busy = self.sweep()
            except Busy:
                busy = False
            except Exception:
                log.exception("sweep failed")
                busy = False
            if not busy:
                self._stop.wait(SWEEP_SECONDS)

    def stop(self, *_signal: object) -> None:
        """End after the present sweep."""
        self._stop.set()

    def sweep(self) -> bool:
        """One round; whether there was anything to do."""
        did = self._do_all(self._claims())
        with transaction() as (db, _):
            sequenced = append_pending(db, self._origin, self._key)
        with transaction() as (db, _):
            numbered = number_wide(db)
        return bool(did or sequenced or numbered)

    def _claims(self) -> list[Claim]:
        with transaction() as (db, _):
            return due.claim_due(db)

    def _do_all(self, claims: list[Claim]) -> bool:
        """Do one after the other, while the claims on all that is left are kept alive."""
        left = {claim.id for claim in claims}
        with _renewing(left) if left else nullcontext():
            for claim in claims:
                self._do(claim)
                left.discard(claim.id)
        return bool(claims)

    def _do(self, claim: Claim) -> None:
        try:
            duty, code = DUTIES[claim.kind], claim.subject.partition(":")[2]
            result = duty.work(code, self._workshop) if duty.work else None
            with transaction(lock=[claim.subject, *duty.locks(code)]) as (db, now):
                if due.may_begin(db, claim.id):
                    duty.act(db, code, now, result)
                    due.finish(db, claim.id)
        except Exception as fault:
            log.exception("due work failed", extra={"kind": claim.kind})
            with transaction() as (db, _):
                due.give_back(db, claim.id, f"{type(fault).__name__}: {fault}")


@contextmanager
def _renewing(left: Collection[int]) -> Iterator[None]:
    """Renew claims from a thread beside the work, until it is done or this process dies."""
    done = threading.Event()

    def renew() -> None:
        while not done.wait(RENEW_SECONDS):
            with suppress(Busy), transaction() as (db, _):
                due.renew(db, tuple(left))

    thread = threading.Thread(target=renew, name="claims", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def run_worker(settings: Settings) -> None:
    """The worker process: stops cleanly on SIGTERM and SIGINT."""
    logging.getLogger("pyhanko").setLevel(logging.ERROR)  # it warns of every signature
    worker = Worker(settings)
    if settings.smtp_url is not None:
        Postman(settings, settings.smtp_url).start()  # it dies with this process
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, worker.stop)
    worker.run()

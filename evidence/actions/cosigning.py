"""Witnesses' lines under the heads of the log: whose key it is, and each line once it is right.

What a witness says with it: I saw this head, and it goes on from all that I saw before. No line is
a fact of the log: else each would make a new head to co-sign. Source: C2SP tlog-cosignature.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from evidence import queries
from evidence.actions.streams import record
from evidence.models.tree import Cosignature, Cosigner, Head
from evidence.rules import checkpoints
from kernel.errors import InvalidInput, NotFound, Refusal

SUBJECT = "platform:cosigners"


def enrol_cosigner(
    db: Session, organisation: str, *, key: str, log: str, actor: str, now: datetime
) -> Cosigner:
    """Take in the key of a witness's organisation; another one takes the place of the former.

    `key` is a verifier key of type 4, `log` the name of the log. The caller holds SUBJECT. Raises
    InvalidInput `cosigner.bad_key`, Refusal `cosigner.taken` for a name or key of somebody else.
    """
    name, public = _read(key)
    live = queries.live_cosigner(db, organisation)
    if live is not None and (live.name, live.public) == (name, public):
        return live
    _refuse_taken(db, organisation, name, public, log)
    if live is not None:
        live.until = now
        db.flush()  # there is one at a time
    made = Cosigner(public=public, name=name, organisation=organisation, since=now)
    db.add(made)
    record(
        db,
        stream=SUBJECT,
        kind="platform.cosigner_enrolled",
        actor=actor,
        subject=SUBJECT,
        data={"organisation": organisation, "key": key},
        now=now,
    )
    return made


def cosign(db: Session, organisation: str, *, size: int, line: str, now: datetime) -> None:
    """Keep a witness's line under the head of this size; again changes nothing.

    Raises NotFound, Refusal `cosigner.none` and `cosignature.enough`, InvalidInput
    `cosignature.wrong`.
    """
    head, by = queries.head_of(db, size), queries.live_cosigner(db, organisation)
    if head is None:
        raise NotFound(
            "evidence.no_such_checkpoint", "没有大小为 %(size)s 的检查点。", field="size", size=size
        )
    if by is None:
        raise Refusal("cosigner.none", "请先登记见证联署的公钥。")
    if not checkpoints.is_cosignature(head.note, line, _key_of(by)):
        raise InvalidInput("cosignature.wrong", "这不是该密钥对这个检查点的联署。", field="line")
    if db.get(Cosignature, (size, by.name)) is None:
        _refuse_too_many(db, size)
        db.add(Cosignature(size=size, witness=by.name, line=line, received_at=now))


def _refuse_too_many(db: Session, size: int) -> None:
    """A note with more lines than readers take would be no note; one is the log's own."""
    if len(queries.cosignatures(db, size)) >= checkpoints.MOST_SIGNATURES - 1:
        raise Refusal("cosignature.enough", "这个检查点的见证联署已达上限。")


def cosigners_of(db: Session, head: Head) -> list[str]:
    """Verifier keys of those whose line stands under this head, by name."""
    keys = [(_key_of(by), line) for by, line in queries.cosigners_under(db, head.size)]
    return [key for key, line in keys if checkpoints.is_cosignature(head.note, line, key)]


def live_cosigners(db: Session) -> list[dict[str, str]]:
    """Organisation and verifier key of everybody who co-signs now, by name."""
    return [
        {"organisation": by.organisation, "key": _key_of(by)} for by in queries.live_cosigners(db)
    ]


def _read(key: str) -> tuple[str, bytes]:
    try:
        return checkpoints.witness_key(key)
    except ValueError as fault:
        raise InvalidInput(
            "cosigner.bad_key",
            "见证联署的公钥应为“名称+编号+base64”，类型 4，名称只含小写字母、数字和 . / : _ -。",
            field="key",
        ) from fault


def _refuse_taken(db: Session, organisation: str, name: str, public: bytes, log: str) -> None:
    """No witness speaks in the name of another or of the log, nor comes back with an old key."""
    known = queries.cosigners_called(db, name, public)
    if name == log or any(
        each.public == public or each.organisation != organisation for each in known
    ):
        raise Refusal("cosigner.taken", "这个名称或公钥已经登记过，请另换一个。", field="key")


def _key_of(by: Cosigner) -> str:
    return checkpoints.verifier_key(by.name, by.public, checkpoints.COSIGNATURE_TYPE)

"""Kinds of organisations, roles of people, and every permission that a door may ask for."""

from enum import StrEnum

from kernel.lifecycle import Lifecycle


class OrganisationKind(StrEnum):
    """What an organisation may be in a procedure; one may be several."""

    AGENCY = "agency"
    PROCURING_ENTITY = "procuring_entity"
    BIDDER = "bidder"
    ISSUER = "issuer"
    TRADING_CENTRE = "trading_centre"
    REGULATOR = "regulator"
    WITNESS = "witness"
    EXPERT_POOL = "expert_pool"


class Role(StrEnum):
    """What a person does for their organisation."""

    AGENT = "agent"
    PROCURING_OFFICER = "procuring_officer"
    BIDDER = "bidder"
    ISSUER = "issuer"
    EXPERT = "expert"
    REGULATOR = "regulator"
    WITNESS = "witness"
    HOST = "host"
    OPERATOR = "operator"


class Permission(StrEnum):
    """What a door asks for. Object-level questions are the rules' business."""

    SEE_ACCOUNT = "see_account"
    MANAGE_KEYS = "manage_keys"
    MANAGE_COLLEAGUES = "manage_colleagues"
    MANAGE_ORGANISATIONS = "manage_organisations"
    REGISTER_TENDER = "register_tender"
    RUN_TENDER = "run_tender"
    MOVE_REHEARSAL = "move_rehearsal"
    BID = "bid"
    ISSUE_GUARANTEE = "issue_guarantee"
    SCORE = "score"
    SIGN_PAPERS = "sign_papers"
    WITNESS_OPENING = "witness_opening"
    SUPERVISE = "supervise"
    SEE_HEALTH = "see_health"


class KeyPurpose(StrEnum):
    """What a signing key is for."""

    STATEMENT = "statement"
    DOCUMENT = "document"


class RestrictionKind(StrEnum):
    """What a restriction stops."""

    REGISTRATION = "registration"
    BIDDING = "bidding"
    EVALUATION = "evaluation"


class PaperState(StrEnum):
    """Where a document that people sign in turn stands."""

    DRAWING = "drawing"
    SIGNING = "signing"
    SEALING = "sealing"
    COMPLETE = "complete"


class PaperEvent(StrEnum):
    """What can happen to such a document."""

    DRAWN = "drawn"
    SIGNED_BY_ALL = "signed_by_all"
    SEALED = "sealed"
    COMPLETED = "completed"


PAPER = Lifecycle(
    "paper",
    {
        (PaperState.DRAWING, PaperEvent.DRAWN): PaperState.SIGNING,
        (PaperState.SIGNING, PaperEvent.SIGNED_BY_ALL): PaperState.SEALING,
        (PaperState.SIGNING, PaperEvent.COMPLETED): PaperState.COMPLETE,
        (PaperState.SEALING, PaperEvent.SEALED): PaperState.COMPLETE,
    },
)


class TurnState(StrEnum):
    """Where one person's signature on a document stands: the three steps of a signature."""

    WAITING = "waiting"
    ASKED = "asked"
    PREPARED = "prepared"
    SIGNED = "signed"
    DONE = "done"


class TurnEvent(StrEnum):
    """What can happen to a person's turn."""

    ASKED = "asked"
    PREPARED = "prepared"
    SIGNED = "signed"
    FINISHED = "finished"
    LAPSED = "lapsed"


TURN = Lifecycle(
    "turn",
    {
        (TurnState.WAITING, TurnEvent.ASKED): TurnState.ASKED,
        (TurnState.ASKED, TurnEvent.PREPARED): TurnState.PREPARED,
        (TurnState.PREPARED, TurnEvent.SIGNED): TurnState.SIGNED,
        (TurnState.SIGNED, TurnEvent.FINISHED): TurnState.DONE,
        (TurnState.ASKED, TurnEvent.LAPSED): TurnState.WAITING,
        (TurnState.PREPARED, TurnEvent.LAPSED): TurnState.WAITING,
    },
)


class UndertakingMeans(StrEnum):
    """How somebody undertook something."""

    KEY = "key"
    PASSWORD = "password"  # noqa: S105 (a word, not a secret)


class ApplicationState(StrEnum):
    """Where an application for registration stands."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


class ApplicationEvent(StrEnum):
    """What can happen to an application."""

    CONFIRMED = "confirmed"
    REFUSED = "refused"


APPLICATION = Lifecycle(
    "application",
    {
        (ApplicationState.PENDING, ApplicationEvent.CONFIRMED): ApplicationState.CONFIRMED,
        (ApplicationState.PENDING, ApplicationEvent.REFUSED): ApplicationState.REFUSED,
    },
)

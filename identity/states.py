"""Kinds of organisations, roles of people, and every permission that a door may ask for."""

from enum import StrEnum


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
    MANAGE_ORGANISATIONS = "manage_organisations"
    REGISTER_TENDER = "register_tender"
    RUN_TENDER = "run_tender"
    MOVE_REHEARSAL = "move_rehearsal"
    BID = "bid"
    ISSUE_GUARANTEE = "issue_guarantee"
    SCORE = "score"
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

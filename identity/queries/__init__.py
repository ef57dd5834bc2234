"""Every read of people, organisations, keys, papers and standing, one file per topic."""

from identity.queries.accounts import (
    colleagues_of,
    has_training,
    is_registered,
    organisation_by_code,
    organisations,
    organisations_of_kind,
    people,
    person_by_code,
    person_by_username,
    person_with_code,
    person_with_username,
    viewer_of,
)
from identity.queries.applications import (
    application_by_code,
    applications,
    pending_applications,
)
from identity.queries.credentials import (
    key_by_code,
    key_of,
    keys_of,
    valid_key,
)
from identity.queries.letters import candidates_for_letters
from identity.queries.papers import (
    next_turn,
    open_turn,
    paper_by_code,
    papers_of,
    turn_of,
    turns_of,
    turns_to_sign,
)
from identity.queries.second_factor import (
    recovery_codes_left,
    second_factor_of,
)
from identity.queries.sign_ins import (
    last_sign_in_at,
    news_of,
    person_by_stamp,
    person_by_token,
    sign_in_before,
    sign_ins_of,
    tokens_made_before,
    tokens_of,
    valid_sign_in,
    valid_token,
)
from identity.queries.standing import (
    restriction_by_code,
    restriction_view,
    restrictions_by_finding,
    restrictions_not_over,
    restrictions_on,
)
from identity.queries.undertakings import (
    undertakings_of,
    undertakings_to_give,
)

__all__ = [
    "application_by_code",
    "applications",
    "candidates_for_letters",
    "colleagues_of",
    "has_training",
    "is_registered",
    "key_by_code",
    "key_of",
    "keys_of",
    "last_sign_in_at",
    "news_of",
    "next_turn",
    "open_turn",
    "organisation_by_code",
    "organisations",
    "organisations_of_kind",
    "paper_by_code",
    "papers_of",
    "pending_applications",
    "people",
    "person_by_code",
    "person_by_stamp",
    "person_by_token",
    "person_by_username",
    "person_with_code",
    "person_with_username",
    "recovery_codes_left",
    "restriction_by_code",
    "restriction_view",
    "restrictions_by_finding",
    "restrictions_not_over",
    "restrictions_on",
    "second_factor_of",
    "sign_in_before",
    "sign_ins_of",
    "tokens_made_before",
    "tokens_of",
    "turn_of",
    "turns_of",
    "turns_to_sign",
    "undertakings_of",
    "undertakings_to_give",
    "valid_key",
    "valid_sign_in",
    "valid_token",
    "viewer_of",
]

"""The table of what may leave in a bundle, read row by row."""

import itertools

import pytest

from evaluation.states import MeetingState
from identity.rules.permissions import ANONYMOUS, Viewer
from identity.states import Role
from supervision.rules.disclosure import (
    FACTS,
    READERS,
    STREAMS,
    Scene,
    StreamKind,
    audience_of,
    audience_problems,
    may_have_report,
    may_list,
    may_read,
)
from trading.rules.disclosure import Matter, Stage, may_know_at
from trading.states import LotState

PUBLIC, PARTY, REGULATOR = READERS

REGISTERED = Scene(Stage(LotState.REGISTERED))
_told = {"lot.registered", "lot.published"}
ANNOUNCED = Scene(Stage(LotState.ANNOUNCED, frozenset(_told)))
RELEASING = Scene(Stage(LotState.RELEASING, frozenset(_told | {"lot.closed"})))
_told |= {"lot.closed", "lot.window_ended"}
UNSEALING = Scene(Stage(LotState.UNSEALING, frozenset(_told)))
UNOPENED = Scene(Stage(LotState.FAILED, frozenset(_told | {"lot.failed"})))
_told |= {"lot.opened"}
OPENED = Scene(Stage(LotState.OPENED, frozenset(_told)))
_told |= {"lot.confirmed", "lot.evaluation_begun"}
_evaluating = Stage(LotState.EVALUATING, frozenset(_told))
CONVENED, ELECTING, SCORING, REVEALED, LOCKED, RANKED, *_ = (
    Scene(_evaluating, state) for state in MeetingState
)
LOST = Scene(Stage(LotState.FAILED, frozenset(_told | {"lot.failed"})), MeetingState.FAILED)
_told |= {"lot.report_received", "report.archived"}
REPORTED = Scene(Stage(LotState.REPORTED, frozenset(_told)), MeetingState.RANKED)
_told |= {"lot.candidates_published"}
CANDIDATES = Scene(Stage(LotState.CANDIDATES_PUBLISHED, frozenset(_told)), MeetingState.RANKED)
_told |= {"lot.awarded"}
AWARDED = Scene(Stage(LotState.AWARDED, frozenset(_told)), MeetingState.RANKED)
_told |= {"lot.archived"}
ARCHIVED = Scene(Stage(LotState.ARCHIVED, frozenset(_told)), MeetingState.RANKED)
SCENES = {name: scene for name, scene in list(globals().items()) if isinstance(scene, Scene)}
TOLD_BEFORE_THE_CLOSE = {
    "alert.raised",
    "amendment.published",
    "enquiry.answered",
    "tender.registered",
    "tender_notice.published",
    "rehearsal.moved",
    "lot.registered",
    "lot.published",
    "lot.suspended",
    "lot.resumed",
    "lot.terminated",
    "opening_key.registered",
    "opening_key.rehearsed",
}


@pytest.mark.parametrize("audience", READERS)
def test_before_the_close_only_what_does_not_speak_of_bids_is_told(audience):
    for scene in (REGISTERED, ANNOUNCED):
        assert {kind for kind in FACTS if may_read(audience, kind, scene)} <= TOLD_BEFORE_THE_CLOSE
        listed = {kind for kind in StreamKind if may_list(audience, kind, scene)}
        assert listed <= {StreamKind.TENDER, StreamKind.LOT}


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_each_audience_knows_all_that_the_one_below_it_knows(scene):
    for low, high in itertools.pairwise(READERS):
        for kind in FACTS:
            assert may_read(high, kind, scene) >= may_read(low, kind, scene), kind
        for stream in StreamKind:
            assert may_list(high, stream, scene) >= may_list(low, stream, scene), stream
        assert may_have_report(high, scene) >= may_have_report(low, scene)


@pytest.mark.parametrize("audience", READERS)
def test_what_is_not_in_the_table_is_withheld(audience):
    for scene in SCENES.values():
        assert not may_read(audience, "lot.something_new", scene)
        assert not may_read(audience, "", scene)


def test_every_kind_of_stream_is_decided():
    assert set(STREAMS) == set(StreamKind)


@pytest.mark.parametrize("stream", list(StreamKind))
def test_the_public_hears_of_no_stream_of_a_bidder_before_an_opening(stream):
    for scene in (REGISTERED, ANNOUNCED, RELEASING, UNSEALING, UNOPENED):
        is_own = stream in (StreamKind.TENDER, StreamKind.LOT) and scene is not REGISTERED
        assert may_list(PUBLIC, stream, scene) is is_own


def first_scene(audience, kind):
    """The first scene of the usual course in which this audience may read facts of this kind."""
    course = {name: scene for name, scene in SCENES.items() if name not in ("UNOPENED", "LOST")}
    return next((name for name, scene in course.items() if may_read(audience, kind, scene)), None)


@pytest.mark.parametrize(
    ("kind", "public", "party", "regulator"),
    [
        ("tender.registered", "ANNOUNCED", "REGISTERED", "REGISTERED"),
        ("tender_notice.published", "ANNOUNCED", "REGISTERED", "REGISTERED"),
        ("lot.registered", "OPENED", "REGISTERED", "REGISTERED"),
        ("lot.published", "ANNOUNCED", "REGISTERED", "REGISTERED"),
        ("opening_key.registered", "ANNOUNCED", "REGISTERED", "REGISTERED"),
        ("opening_key.published", "UNSEALING", "UNSEALING", "UNSEALING"),
        ("lot.closed", "RELEASING", "RELEASING", "RELEASING"),
        ("lot.opened", "OPENED", "OPENED", "OPENED"),
        ("bid.opened", "OPENED", "OPENED", "OPENED"),
        ("bid.submitted", None, "OPENED", "OPENED"),
        ("bid.withdrawn", None, "OPENED", "OPENED"),
        ("bid.released", None, "OPENED", "OPENED"),
        ("draw.nonce_committed", "AWARDED", "OPENED", "OPENED"),
        ("draw.seeded", "AWARDED", "REPORTED", "OPENED"),
        ("call.refused", None, None, "OPENED"),
        ("call.lapsed", "AWARDED", "REPORTED", "OPENED"),
        ("draw.seat_vacated", "AWARDED", "REPORTED", "OPENED"),
        ("draw.supplemented", "AWARDED", "OPENED", "OPENED"),
        ("meeting.convened", "AWARDED", "REPORTED", "CONVENED"),
        ("meeting.commitment_signed", "AWARDED", "REPORTED", "CONVENED"),
        ("meeting.chair_voted", None, None, "CONVENED"),
        ("score_sheet.committed", "AWARDED", "REPORTED", "LOCKED"),
        ("score_sheet.changed", None, "REPORTED", "LOCKED"),
        ("meeting.locked", "AWARDED", "REPORTED", "LOCKED"),
        ("meeting.bids_blinded", "AWARDED", "REPORTED", "LOCKED"),
        ("evaluation.ranked", "AWARDED", "RANKED", "RANKED"),
        ("lot.report_received", None, "OPENED", "OPENED"),
        ("report.archived", "AWARDED", "OPENED", "OPENED"),
    ],
)
def test_each_kind_is_first_told_at(kind, public, party, regulator):
    assert [first_scene(audience, kind) for audience in READERS] == [public, party, regulator]


def test_the_report_is_for_party_and_regulator_once_it_is_there():
    have = {
        audience: [name for name, scene in SCENES.items() if may_have_report(audience, scene)]
        for audience in READERS
    }
    after = ["REPORTED", "CANDIDATES", "AWARDED", "ARCHIVED"]
    assert have == {PUBLIC: [], PARTY: after, REGULATOR: after}


def test_a_lot_lost_in_evaluation_stays_opened_and_names_no_expert_to_the_public():
    assert may_read(PUBLIC, "lot.opened", LOST)
    assert may_list(PUBLIC, StreamKind.BIDDER, LOST)
    assert not may_list(PUBLIC, StreamKind.MEETING, LOST)


def stage(state, *told, resume_to=None):
    return Stage(state, frozenset(told), resume_to)


@pytest.mark.parametrize(
    ("at", "reached", "shows_bids"),
    [
        (stage(LotState.SUSPENDED, resume_to=LotState.ANNOUNCED), LotState.ANNOUNCED, False),
        (stage(LotState.SUSPENDED, resume_to=LotState.RELEASING), LotState.RELEASING, False),
        (
            stage(LotState.SUSPENDED, "lot.opened", resume_to=LotState.OPENED),
            LotState.OPENED,
            True,
        ),
        (stage(LotState.FAILED, "lot.failed"), LotState.FAILED, False),
        (stage(LotState.FAILED, "lot.opened", "lot.failed"), LotState.FAILED, True),
        (stage(LotState.TERMINATED, "lot.terminated"), LotState.TERMINATED, False),
        (stage(LotState.TERMINATED, "lot.opened", "lot.terminated"), LotState.TERMINATED, True),
        (stage(LotState.ARCHIVED, "lot.failed"), LotState.FAILED, False),
        (stage(LotState.ARCHIVED, "lot.terminated"), LotState.TERMINATED, False),
        (stage(LotState.ARCHIVED, "lot.opened", "lot.failed"), LotState.FAILED, True),
        (stage(LotState.ARCHIVED, "lot.opened", "lot.awarded"), LotState.AWARDED, True),
    ],
)
def test_what_was_public_stays_public_and_nothing_becomes_so_by_an_end(at, reached, shows_bids):
    assert at.reached is reached
    assert may_know_at(PUBLIC, Matter.OPENING_TABLE, at) is shows_bids


AGENCY, BUYER = "agency", "buyer"


@pytest.mark.parametrize(
    ("roles", "organisation", "audience"),
    [
        ((Role.REGULATOR,), "other", REGULATOR),
        ((Role.AGENT,), AGENCY, PARTY),
        ((Role.PROCURING_OFFICER,), BUYER, PARTY),
        ((Role.AGENT,), "other", PUBLIC),
        ((Role.BIDDER,), AGENCY, PUBLIC),
        ((Role.BIDDER,), "other", PUBLIC),
        ((Role.OPERATOR,), "other", PUBLIC),
        ((Role.EXPERT,), "other", PUBLIC),
    ],
)
def test_roles_and_organisation_decide_the_audience(roles, organisation, audience):
    viewer = Viewer(code="PE1", organisation=organisation, roles=frozenset(roles))

    assert audience_of(viewer, AGENCY, BUYER) is audience


def test_who_is_not_signed_in_is_the_public():
    assert audience_of(ANONYMOUS, "", "") is PUBLIC


def test_one_may_ask_for_less_and_not_for_more():
    refused = [
        (own.value, asked.value)
        for own, asked in itertools.product(READERS, repeat=2)
        if [problem.code for problem in audience_problems(own, asked)] == ["bundle.audience"]
    ]
    assert refused == [("public", "party"), ("public", "regulator"), ("party", "regulator")]

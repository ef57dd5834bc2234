"""Every table of the program, imported once, so that migrations and tests see the whole schema."""

# ruff: noqa: F401
import evaluation.models.draw
import evaluation.models.meeting
import evaluation.models.pool
import evaluation.models.presence
import evaluation.models.report
import evaluation.models.scoring
import evidence.models.streams
import evidence.models.tree
import identity.models.accounts
import identity.models.applications
import identity.models.credentials
import identity.models.organisations
import identity.models.papers
import identity.models.second_factor
import identity.models.sign_ins
import identity.models.standing
import identity.models.undertakings
import outbox.models.letters
import outbox.models.mail
import outbox.models.messages
import storage.due
import storage.subjects
import supervision.models.alerts
import supervision.models.conduct
import supervision.models.orders
import trading.models.awarding
import trading.models.bidding
import trading.models.documents
import trading.models.guarantee
import trading.models.objections
import trading.models.opening
import trading.models.opening_record
import trading.models.tendering
import trading.models.termination
from storage.base import Base

metadata = Base.metadata

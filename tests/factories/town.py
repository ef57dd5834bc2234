"""The application over tenders of the demo city that stand in every kind of state."""

import io

import sqlalchemy as sa

from demo.conduct import play_cases
from demo.people import make_demo_people, make_residents
from demo.playing import play_all
from demo.stage import Stage
from demo.tenders import PLANS
from identity import queries as identity
from identity.actions import applications
from identity.actions.applications import Applicant
from identity.models.accounts import Person
from identity.states import OrganisationKind
from storage.database import transaction
from tests.factories.identity import password_hash, valid_code
from trading.actions import documents
from trading.actions.documents import StoredFile
from trading.models.tendering import Lot, Tender
from trading.states import LotState
from webapp.factory import create_app
from webapp.settings import prepare_keys, settings_from


def demo_town(folder, template, plans):
    """An application on a copy of the migrated template, in which these plans have been played."""
    path = folder / "zhaobiao.db"
    path.write_bytes(template.read_bytes())
    environment = {
        "ZHAOBIAO_VAR": str(folder / "var"),
        "ZHAOBIAO_WITNESS": str(folder / "witness"),
        "DATABASE_URL": f"sqlite:///{path}",
    }
    settings = settings_from(environment)
    prepare_keys(settings)
    app = create_app(settings)
    make_demo_people()
    make_residents()
    stage = Stage(settings)
    play_cases(stage)
    assert play_all(stage, [plan for plan in PLANS if plan.key in plans], print) == []
    _add_what_the_city_lacks(app)
    return app


def _add_what_the_city_lacks(app):
    """An application, people who administer, and a document."""
    digest, size = app.extensions["vault"].put(io.BytesIO(b"%PDF-1.7"), limit=100)
    draft = sa.select(Tender.code).join(Lot, Lot.tender_id == Tender.id)
    newcomer = Applicant(
        OrganisationKind.BIDDER, valid_code(900), "新来公司", "010", "新人", "newcomer"
    )
    with transaction() as (db, now):
        db.execute(sa.update(Person).values(is_administrator=True))
        applications.apply(db, newcomer, password_hash(), now=now)
        code = db.scalars(draft.where(Lot.state == LotState.REGISTERED)).first()
        file = StoredFile("招标文件.pdf", digest, size)
        documents.add_document(db, identity_viewer(db, "agency"), code, file, now=now)


def identity_viewer(db, username):
    return identity.viewer_of(identity.person_with_username(db, username))

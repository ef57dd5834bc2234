"""Every page of the address map stands in the plan of the pictures, with a subject that exists."""

from demo.tenders import PLANS
from tests.pictures.camera import Shown
from tests.pictures.finding import rules
from tests.pictures.plan import MEMBER, NOT_PAGES, PICTURES
from tests.pictures.sheet import write_sheet


def test_every_page_is_photographed_or_said_to_be_none():
    pages = {picture.endpoint for picture in PICTURES}

    assert pages | set(NOT_PAGES) == set(rules())
    assert not pages & set(NOT_PAGES)


def test_every_subject_can_be_looked_for():
    keys = {plan.key for plan in PLANS}

    for picture in PICTURES:
        takes_subject = "<" in rules()[picture.endpoint]
        assert takes_subject == bool(picture.tender or picture.on), picture.name
        assert picture.tender in keys or picture.status == 404 or not picture.tender
        assert picture.who != MEMBER or picture.tender


def test_no_two_pictures_share_a_file():
    names = [(picture.who, picture.name) for picture in PICTURES]

    assert len(names) == len(set(names))


def test_the_sheet_shows_each_page_with_its_faults(tmp_path):
    fault = Shown("agency", PICTURES[0], "/a", 200, "<title>", ["a.png"], ["zh 390: 4 px too wide"])

    text = write_sheet(tmp_path, [fault]).read_text(encoding="utf-8")

    assert 'src="agency/a.png"' in text
    assert "4 px too wide" in text
    assert "&lt;title&gt;" in text

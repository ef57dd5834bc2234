"""Findings over the doors of the web: the way to standing and back, the pages, what they leak."""

import io
import re
from datetime import timedelta

import pytest

from identity.states import OrganisationKind, Role
from kernel.periods import legal_date, months_after
from storage.database import current_database, snapshot
from supervision import queries
from supervision.states import FindingState
from tests.factories.evaluation import method
from tests.factories.identity import CODES, PASSWORD, make_organisation, make_person, token
from tests.factories.supervision import (
    AGENCY,
    decide,
    found,
    make_authority,
    noticed,
    real_time,
    record,
)
from tests.factories.trading import make_cast
from webapp.factory import create_app
from webapp.settings import prepare_keys, settings_from
from webapp.worker import Worker

pytestmark = pytest.mark.attack("permissions")

TENDER = {
    "regime": "CONSTRUCTION",
    "category": "works",
    "name": "临江大桥维修工程",
    "procuring_entity": CODES[1],
    "lots": [
        {
            "name": "第一标段",
            "estimate": "30000000",
            "ceiling": "32000000",
            "method": method("construction"),
        }
    ],
}
SECRET = "仅供内部核对的证据"


@pytest.fixture
def settings(database_url, tmp_path):
    return settings_from({"ZHAOBIAO_VAR": str(tmp_path / "var"), "DATABASE_URL": database_url})


@pytest.fixture
def client(settings):
    """A program's client on each engine in turn, with an agency and an authority."""
    prepare_keys(settings)
    app = create_app(settings)
    app.testing = False
    make_cast(1)
    make_authority()
    yield app.test_client()
    current_database().dispose()


def post(client, path, username, body=None):
    headers = {"Authorization": f"Bearer {token(username)}"}
    return client.post(f"/api/v1/{path}", json=body or {}, headers=headers)


def get(client, path, username=None):
    headers = {"Authorization": f"Bearer {token(username)}"} if username else {}
    return client.get(f"/api/v1/{path}", headers=headers)


def year_from_today():
    return months_after(legal_date(real_time()), 12).isoformat()


def restricted_decision():
    return {
        "article": "招标投标法 第50条",
        "ground": "与投标人串通，事实清楚",
        "restriction": {
            "basis": "tendering_law",
            "kind": "registration",
            "until": year_from_today(),
            "ground": "与投标人串通",
        },
    }


def test_a_finding_that_restricts_bars_the_agency_until_it_is_lifted(client, settings):
    code = noticed("AG42")
    Worker(settings).sweep()
    assert found(code).state is FindingState.UNDEFENDED
    assert post(client, "tenders", "agent", TENDER).status_code == 201

    decided = post(client, f"findings/{code}/decision", "regulator", restricted_decision())
    barred = post(client, "tenders", "agent", TENDER)
    lifting = {"article": "行政复议法 第68条", "ground": "复议决定撤销"}
    (restriction,) = decided.json["restrictions"]
    lifted = post(client, f"restrictions/{restriction}/lifting", "regulator", lifting)

    assert decided.status_code == 201
    assert (barred.status_code, barred.json["error"]["code"]) == (403, "standing.restricted")
    assert code in barred.json["error"]["message"]
    assert lifted.status_code == 201
    assert post(client, "tenders", "agent", TENDER).status_code == 201


def test_a_program_takes_a_finding_from_the_record_to_the_cancellation(client):
    body = {
        "agency": AGENCY,
        "item": "AG23",
        "occurred_on": "2024-06-03",
        "evidence": "异议逾期答复",
    }
    code = post(client, "findings", "regulator", body).json["finding"]
    states = [
        post(client, f"findings/{code}/{step}", who, more).json["state"]
        for step, who, more in (
            ("notice", "regulator", None),
            ("defence", "agent", {"statement": "已口头答复"}),
            ("decision", "regulator", {"article": "第77条", "ground": "理由"}),
            ("cancellation", "regulator", {"ground": "复议"}),
        )
    ]

    assert states == ["noticed", "defended", "decided", "cancelled"]
    listed = get(client, "findings?state=cancelled", "regulator").json
    assert [each["finding"] for each in listed["findings"]] == [code]
    assert listed["next"] is None


def test_a_program_waives_and_dismisses(client):
    waived, dismissed = noticed("AG23", at=real_time()), noticed("AG30", at=real_time())

    first = post(client, f"findings/{waived}/waiver", "agent").json
    second = post(client, f"findings/{dismissed}/dismissal", "regulator", {"ground": "查无实据"})

    assert (first["state"], second.json["state"]) == ("undefended", "dismissed")


@pytest.mark.parametrize(
    ("path", "who", "status"),
    [
        ("findings", "agent", 403),
        ("findings/{code}/notice", "agent", 403),
        ("findings/{code}/decision", "agent", 403),
        ("findings/{code}/dismissal", "agent", 403),
        ("findings/{code}/cancellation", "agent", 403),
        ("findings/{code}/defence", "regulator", 403),
        ("findings/{code}/waiver", "bidder1", 403),
        ("restrictions/RS0000000000/lifting", "agent", 403),
        ("restrictions/RS0000000000/lifting", "regulator", 422),
        ("findings/FD0000000000/notice", "regulator", 404),
        ("findings/{code}/decision", "regulator", 422),
    ],
)
def test_doors_are_shut_to_those_who_may_not(client, path, who, status):
    code = noticed("AG23", at=real_time())
    answer = post(client, path.format(code=code), who)
    assert answer.status_code == status
    assert found(code).state is FindingState.NOTICED


def test_the_agency_reads_its_findings_and_credit_and_no_others(client):
    make_organisation(CODES[30], "临江另一招标代理有限公司", OrganisationKind.AGENCY)
    make_person("other_agent", CODES[30], Role.AGENT)
    record("AG17", evidence=SECRET)
    code = noticed("AG23", at=real_time())

    mine, other = (get(client, "findings/mine", who) for who in ("agent", "other_agent"))

    assert [each["finding"] for each in mine.json["findings"]] == [code]
    assert mine.json["credit"] == {
        "points": 0,
        "score": 100,
        "grade": "AAA",
        "consequence": "none",
    }
    assert SECRET not in mine.text
    assert other.json["findings"] == []


def test_the_public_reads_decisions_and_neither_evidence_nor_defence(client):
    long_ago = real_time() - timedelta(days=30)
    decided = noticed("AG23", at=long_ago, evidence=SECRET)
    decide(decided, at=real_time() - timedelta(days=1))
    noticed("AG30", evidence=SECRET)

    answer, page = get(client, "conduct"), client.get("/negative-list")

    assert answer.json["findings"] == [
        {
            "finding": decided,
            "agency": {"code": AGENCY, "name": "临江招标代理有限公司"},
            "item": "AG23",
            "behaviour": "异议不答复、逾期答复，或者答复前继续进行招标投标活动",
            "severity": "serious",
            "points": 5,
            "state": "decided",
            "rehearsal": False,
            "decided_at": found(decided).decided_at.isoformat(),
            "article": "招标投标法实施条例 第77条",
            "consequence": "reminder",
            "from": found(decided).starts_at.isoformat(),
            "until": found(decided).ends_at.isoformat(),
        }
    ]
    assert decided in page.text
    assert SECRET not in answer.text + page.text


# Pages


def mark_on(client, address):
    return client.get(address).text.split('name="csrf_token" value="')[1].split('"')[0]


def sign_in(client, username):
    form = {"username": username, "password": PASSWORD, "csrf_token": mark_on(client, "/sign-in")}
    assert client.post("/sign-in", data=form).status_code == 302


def submit(client, address, **form):
    form["csrf_token"] = mark_on(client, "/supervision/restrictions/import")
    return client.post(address, data=form, content_type="multipart/form-data")


def all_findings():
    with snapshot() as db:
        return queries.findings(db, states=list(FindingState))


@pytest.fixture
def regulator(client):
    sign_in(client, "regulator")
    return client


NEW = {"agency": AGENCY, "item": "AG23", "occurred_on": "2024-06-03", "evidence": "逾期答复"}


def test_a_regulator_takes_a_finding_through_the_pages(regulator):
    made = submit(regulator, "/supervision/findings", **NEW)
    address = made.headers["Location"]
    submit(regulator, f"{address}/notice")
    early = submit(regulator, f"{address}/decision", article="第77条", ground="理由")

    assert (made.status_code, early.status_code) == (302, 409)
    assert "不能作出决定" in early.text
    assert regulator.get("/supervision/findings?agency=临江").text.count("AG23") == 1
    submit(regulator, f"{address}/dismissal", ground="查无实据")
    assert "查无实据" in regulator.get(address).text
    assert [each.state for each in all_findings()] == [FindingState.DISMISSED]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"agency": "1"}, "agency"),
        ({"item": ""}, "item"),
        ({"occurred_on": "昨天"}, "occurred_on"),
        ({"evidence": ""}, "evidence"),
        ({"fact": "zz"}, "fact"),
    ],
)
def test_a_refused_form_comes_back_with_its_words_and_a_way_to_the_field(regulator, change, field):
    answer = submit(regulator, "/supervision/findings", **NEW | {"evidence": SECRET} | change)

    assert answer.status_code == 422
    assert re.search(rf'<a href="#{field}">', answer.text)
    assert f'id="{field}"' in answer.text
    assert (SECRET in answer.text) is (field != "evidence")
    assert all_findings() == []


def test_links_of_a_page_that_comes_back_lead_to_the_page(regulator):
    answer = submit(regulator, "/supervision/findings", **NEW | {"agency": "1"})
    assert 'href="/supervision/findings/new?lang=en"' in answer.text


def test_what_is_about_nothing_is_told_on_a_page_of_its_own(regulator):
    answer = submit(regulator, "/supervision/findings/FD0000000000/notice")
    assert answer.status_code == 404
    assert "finding.not_found" in answer.text


def test_a_list_that_is_not_utf8_is_told(regulator):
    file = (io.BytesIO("单位".encode("gb18030")), "list.csv")
    answer = submit(regulator, "/supervision/restrictions/import", origin="省名单", file=file)
    assert answer.status_code == 422
    assert '<a href="#file">' in answer.text


def test_a_refused_order_comes_back_on_the_page_of_its_lot(regulator):
    lots = post(regulator, "tenders", "agent", TENDER).json["lots"]

    answer = submit(
        regulator,
        f"/supervision/lots/{lots[0]}/orders",
        kind="suspend",
        article="第62条",
        ground=" ",
    )

    assert answer.status_code == 422
    assert '<a href="#ground">“事实和理由”不能为空。</a>' in answer.text
    assert 'value="第62条"' in answer.text


def test_a_decision_with_a_restriction_and_its_lifting_by_page(regulator):
    code = noticed("AG42")
    form = {
        "article": "招标投标法 第50条",
        "ground": "理由",
        "basis": "tendering_law",
        "until": year_from_today(),
        "restriction_ground": "与投标人串通",
    }
    too_long = submit(
        regulator, f"/supervision/findings/{code}/decision", **form | {"until": "2999-01-01"}
    )
    decided = submit(regulator, f"/supervision/findings/{code}/decision", **form)
    listed = regulator.get("/supervision/restrictions").text
    (restriction,) = set(re.findall(r"RS[0-9A-Z]{10}", listed))
    lifting = {"article": "第1条", "ground": "复议"}
    lifted = submit(regulator, f"/supervision/restrictions/{restriction}/lifting", **lifting)
    again = submit(regulator, f"/supervision/restrictions/{restriction}/lifting", **lifting)

    assert (too_long.status_code, decided.status_code) == (422, 302)
    assert '<a href="#until">' in too_long.text
    assert (lifted.status_code, again.status_code) == (302, 409)
    assert "没有查到当前有效的限制" in regulator.get(f"/negative-list?code={AGENCY}").text


def test_an_imported_list_tells_every_line_at_fault(regulator):
    row = ",失信公司,{},围标,F-3,2026-01-01,2099-01-01\n"
    text = "credit_code,name,kind,ground,finding,from,until\n" + row.format("registration")

    bad = submit(
        regulator,
        "/supervision/restrictions/import",
        origin="省名单",
        csv=text + row.format("x") + row.format("y"),
    )
    good = submit(regulator, "/supervision/restrictions/import", origin="省名单", csv=text)

    assert bad.status_code == 422
    assert all(f"第 {line} 行" in bad.text for line in (3, 4))
    assert "第 2 行" not in bad.text
    assert "失信公司" in bad.text
    assert good.status_code == 302
    assert "失信公司" in regulator.get("/supervision/restrictions").text


def test_the_agency_answers_by_page(client):
    code, other = noticed("AG23", at=real_time()), noticed("AG30", at=real_time())
    hidden = record("AG17")
    sign_in(client, "agent")
    mark = mark_on(client, f"/conduct/{code}")

    empty = client.post(f"/conduct/{code}/defence", data={"csrf_token": mark, "statement": " "})
    said = client.post(f"/conduct/{code}/defence", data={"csrf_token": mark, "statement": "已答复"})
    waived = client.post(f"/conduct/{other}/waiver", data={"csrf_token": mark})

    assert (empty.status_code, said.status_code, waived.status_code) == (422, 302, 302)
    assert "“申辩意见”不能为空" in empty.text
    assert [found(each).state for each in (code, other)] == [
        FindingState.DEFENDED,
        FindingState.UNDEFENDED,
    ]
    assert hidden not in client.get("/conduct").text
    assert client.get(f"/conduct/{hidden}").status_code == 404


def test_a_page_speaks_english_to_those_who_ask(client):
    page = client.get("/negative-list/acts?lang=en").text
    assert "Colludes with the tenderer" in page
    assert "串通" not in page

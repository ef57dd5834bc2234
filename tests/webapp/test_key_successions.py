"""Keys of log and receipts replaced: whoever kept the old or has the new checks everything."""

import json
import shutil
import subprocess
import sys

import pytest
import sqlalchemy as sa

from evidence.actions.receipts import receipt_of, with_proof
from evidence.models.streams import Fact
from evidence.rules import checkpoints
from evidence.rules.streams import canonical
from evidence.rules.succession import KeyOf, succession
from storage import keys
from storage.database import current_database, snapshot
from tests.attacks.test_log_attacks import bent
from tests.factories import bundles as made
from tests.storage.sites import site_in
from verifier import recompute, verify
from webapp.renewing import renew
from webapp.settings import ROOT

pytestmark = pytest.mark.attack("witnesses")
AT = "2026-11-27T00:00:00.000000Z"


class Seen:
    """What somebody outside saves at one moment, as files of a folder."""

    def __init__(self, site, folder):
        folder.mkdir()
        self.site = site
        self.folder, self.log = folder, get(site, "log").get_json()
        self.size = self.log["size"]
        tender = site.lot.rpartition("-")[0]
        self.put("log.json", json.dumps(self.log))
        self.put("log.key", self.log["key"])
        self.put("receipt.key", self.log["receipt_key"])
        self.put("head.note", get(site, f"log/checkpoints/{self.size}").get_data(as_text=True))
        (folder / "bundle.zip").write_bytes(get(site, f"tenders/{tender}/bundle").data)
        self.put("receipt.json", json.dumps(receipt(site)))

    def put(self, name, text):
        (self.folder / name).write_text(text, "utf-8")

    def __getitem__(self, name):
        return str(self.folder / name)


def get(site, path):
    answer = site.app.test_client().get(f"/api/v1/{path}")
    assert answer.status_code == 200, answer.text
    return answer


def receipt(site):
    key = keys.existing_key(site.settings.keys, "receipt")
    with snapshot() as db:
        fact = db.scalars(sa.select(Fact).where(Fact.kind == "bid.submitted")).first()
        code = json.loads(fact.body)["data"]["receipt"]
        return with_proof(db, receipt_of(fact, code, key))


def replace(site, name):
    done = site.app.test_cli_runner().invoke(renew, [name])
    assert done.exit_code == 0, done.output
    site.app.extensions["receipt_key"].cache_clear()  # it is a new process that starts
    return done.output


@pytest.fixture(scope="module")
def moments(tmp_path_factory, sqlite_template):
    """What is seen before, between and after two replacements of each key."""
    folder = tmp_path_factory.mktemp("succession")
    site = site_in(folder, sqlite_template)
    seen = [Seen(site, folder / "0")]
    for number in (1, 2):
        replace(site, "receipt")
        replace(site, "log")
        seen.append(Seen(site, folder / str(number)))
    proofs = folder / "proof.json"
    proofs.write_text(get(site, f"log/consistency?old={seen[0].size}&new={seen[2].size}").text)
    yield seen
    current_database().dispose()


def verified(capsys, trusted, *words, successions=None):
    """(exit code, codes of problems, what was checked) with what this moment trusts."""
    given = ["--log-key", trusted["log.key"], "--receipt-key", trusted["receipt.key"]]
    given += ["--successions", successions["log.json"]] if successions else []
    code = verify.main([*words, *given])
    told = json.loads(capsys.readouterr().out)
    return code, {each["code"] for each in told.get("problems", [])}, told["checked"]


def test_every_replacement_changes_both_keys_and_is_told(moments):
    logs = [seen.log for seen in moments]

    assert len({log["key"] for log in logs}) == len({log["receipt_key"] for log in logs}) == 3
    assert [len(log["successions"]) for log in logs] == [0, 2, 4]
    assert [seen.size for seen in moments] == sorted({seen.size for seen in moments})


@pytest.mark.parametrize("trusted", [0, 1, 2])
def test_the_newest_bundle_is_valid_by_any_key_of_the_line(moments, capsys, trusted):
    code, problems, checked = verified(capsys, moments[trusted], moments[2]["bundle.zip"])

    assert (code, problems) == (0, set())
    assert checked["key_successions"] == 4


@pytest.mark.parametrize("kept", [0, 1])
def test_an_old_bundle_is_valid_by_the_new_key_only_with_what_joins_them(moments, capsys, kept):
    bundle, newest = moments[kept]["bundle.zip"], moments[2]

    assert verified(capsys, newest, bundle, successions=newest)[:2] == (0, set())
    code, problems, _ = verified(capsys, newest, bundle)
    assert (code, "log.other_key" in problems, "receipt_key.other_key" in problems) == (
        1,
        True,
        True,
    )


@pytest.mark.parametrize("kept", [0, 1, 2])
def test_a_receipt_of_any_time_is_valid_with_the_newest_bundle(moments, capsys, kept):
    words = (moments[2]["bundle.zip"], "--receipt", moments[kept]["receipt.json"])

    code, problems, checked = verified(capsys, moments[0], *words)

    assert (code, problems) == (0, set())
    assert (checked["receipt_signatures"], checked["receipt_proofs"]) == (1, 1)


def test_a_receipt_and_a_head_alone_are_valid_by_the_line(moments, capsys):
    words = ("--receipt", moments[0]["receipt.json"], "--head", moments[0]["head.note"])

    assert verified(capsys, moments[2], *words, successions=moments[2])[:2] == (0, set())
    _, problems, _ = verified(capsys, moments[2], *words)
    assert problems == {"receipt.other_key", "checkpoint.signature"}


def test_the_history_over_replacements_is_one(moments, capsys, tmp_path):
    proof = tmp_path / "proof.json"
    shutil.copy(moments[0].folder.parent / "proof.json", proof)
    words = ["history", moments[0]["head.note"], "--newer", moments[2]["head.note"]]
    words += ["--proof", str(proof), "--log-key", moments[0].log["key"]]

    assert recompute.main([*words, "--successions", moments[2]["log.json"]]) == 0
    assert recompute.main(words) == 1
    capsys.readouterr()


def test_no_field_of_a_replacement_can_be_changed(moments, capsys, tmp_path, tried):
    rows = moments[2].log["successions"]
    paths = [(n, field) for n in range(len(rows)) for field in ("old_signature", "new_signature")]
    paths += [(n, "statement", name) for n, row in enumerate(rows) for name in row["statement"]]
    for path in paths:
        changed = json.loads(json.dumps(rows))
        place = changed
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = bent(place[path[-1]])
        told = tmp_path / "told.json"
        told.write_text(json.dumps(changed))
        words = [moments[0]["bundle.zip"], "--successions", str(told)]
        assert verified(capsys, moments[2], *words)[0] != 0, path
    tried(len(paths))


def test_a_stranger_does_not_follow_the_platform(moments, capsys, tmp_path):
    """The stranger signs both halves, in the name of the platform's key."""
    origin, _, old = checkpoints.parse_verifier_key(moments[0].log["key"])
    row = succession(KeyOf.LOG, origin, made.OTHER_KEY, made.LOG_KEY, AT)
    row["statement"]["old"] = old.hex()
    told = tmp_path / "told.json"
    told.write_text(json.dumps([row]))
    words = [moments[0]["bundle.zip"], "--successions", str(told)]

    code, problems, _ = verified(capsys, moments[0], *words)

    assert (code, problems) == (1, {"succession.signature"})


def of_another_kind(rows):
    return [rows[0] | {"statement": rows[0]["statement"] | {"what": "session"}}]


def of_another_type(rows):
    return [rows[0] | {"statement": rows[0]["statement"] | {"type": "key-succession/v2"}}]


def more_than_any_platform_has(rows):
    return rows * 300


@pytest.mark.parametrize("change", [of_another_kind, of_another_type, more_than_any_platform_has])
def test_what_is_no_line_of_keys_makes_its_bundle_invalid(moments, capsys, tmp_path, change):
    members = made.members_in(moments[2].folder.joinpath("bundle.zip").read_bytes())
    shown = json.loads(members["keys.json"])
    altered = canonical(shown | {"successions": change(shown["successions"])})
    key = keys.existing_key(moments[2].site.settings.keys, "receipt")
    path = tmp_path / "bundle.zip"
    path.write_bytes(made.packed(made.resealed(members | {"keys.json": altered}, key)))

    code, problems, checked = verified(capsys, moments[2], str(path))

    assert (code, problems) == (1, {"succession.fields"})
    assert checked.get("key_successions", 0) == 0


def test_what_is_no_line_of_keys_is_told_of_who_gives_it(moments, capsys, tmp_path):
    told = tmp_path / "told.json"
    told.write_text(json.dumps(of_another_kind(moments[2].log["successions"])))
    words = ["--log-key", moments[0]["log.key"], "--successions", str(told)]

    code = verify.main([moments[0]["bundle.zip"], *words])

    assert (code, "密钥更换" in json.loads(capsys.readouterr().out)["error"]) == (2, True)


def test_without_the_library_a_line_of_keys_is_not_known_and_not_broken(moments):
    """The key that was kept is an earlier one: whether it is of the line cannot be seen."""
    trusted = ["--log-key", moments[0]["log.key"], "--receipt-key", moments[0]["receipt.key"]]
    command = [sys.executable, "-S", ROOT / "verifier/verify.py", moments[2]["bundle.zip"]]
    done = subprocess.run([*command, *trusted], capture_output=True, text=True, check=False)
    told = json.loads(done.stdout)

    assert (done.returncode, told["verdict"], told["problems"]) == (2, "indeterminate", [])


def test_the_page_of_the_log_shows_what_was_replaced(moments):
    text = moments[0].site.app.test_client().get("/evidence").get_data(as_text=True)

    for row in moments[2].log["successions"]:
        assert row["statement"]["old"] in text
        assert row["statement"]["new"] in text

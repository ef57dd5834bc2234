"""The public pages of verification: bring a file and read in plain words what holds; the log.

They show what commands tell anyway, and how to do the same without this site.
"""

import json
import tempfile
from pathlib import Path
from typing import Any

from flask import Blueprint, current_app, render_template, request
from flask.typing import ResponseReturnValue

from evidence import queries as evidence
from evidence.actions.authority import kept_trust_pem
from evidence.actions.bundles import kept_keys
from evidence.actions.cosigning import cosigners_of
from evidence.actions.succession import successions
from identity.forms import form_of, takes_files
from identity.guard import open_to_all
from kernel.errors import InvalidInput, NotFound
from storage.columns import instant_from_text
from storage.database import snapshot
from webapp.examining import Known, examined, kind_of
from webapp.settings import Settings


def _(text: str) -> str:
    """Marks a text for the catalogue; the page translates it when it shows it."""
    return text


FACTS = {
    "digest": (_("内容没有改过"), _("内容改过")),
    "signature": (_("签名值与证书相符"), _("签名值与证书不符")),
    "trust": (_("签名时证书可信"), _("签名时证书不可信")),
    "coverage": (_("签名之后没有添改内容"), _("签名之后添改过内容")),
}
"""The four facts of a signed PDF in plain words: when they hold, and when they do not."""
CHECKED = {
    "archives": _("归档报告"),
    "bid_signatures": _("投标签名"),
    "bid_statements": _("投标声明"),
    "bids_in_time": _("截止前收到的投标"),
    "blind_maps": _("暗标对照表"),
    "bundle_signature": _("证据包签名"),
    "checkpoint_signature": _("检查点签名"),
    "close_roots": _("封存集合的根"),
    "draw_nonces": _("抽取随机数"),
    "draw_seeds": _("抽取种子"),
    "enrolled_keys": _("登记的密钥"),
    "expert_commitments": _("专家承诺书"),
    "facts": _("事实"),
    "files": _("文件"),
    "inclusion_proofs": _("在树证明"),
    "locked_sheets": _("锁定的评分表"),
    "opening_key_halves": _("开标密钥"),
    "opening_keys": _("开标密钥声明"),
    "opening_rows": _("开标一览表的行"),
    "rankings": _("排序"),
    "receipts": _("回执"),
    "releases": _("释放声明"),
    "sheet_signatures": _("评分表签名"),
    "streams": _("事实流"),
    "withheld_facts": _("未公开的事实（只核对位置）"),
}

pages = Blueprint("verifying", __name__)
MOST_BYTES = 32 << 20


@pages.get("/verify")
@open_to_all
def page() -> ResponseReturnValue:
    """Where a file is brought."""
    return render_template("verifying/verify.html", limit=MOST_BYTES)


@pages.post("/verify")
@open_to_all
@takes_files(MOST_BYTES)
@form_of(page)
def verify() -> ResponseReturnValue:
    """Judge the file and forget it."""
    file = request.files.get("file")
    if file is None or not file.filename:
        raise InvalidInput("verify.no_file", "请选择要核验的文件。", field="file")
    kind = kind_of(file.stream.read(1024))
    file.stream.seek(0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "brought"
        file.save(path)
        trust = Path(folder) / "trust.pem"
        result = examined(path, kind, _known(trust))
    name = str(file.filename)[-120:]
    return render_template(
        "verifying/result.html",
        kind=kind,
        result=result,
        name=name,
        facts=FACTS,
        checked_label=checked_label,
    )


@pages.get("/evidence")
@open_to_all
def log() -> ResponseReturnValue:
    """The newest checkpoint of the public log, with what is needed to check it elsewhere."""
    settings: Settings = current_app.extensions["settings"]
    with snapshot() as db:
        heads = evidence.latest_heads(db, 20)
        head = heads[0] if heads else None
        lines = evidence.cosignatures(db, head.size) if head else []
        witnesses = cosigners_of(db, head) if head else []
        followed = [_shown(each["statement"]) for each in successions(db)]
    try:
        key = kept_keys(settings.keys, settings.log_origin).log
    except NotFound:
        key = ""
    return render_template(
        "verifying/log.html",
        newest=head,
        lines=lines,
        witnesses=witnesses,
        heads=heads,
        key=key,
        followed=followed,
        settings=settings,
    )


def _shown(stated: dict[str, str]) -> dict[str, Any]:
    """A statement that one key follows another, as the page shows it."""
    return {**stated, "moment": instant_from_text(stated["at"])}


def _known(trust: Path) -> Known:
    settings: Settings = current_app.extensions["settings"]
    keys = kept_keys(settings.keys, settings.log_origin)
    receipt = keys.receipt.public_key().public_bytes_raw().hex()
    pem = kept_trust_pem(settings.authority)
    if pem is not None:
        trust.write_bytes(pem)
    with snapshot() as db:
        followed = successions(db)
    told = json.dumps(followed) if followed else ""
    return Known(trust if pem is not None else None, keys.log, receipt, told)


def checked_label(name: str) -> str:
    """The Chinese wording of what a verifier counted; one without a wording stands as it is."""
    return CHECKED.get(name, name)

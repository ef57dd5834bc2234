"""A whole bundle: its list of members, keys, checkpoint, streams, and what they mean together."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from verifier import attachments, merkle, signatures
from verifier.archive import read_archive
from verifier.bids import SealedSets, check_bids
from verifier.canonical import canonical, fields_of, octets, read_canonical
from verifier.draws import check_draws
from verifier.findings import Broken, Findings
from verifier.heads import Proven
from verifier.meetings import check_meetings
from verifier.opening import check_openings
from verifier.signatures import Checkpoint, NoteKey
from verifier.statements import EnrolledKey
from verifier.streams import Leaf, Tree, check_stream, read_leaf
from verifier.successions import Succession, check_successions, line_of, log_keys

FORMAT = "zhaobiao-bundle/v1"
_DOMAIN = b"zhaobiao-bundle/v1\n"
_AUDIENCES = ("public", "party", "regulator", "operator")
_STREAM = re.compile(r"[\x21-\x7e]{1,120}")
_MANIFEST: dict[str, type | tuple[type, ...]] = {
    "format": str,
    "scope": str,
    "subject": str,
    "audience": str,
    "origin": str,
    "tree_size": int,
    "streams": list,
    "files": dict,
    "signature": str,
}
_LISTED: dict[str, type | tuple[type, ...]] = {
    "name": str,
    "file": str,
    "facts": int,
    "whole": bool,
}
_KEYS: dict[str, type | tuple[type, ...]] = {
    "log": str,
    "receipt": str,
    "witnesses": list,
    "statement": dict,
}


@dataclass(frozen=True)
class Trust:
    """What the person who checks knows from elsewhere; None = taken from the bundle."""

    log: NoteKey | None = None
    receipt: bytes | None = None
    roots: bytes | None = None
    successions: Sequence[Any] = ()
    witnesses: Sequence[NoteKey] = ()


@dataclass
class Bundle:
    """What was read: keys, checkpoint, streams by name, sealed sets. Empty where it was broken.

    `successions` are those that hold, of the bundle and of what was given.
    """

    manifest: dict[str, Any] = field(default_factory=dict)
    log: NoteKey | None = None
    receipt: bytes | None = None
    successions: list[Succession] = field(default_factory=list)
    witnesses: list[NoteKey] = field(default_factory=list)
    streams: dict[str, list[Leaf]] = field(default_factory=dict)
    sets: SealedSets = field(default_factory=SealedSets)
    roots: list[bytes] = field(default_factory=list)
    proven: Proven = field(default_factory=Proven)

    @property
    def logs(self) -> tuple[NoteKey, ...]:
        """The log's key and those that it followed or that follow it."""
        return log_keys(self.log, self.successions) if self.log else ()

    @property
    def receipts(self) -> set[bytes]:
        """The same of the key of receipts."""
        if self.receipt is None:
            return set()
        origin = self.log.name if self.log else None
        return line_of(self.receipt, self.successions, "receipt", origin)


def check_bundle(path: Path, trust: Trust, findings: Findings) -> Bundle:
    """Check everything; faults are noted in `findings`. Raises Unreadable for no ZIP at all."""
    bundle = Bundle()
    try:
        members = read_archive(path)
        _check_members(findings, bundle, members, trust)
    except Broken as fault:
        findings.bad(fault.code, path.name, fault.text)
    return bundle


def _check_members(
    findings: Findings, bundle: Bundle, members: Mapping[str, bytes], trust: Trust
) -> None:
    bundle.manifest = manifest = _manifest(members)
    _check_digests(findings, manifest, members)
    keys = _keys(members)
    _take_keys(findings, bundle, keys, trust)
    _check_signature(findings, bundle, manifest)
    checkpoint = signatures.read_checkpoint(_member(members, "checkpoint"))
    _check_checkpoint(findings, bundle, checkpoint)
    tree = Tree(checkpoint.size, checkpoint.root)
    for listed in manifest["streams"]:
        _read_stream(findings, bundle, tree, listed, members)
    enrolled = _enrolled(findings, tree, keys["statement"])
    whole = {listed["name"] for listed in manifest["streams"] if listed["whole"]}
    bundle.sets = check_bids(findings, bundle.streams, enrolled, whole)
    check_openings(findings, bundle.streams, bundle.sets, enrolled)
    check_draws(findings, bundle.streams)
    is_tender = manifest["scope"] == "tender"
    check_meetings(findings, bundle.streams, bundle.sets, enrolled, is_tender=is_tender)
    _check_consistency(findings, bundle, checkpoint, members)
    bundle.roots = attachments.check(findings, members, bundle.streams, trust.roots)


def _manifest(members: Mapping[str, bytes]) -> dict[str, Any]:
    manifest = fields_of(read_canonical(_member(members, "bundle.json")), _MANIFEST)
    if manifest["format"] != FORMAT:
        raise Broken("bundle.format", f"不认识的格式 {manifest['format'][:40]}")
    if manifest["scope"] not in ("stream", "tender") or manifest["audience"] not in _AUDIENCES:
        raise Broken("bundle.scope", "不认识的范围或公开对象")
    for number, listed in enumerate(manifest["streams"], 1):
        fields_of(listed, _LISTED)
        if listed["file"] != f"streams/{number:03d}.jsonl" or not _STREAM.fullmatch(listed["name"]):
            raise Broken("bundle.streams", "存证流的文件名或名称有误")
    names = [listed["name"] for listed in manifest["streams"]]
    if not names or names != sorted(set(names)):
        raise Broken("bundle.streams", "存证流应至少一个，按名称排序，不重复")
    if manifest["scope"] == "stream" and names != [manifest["subject"]]:
        raise Broken("bundle.scope", "存证流与所声明的不是同一个")
    if manifest["scope"] == "tender" and any(map(_is_of_another(manifest["subject"]), names)):
        raise Broken("bundle.scope", "有存证流属于另一个项目")
    return manifest


def _is_of_another(tender: str) -> Callable[[str], bool]:
    own = re.compile(rf"tender:{re.escape(tender)}(/.*)?|lot:{re.escape(tender)}-[^/]+(/.*)?")
    return lambda name: name.startswith(("tender:", "lot:")) and not own.fullmatch(name)


def _check_digests(
    findings: Findings, manifest: dict[str, Any], members: Mapping[str, bytes]
) -> None:
    stated = manifest["files"]
    present = set(members) - {"bundle.json"}
    for name in sorted(present ^ set(stated)):
        findings.bad("bundle.files", name, "成员缺失，或未列在 bundle.json 中")
    for name in sorted(present & set(stated)):
        if hashlib.sha256(members[name]).hexdigest() != stated[name]:
            findings.bad("bundle.digest", name, "内容与 bundle.json 所载摘要不符")
        else:
            findings.checked["files"] += 1
    listed = {stream["file"] for stream in manifest["streams"]}
    for name in sorted(present - listed):
        if not attachments.is_known(name):
            findings.bad("bundle.files", name, "格式中没有这样的成员")


def _keys(members: Mapping[str, bytes]) -> dict[str, Any]:
    """keys.json; platforms that never replaced a key have no successions."""
    value = read_canonical(_member(members, "keys.json"))
    more = {"successions": list} if isinstance(value, dict) and "successions" in value else {}
    return {"successions": [], **fields_of(value, _KEYS | more)}


def _take_keys(findings: Findings, bundle: Bundle, keys: dict[str, Any], trust: Trust) -> None:
    own_log, own_receipt = signatures.read_note_key(keys["log"]), octets(keys["receipt"], 32)
    bundle.successions = [
        *check_successions(findings, keys["successions"], "keys.json"),
        *check_successions(findings, trust.successions, "successions"),
    ]
    bundle.log, bundle.receipt = own_log, own_receipt
    if trust.log and trust.log not in bundle.logs:
        findings.bad("log.other_key", "keys.json", "证据包的日志密钥与您给出的不同")
        bundle.log = trust.log
    if trust.receipt and trust.receipt not in bundle.receipts:
        findings.bad("receipt_key.other_key", "keys.json", "证据包的平台密钥与您给出的不同")
        bundle.receipt = trust.receipt
    own = [signatures.read_note_key(str(text)) for text in keys["witnesses"]]
    bundle.witnesses = [*own, *(key for key in trust.witnesses if key not in own)]


def _check_signature(findings: Findings, bundle: Bundle, manifest: dict[str, Any]) -> None:
    described = {name: value for name, value in manifest.items() if name != "signature"}
    signature = octets(manifest["signature"], 64)
    findings.judge(
        signatures.is_ed25519(bundle.receipt or b"", signature, _DOMAIN + canonical(described)),
        "bundle_signature",
        code="bundle.signature",
        where="bundle.json",
        text="平台对证据包内容清单的签名无效：内容在导出后被改动过",
    )


def _check_checkpoint(findings: Findings, bundle: Bundle, checkpoint: Checkpoint) -> None:
    stated = (bundle.manifest["origin"], bundle.manifest["tree_size"])
    if stated != (checkpoint.origin, checkpoint.size):
        findings.bad("checkpoint.other", "bundle.json", "日志名称或大小与检查点不符")
    answer = signatures.is_signed_by_log(checkpoint, bundle.log) if bundle.log else False
    findings.judge(
        answer,
        "checkpoint_signature",
        code="checkpoint.signature",
        where="checkpoint",
        text="检查点没有该日志密钥的有效签名",
    )
    bundle.proven.newest = checkpoint if answer else None
    for key in bundle.witnesses:
        findings.judge(
            signatures.is_cosigned_by(checkpoint, key),
            "cosignatures",
            code="checkpoint.cosignature",
            where="checkpoint",
            text=f"没有见证人“{key.name}”的有效见证签名",
        )
    if len(checkpoint.lines) > 1 + len(bundle.witnesses):
        findings.leave("检查点上有些见证签名没有对应的密钥，未核验")


def _read_stream(
    findings: Findings,
    bundle: Bundle,
    tree: Tree,
    listed: dict[str, Any],
    members: Mapping[str, bytes],
) -> None:
    content = _member(members, listed["file"])
    leaves = check_stream(findings, tree, name=listed["name"], file=listed["file"], content=content)
    lines = content.count(b"\n")
    if lines != listed["facts"]:
        text = f"bundle.json 载有 {listed['facts']} 条，实有 {lines} 条"
        findings.bad("bundle.count", listed["file"], text)
    findings.checked["streams"] += 1
    bundle.streams[listed["name"]] = leaves


def _enrolled(findings: Findings, tree: Tree, lines: dict[str, Any]) -> dict[str, EnrolledKey]:
    """Statement keys by code, each out of the fact in the log that enrolled it."""
    keys = {}
    for code, line in lines.items():
        where = f"keys.json#{code}"
        try:
            fact = read_leaf(canonical(line), tree, findings, where).fact
            if fact is None or (fact.kind, fact.subject) != ("key.enrolled", f"key:{code}"):
                raise Broken("key.enrolment", "不是该密钥的登记存证")
            spki = attachments.base64_octets(fact.data.get("spki"))
            keys[code] = EnrolledKey(spki, fact.actor)
        except Broken as fault:
            findings.bad(fault.code, where, fault.text)
    findings.checked["enrolled_keys"] += len(keys)
    return keys


def _check_consistency(
    findings: Findings, bundle: Bundle, newest: Checkpoint, members: Mapping[str, bytes]
) -> None:
    if "consistency.json" not in members:
        return
    rows = read_canonical(members["consistency.json"])
    for number, row in enumerate(_list(rows), 1):
        where = f"consistency.json#{number}"
        fields = fields_of(row, {"checkpoint": str, "proof": list})
        older = signatures.read_checkpoint(fields["checkpoint"].encode())
        proof = [octets(value, merkle.HASH_BYTES) for value in fields["proof"]]
        fits = older.origin == newest.origin and merkle.is_consistent(
            older.size, newest.size, proof, older.root, newest.root
        )
        if not fits:
            findings.bad("tree.not_consistent", where, "旧检查点不是新检查点的前段")
            continue
        answer = signatures.is_signed_by_any(older, bundle.logs)
        bundle.proven.older += [older] if answer else []
        findings.judge(
            answer,
            "consistency_proofs",
            code="checkpoint.signature",
            where=where,
            text="旧检查点没有该日志密钥的有效签名",
        )


def _list(value: Any) -> Sequence[Any]:
    if not isinstance(value, list):
        raise Broken("json.fields", "应为数组")
    return value


def _member(members: Mapping[str, bytes], name: str) -> bytes:
    if name not in members:
        raise Broken("bundle.files", f"缺少成员 {name}")
    return members[name]

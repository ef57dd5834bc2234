"""Is a signed PDF one of our evaluation archives, unbroken and the one that the log knows?

Beyond the four facts of any signed PDF an archive has exactly the revisions, fields and order that
the platform produces, and its SHA-256 stands in the evidence log. Source: 招标投标法实施条例 第53条
(every member signs the report); 电子签名法 第5、6条.
"""

import re
from collections.abc import Sequence

from evidence.rules.pdf_reasons import Status
from evidence.rules.pdf_signatures import Examination, worst
from kernel.errors import Problem

FIRST_SIGNED_REVISION = 3
"""One revision is the report, the second holds the empty fields; then one for each signature."""

FEWEST_EXPERTS = 1
_SOURCE = "招标投标法实施条例 第53条"
_EXPERT = re.compile(r"expert([1-9]\d*)")


def is_order_of_signing(names: Sequence[str], experts: int) -> bool:
    """Whether these fields, in the order of signing, are an archive's with so many experts.

    The platform certifies first; the experts sign in whatever order they are ready, each once;
    seal and document time-stamp come last.
    """
    people = {f"expert{number}" for number in range(1, experts + 1)}
    middle = names[1:-2]
    ends = [*names[:1], *names[-2:]]
    return (
        ends == ["certification", "seal", "timestamp"]
        and len(middle) == experts
        and set(middle) == people
    )


def is_archive(examination: Examination) -> bool:
    """Whether the file claims to be an archive of ours: it has the places of one, signed or not."""
    names = examination.fields
    return {"certification", "expert1", "seal"} <= set(names)


def shape_problems(examination: Examination) -> list[Problem]:
    """What differs from the archives that we produce: fields, order, revisions, proofs, end."""
    findings = examination.findings
    names = [finding.field for finding in findings]
    experts = sum(_EXPERT.fullmatch(name) is not None for name in examination.fields)
    if experts < FEWEST_EXPERTS or not is_order_of_signing(names, experts):
        message = "签名域或其次序与评标档案不符：%(found)s。"
        return [_problem("archive.wrong_fields", message, names)]
    problems = []
    kinds = [finding.kind for finding in findings]
    if kinds != ["signature"] * (len(names) - 1) + ["time_stamp"]:
        problems.append(_problem("archive.wrong_kinds", "签名与时间戳的种类不符。", kinds))
    revisions = [finding.revision for finding in findings]
    wanted = list(range(FIRST_SIGNED_REVISION, FIRST_SIGNED_REVISION + len(names)))
    if revisions != wanted or examination.revisions != wanted[-1]:
        problems.append(
            _problem("archive.wrong_revisions", "文件版本多于或少于评标档案应有的版本。", revisions)
        )
    if any(one.time_proof != "time_stamp" for one in findings if one.trust.status == "valid"):
        problems.append(_problem("archive.no_time_stamp", "有签名缺少可信时间戳。", names))
    if not examination.ends_clean:
        problems.append(_problem("archive.tail", "最后一个版本之后还有数据。", []))
    return problems


def log_status(sha256: str, logged: Sequence[str] | None) -> Status:
    """Valid if the log holds this hash, invalid if it holds only others, unknown without a log."""
    if not logged:
        return Status.INDETERMINATE
    known = {entry.lower() for entry in logged}
    return Status.VALID if sha256.lower() in known else Status.INVALID


def archive_verdict(
    examination: Examination, problems: Sequence[Problem], log: Status | None
) -> Status:
    """Valid only if the four facts hold, the shape is ours and a given log knows the file."""
    shape = Status.INVALID if problems else Status.VALID
    return worst([examination.verdict, shape, *([] if log is None else [log])])


def _problem(code: str, message: str, found: Sequence[object]) -> Problem:
    return Problem(code, message, _SOURCE, values={"found": "、".join(map(str, found))})

"""Heads of the log that people kept: two that contradict each other convict the platform.

A log that shows different people different histories signs, sooner or later, two heads of one size
with two roots, or a head that is no beginning of the next. Bring together what was seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from verifier import signatures
from verifier.findings import Broken, Findings, Unreadable
from verifier.signatures import Checkpoint, NoteKey

_LARGEST = 1 << 16


@dataclass
class Proven:
    """The newest head of a bundle, and the older ones that its proofs show to be its beginning."""

    newest: Checkpoint | None = None
    older: list[Checkpoint] = field(default_factory=list)


def read_head(path: Path) -> Checkpoint:
    """The checkpoint in this file. Raises Unreadable."""
    try:
        with path.open("rb") as file:
            return signatures.read_checkpoint(file.read(_LARGEST))
    except (OSError, Broken) as fault:
        text = fault.text if isinstance(fault, Broken) else str(fault)
        raise Unreadable(f"{path}：不是检查点（{text}）") from fault


def check_heads(
    findings: Findings, kept: Sequence[Checkpoint], proven: Proven, keys: Sequence[NoteKey]
) -> None:
    """Compare kept heads with each other and with what a bundle proves."""
    if kept and not keys:
        findings.leave("没有日志密钥，未核对保存的检查点")
        return
    genuine = [head for head in kept if _is_genuine(findings, head, keys)]
    known = [head for head in (proven.newest, *proven.older) if head]
    for number, head in enumerate(genuine):
        others = [*genuine[:number], *known]
        if any(other.size == head.size and other.root != head.root for other in others):
            text = "日志签署过两个大小相同、根不同的检查点：它给不同的人看了不同的历史"
            findings.bad("log.split_view", _name(head), text)
        elif any(other.size == head.size for other in known):
            findings.checked["kept_heads"] += 1
        elif proven.newest and head.size < proven.newest.size:
            findings.leave(
                f"{_name(head)}：证据包没有从它开始的证明，请另取（--since {head.size}）"
            )
        else:
            findings.leave(f"{_name(head)}：没有更新的检查点可比较")


def _is_genuine(findings: Findings, head: Checkpoint, keys: Sequence[NoteKey]) -> bool:
    """A head that somebody else wrote convicts nobody."""
    findings.judge(
        answer := signatures.is_signed_by_any(head, keys),
        "kept_head_signatures",
        code="checkpoint.signature",
        where=_name(head),
        text="保存的检查点没有该日志密钥的有效签名",
    )
    return answer is True


def _name(head: Checkpoint) -> str:
    return f"head {head.size}"

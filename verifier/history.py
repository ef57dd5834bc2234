"""Did the log only grow? An older checkpoint that somebody kept is a prefix of a newer one.

Two checkpoints that the log signed and that no proof joins convict it: it showed two histories.
"""

from collections.abc import Sequence
from typing import Any

from verifier import merkle, signatures
from verifier.canonical import octets
from verifier.findings import Findings


def check_history(
    findings: Findings,
    older: bytes,
    newer: bytes,
    value: dict[str, Any],
    keys: Sequence[signatures.NoteKey],
) -> None:
    """Check both signatures, by keys of one line, and the proof (RFC 9162) between the two."""
    heads = [signatures.read_checkpoint(note) for note in (older, newer)]
    for head in heads:
        findings.judge(
            signatures.is_signed_by_any(head, keys),
            "checkpoint_signature",
            code="checkpoint.signature",
            where=f"checkpoint {head.size}",
            text="检查点没有该日志密钥的有效签名",
        )
    old, new = heads
    proof = [octets(each, merkle.HASH_BYTES) for each in value["proof"]]
    if old.origin == new.origin and merkle.is_consistent(
        old.size, new.size, proof, old.root, new.root
    ):
        findings.checked["consistency_proofs"] += 1
    else:
        findings.bad("tree.not_consistent", f"checkpoint {old.size}", "旧检查点不是新检查点的前段")

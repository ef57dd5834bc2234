"""The evaluation report: who signs it, in which fields, and what a whole archive must show.

Source: 招标投标法实施条例 第53条 (all members sign); 评标委员会和评标方法暂行规定 第42条, 第43条;
财政部令第87号 第58条.
"""

from collections.abc import Sequence

from evaluation.states import MeetingState
from evidence.rules.signing import SignatureField
from kernel.errors import Problem

COLUMNS = 3
_LEFT, _TOP, _WIDTH, _HEIGHT = 62, 640, 140, 54
_STEP_X, _STEP_Y = 165, 72
_SEAL_BOX = (392, 62, 532, 116)


def beginning_problems(state: MeetingState) -> list[Problem]:
    """Why no report can be begun: it comes after the ranking, once."""
    if state is MeetingState.RANKED:
        return []
    return [
        Problem(
            "report.not_now",
            "评标报告在排序完成后编制，且只编制一次（评标会现处于“%(state)s”阶段）。",
            "评标委员会和评标方法暂行规定 第42条",
            values={"state": state.value},
        )
    ]


def expert_field(seat: int) -> str:
    """Name of the signature field of the expert in this seat (from 0)."""
    return f"expert{seat + 1}"


def signature_fields(names: Sequence[str]) -> list[SignatureField]:
    """Certification, one field an expert in seat order, seal: all on the last page."""
    people = [
        SignatureField(expert_field(seat), f"评标专家 {name} 签名", -1, _box(seat))
        for seat, name in enumerate(names)
    ]
    seal = SignatureField("seal", "平台电子印章", -1, _SEAL_BOX)
    return [SignatureField("certification", "平台认证"), *people, seal]


def _box(seat: int) -> tuple[int, int, int, int]:
    row, column = divmod(seat, COLUMNS)
    left, top = _LEFT + column * _STEP_X, _TOP - row * _STEP_Y
    return (left, top - _HEIGHT, left + _WIDTH, top)

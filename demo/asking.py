"""The steps of documents and words: files with the notice, questions, an amendment, objections.

Everything is published and answered through the same actions that agencies and bidders use.
"""

import io
from datetime import datetime
from typing import Any

from demo import files
from demo.play import Play
from storage.database import snapshot
from trading import queries
from trading.actions import documents, objections
from trading.actions.documents import StoredFile
from trading.actions.tendering import lot_codes
from trading.states import LotState, ObjectionKind

_DAY = 24 * 60
_ASKING = ("bidder2", "bidder3")
_LIMIT = 1 << 20
_QUESTIONS = (
    ("踏勘现场由谁组织，是否必须参加？", "采购单位不组织集中踏勘，投标人可自行前往，不影响投标。"),
    ("暂列金额是否计入竞争性报价？", "不计入。暂列金额按清单所列金额填报，不得改动。"),
)
_AMENDED = "补充一份图纸目录并更正清单第 12 项的计量单位（由“米”改为“平方米”）；评审标准不变。"


def attach(play: Play) -> bool:
    """The agency adds the tender documents before the notice."""
    with snapshot() as db:
        has = queries.documents_of(db, queries.tender_by_code(db, play.tender).id)
    if not has and play.is_in(LotState.REGISTERED):
        stored = [_stored(play, name, body) for name, body in files.tender_files(play.plan)]

        def work(db: Any, now: datetime) -> None:
            for file in stored:
                who = play.stage.who(play.plan.agency)
                documents.add_document(db, who, play.tender, file, now=now)

        play.stage.do([f"tender:{play.tender}"], work)
    return True


def ask(play: Play) -> bool:
    """Two bidders ask a day after the notice, each its own question."""
    play.at_work(_DAY)
    known = {each.text for each in _enquiries(play)}
    for bidder, (question, _answer) in zip(_ASKING, _QUESTIONS, strict=True):
        if question not in known:
            play.act(objections.ask, bidder, play.lot, text=question)
    return True


def answer_questions(play: Play) -> bool:
    """The agency answers on the next day; question and answer are public."""
    play.at_work(_DAY)
    answers = dict(_QUESTIONS)
    for each in _enquiries(play):
        if each.answer is None:
            play.stage.act(
                objections.answer_enquiry,
                play.plan.agency,
                each.code,
                lock=[f"tender:{play.tender}", *play.lock],
                answer=answers[each.text],
            )
    return True


def amend(play: Play) -> bool:
    """The agency publishes a drawing and a correction that leave the deadline where it is."""
    with snapshot() as db:
        tender = queries.tender_by_code(db, play.tender)
        has, deadline = queries.amendments_of(db, tender.id), tender.lots[0].deadline
    if not has:
        lots = [f"lot:{code}" for code in lot_codes(play.tender, play.plan.lots)]
        stored = [_stored(play, *files.amendment_file(play.plan))]
        play.stage.act(
            documents.publish_amendment,
            play.plan.agency,
            play.tender,
            lock=[f"tender:{play.tender}", *lots],
            text=_AMENDED,
            files=stored,
            deadline=deadline,
            affects_bids=False,
        )
    return True


def object_to_documents(play: Play) -> bool:
    """A bidder objects to the documents; the agency answers in time."""
    text = "要求企业在本市设有分支机构的条款限制了外地投标人，请予删除。"
    answer = "异议成立。该条款已删除，不作为资格条件，也不计入评分。"
    return _object(play, ObjectionKind.DOCUMENTS, _ASKING[0], text, answer)


def object_to_result(play: Play) -> bool:
    """The last of the opened bidders objects to the candidates; the agency answers."""
    text = "对第二名候选人类似业绩的得分有异议，请核实其竣工验收证明。"
    answer = "经评标委员会核实，验收证明与合同一致，得分无误，维持评标结果。"
    return _object(play, ObjectionKind.RESULT, play.plan.bidders[-1], text, answer)


def _object(play: Play, kind: ObjectionKind, bidder: str, text: str, answer: str) -> bool:
    with snapshot() as db:
        lot = queries.lot_by_code(db, play.lot)
        raised = [each for each in queries.objections_on(db, [lot.id]) if each.kind is kind]
    if not raised:
        play.act(objections.raise_objection, bidder, play.lot, kind=kind, text=text)
        return False  # the answer is a step of its own, so that a kill loses neither
    if raised[0].answer is None:
        play.at_work(5 * 60)
        play.act(objections.answer_objection, play.plan.agency, raised[0].code, answer=answer)
    return True


def _enquiries(play: Play) -> list[Any]:
    with snapshot() as db:
        tender = queries.tender_by_code(db, play.tender)
        return list(queries.enquiries_on(db, tender.id))


def _stored(play: Play, name: str, body: bytes) -> StoredFile:
    sha256, size = play.stage.workshop.vault.put(io.BytesIO(body), limit=_LIMIT)
    return StoredFile(name, sha256, size)

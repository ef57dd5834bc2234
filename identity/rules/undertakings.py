"""What people undertake before they act in a role (告知承诺): texts with versions, by role.

A text is never changed: a new one gets the next version and is asked for anew. The Chinese text
binds; its digest stands in the fact.
Source: 招标投标法 第5条、第44条; 评标专家和评标专家库管理暂行办法 第13条、第14条;
国办发〔2020〕42号 (informed commitment); domain.md 8.5b.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from evidence.rules.streams import canonical
from identity.states import Role
from kernel.errors import Problem

STATEMENT_TYPE = "undertaking/v1"


def _(text: str) -> str:
    """Marks a text for the catalogue; pages translate it when they show it."""
    return text


@dataclass(frozen=True)
class Text:
    """One version of what a role undertakes."""

    role: Role
    version: int
    title: str
    clauses: tuple[str, ...]

    @property
    def sha256(self) -> str:
        """Digest of the Chinese text, in hex."""
        whole = {
            "role": self.role.value,
            "version": self.version,
            "title": self.title,
            "clauses": list(self.clauses),
        }
        return hashlib.sha256(canonical(whole)).hexdigest()


_TRUE = _("所提交的身份、资格和其他信息真实、准确、完整；如有不实，承担相应法律责任。")
_OWN_KEY = _("账户、密码、动态码和签名密钥由本人保管使用，不出借、不共用。")
_RECORDED = _("知悉本人在平台上的操作会被记录并存证，供依法核查。")

TEXTS: tuple[Text, ...] = (
    Text(
        Role.BIDDER,
        1,
        _("投标人诚信承诺"),
        (
            _TRUE,
            _("不与其他投标人、招标人或代理机构串通，不弄虚作假，不以他人名义投标，不行贿。"),
            _("满足告知的资格条件；承诺不实的，愿意接受否决、撤销结果并记入信用记录。"),
            _OWN_KEY,
            _RECORDED,
        ),
    ),
    Text(
        Role.AGENT,
        1,
        _("代理机构诚信承诺"),
        (
            _TRUE,
            _("在委托范围内办理，不设置不合理条件限制、排斥投标人，不泄露依法应当保密的信息。"),
            _("不与招标人、投标人串通，不在所代理的项目中投标或者代理投标。"),
            _OWN_KEY,
            _RECORDED,
        ),
    ),
    Text(
        Role.PROCURING_OFFICER,
        1,
        _("招标人（采购人）承诺"),
        (
            _TRUE,
            _("不干预评标，不向他人透露可能影响公平竞争的情况，依法确定中标人并签订合同。"),
            _OWN_KEY,
            _RECORDED,
        ),
    ),
    Text(
        Role.ISSUER,
        1,
        _("出函机构承诺"),
        (
            _TRUE,
            _("依约出具保函并见索即付；开标前不向任何人透露申请人及其申请保函的情况。"),
            _OWN_KEY,
            _RECORDED,
        ),
    ),
    Text(
        Role.EXPERT,
        1,
        _("评标专家承诺"),
        (
            _("身份和专业资格真实；与投标人有利害关系时主动回避。"),
            _("独立、客观、公正评审，对本人的评审意见负责，不接受任何人的授意。"),
            _("评审期间不携带、不使用通讯设备，不与外界联系，不私下接触投标人。"),
            _("对评审情况和商业秘密保密，结果公布以后也不透露评审过程。"),
            _("同意评审过程录音录像，同意将履职情况记入专家档案。"),
            _OWN_KEY,
        ),
    ),
    Text(
        Role.REGULATOR,
        1,
        _("监督人员承诺"),
        (
            _("依法履行监督职责，不干预评标，不参加所监督项目的评标委员会。"),
            _("对监督中知悉的国家秘密、商业秘密和评审情况保密。"),
            _OWN_KEY,
            _RECORDED,
        ),
    ),
    Text(
        Role.WITNESS,
        1,
        _("见证人员承诺"),
        (
            _("妥善保管开标密钥，只在规定的时间和情形下使用；发现异常立即记录并报告。"),
            _("不透露见证中知悉的应当保密的信息。"),
            _OWN_KEY,
            _RECORDED,
        ),
    ),
    Text(
        Role.HOST,
        1,
        _("场所主持人承诺"),
        (
            _("按规程组织开标、评标，维护场所秩序，不干预评审，不透露评标委员会名单。"),
            _OWN_KEY,
            _RECORDED,
        ),
    ),
    Text(
        Role.OPERATOR,
        1,
        _("交易中心管理员承诺"),
        (
            _("按规程登记单位和人员，不利用运行平台的便利查看、篡改或者泄露数据。"),
            _("本中心及其关联单位不在本平台投标或者代理投标。"),
            _OWN_KEY,
            _RECORDED,
        ),
    ),
)


def current(role: Role) -> Text:
    """The newest text of a role."""
    return max((text for text in TEXTS if text.role is role), key=lambda text: text.version)


def text_of(role: str, version: int) -> Text | None:
    """The text of this role and version, old ones too."""
    found = (text for text in TEXTS if text.role.value == role and text.version == version)
    return next(found, None)


def still_to_give(roles: Iterable[Role], given: Iterable[tuple[Role, int]]) -> Sequence[Text]:
    """The newest texts of these roles that were not given yet, by role."""
    known = set(given)
    wanted = [current(role) for role in sorted(roles)]
    return [text for text in wanted if (text.role, text.version) not in known]


def statement_of(text: Text, person: str) -> dict[str, Any]:
    """What a person signs to undertake this."""
    return {
        "type": STATEMENT_TYPE,
        "person": person,
        "role": text.role.value,
        "version": text.version,
        "text_sha256": text.sha256,
    }


def giving_problems(text: Text, roles: Iterable[Role], *, is_given: bool) -> list[Problem]:
    """Why a person cannot undertake this: not their role, an old text, or given already."""
    if text.role not in set(roles):
        return [Problem("undertaking.other_role", "这份承诺不属于您的角色。")]
    if text != current(text.role):
        return [Problem("undertaking.old_text", "这份承诺已有新版本，请阅读并作出新版本的承诺。")]
    if is_given:
        return [Problem("undertaking.given_already", "您已作出这份承诺。")]
    return []


def password_problems(*, has_key: bool) -> list[Problem]:
    """Why a password is not enough: who has a key signs with it."""
    if not has_key:
        return []
    message = "您已登记签名密钥，请用密钥签署承诺。"
    return [Problem("undertaking.key_exists", message, "电子签名法 第13条", "password")]

"""How a page cites the law in the reader's language: names by the catalogue, numbers by pattern.

Rules carry their source in Chinese, as `招标投标法 第23条; 财政部令第87号 第45条第1项`. What the
catalogue does not know stays as the authority wrote it.
"""

import re

from flask_babel import get_locale, gettext


def _(text: str) -> str:
    """Marks a text for the catalogue; the page translates it when it shows it."""
    return text


_NAMES = (
    _("招标投标法实施条例"),
    _("招标投标法"),
    _("政府采购法实施条例"),
    _("政府采购法"),
    _("电子招标投标办法"),
    _("评标委员会和评标方法暂行规定"),
    _("评标专家和评标专家库管理办法"),
    _("政府采购货物和服务招标投标管理办法"),
    _("财政部令第87号"),
    _("省级代理机构管理办法"),
    _("地方代理机构记分标准"),
    _("企业代理行为清单（转引）"),
    _("重庆市招标投标条例"),
    _("宁波市公共资源交易管理条例"),
    _("濮阳市公共资源交易管理条例"),
    _("电子签名法"),
    _("行政处罚法"),
    _("网络安全法"),
    _("发改法规规〔2022〕1117号"),
    _("发改法规〔2023〕27号"),
    _("闽建〔2020〕8号"),
    _("实施条例"),
)
_PARTS = (
    (re.compile(r"\s*第(\d+)条之(\d+)"), r", Art. \1-\2"),
    (re.compile(r"\s*第(\d+)条"), r", Art. \1"),
    (re.compile(r"\s*第(\d+)款"), r", para. \1"),
    (re.compile(r"\s*第(\d+)项"), r", item \1"),
    (re.compile(r"\s*第(\d+)号"), r" No. \1"),
    (re.compile(r"[、，]\s*(?:, )?"), ", "),
    (re.compile(r"[；;]\s*"), "; "),
)


def cited(source: str) -> str:
    """The source as the reader's language cites it; Chinese readers get it as it is."""
    if get_locale().language == "zh":
        return source
    whole: str = gettext(source) if source else ""
    if whole != source:
        return whole
    for name in _NAMES:
        whole = whole.replace(name, gettext(name))
    for pattern, words in _PARTS:
        whole = pattern.sub(words, whole)
    return whole.strip()

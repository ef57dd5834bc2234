"""How findings about a signed PDF are said: every reason, what it amounts to, in both languages.

Plain words for people who are no cryptographers; the codes are stable. What is found by which
check stands in pdf_signatures.py beside this file. Source: ETSI EN 319 102-1, 5.1.3.
"""

import enum


class Status(enum.StrEnum):
    """Three results; the last is never treated as either of the others."""

    VALID = "valid"
    INVALID = "invalid"
    INDETERMINATE = "indeterminate"


_V, _I, _U = Status.VALID, Status.INVALID, Status.INDETERMINATE
REASONS: dict[str, tuple[Status, str, str]] = {
    "digest.same": (
        _V,
        "签名覆盖的内容与签名时一致。",
        "The covered bytes are those that were signed.",
    ),
    "digest.differs": (
        _I,
        "签名覆盖的内容在签名后被改动。",
        "The covered bytes differ from those that were signed.",
    ),
    "digest.unknown": (_U, "无法计算或读取摘要。", "The digest cannot be computed or read."),
    "signature.fits": (
        _V,
        "签名值与证书的公钥相符。",
        "The signature value belongs to the certificate's key.",
    ),
    "signature.wrong": (
        _I,
        "签名值与证书或签名属性不符。",
        "The signature value does not belong to certificate and attributes.",
    ),
    "signature.other_certificate": (
        _I,
        "签名所附证书不是签名时声明的证书。",
        "The certificate is not the one named under the signature.",
    ),
    "signature.broken": (_I, "签名数据结构损坏。", "The structure of the signature is broken."),
    "signature.unsupported": (
        _U,
        "签名格式或算法不受支持。",
        "The signature's format or algorithm is not supported.",
    ),
    "trust.chain": (
        _V,
        "证书链可信，且在签名时有效、未被吊销。",
        "The certificate chain is trusted and was good when it was used.",
    ),
    "trust.no_root": (
        _U,
        "没有给出可信根证书，无法判断签名人是谁。",
        "No trust root was given, so who signed cannot be judged.",
    ),
    "trust.no_chain": (
        _U,
        "签名证书不能连到给定的可信根证书。",
        "The certificate does not lead to a given trust root.",
    ),
    "trust.revoked": (
        _I,
        "证书在使用之前已被吊销。",
        "The certificate had been revoked before it was used.",
    ),
    "trust.revoked_later": (
        _U,
        "证书已被吊销，又没有可信时间证明签名在此之前。",
        "The certificate is revoked and no trusted time proves an earlier use.",
    ),
    "trust.expired": (
        _U,
        "证书已过期，又没有可信时间证明签名时有效。",
        "The certificate has expired and no trusted time proves an earlier use.",
    ),
    "trust.expired_then": (
        _I,
        "证书在签名时不在有效期内。",
        "The certificate was out of its period when it was used.",
    ),
    "trust.revocation_unknown": (
        _U,
        "文件内没有足够的吊销信息。",
        "The file holds too little revocation information.",
    ),
    "trust.weak": (
        _U,
        "签名或证书使用了不再安全的算法。",
        "Signature or certificate use an algorithm that is no longer safe.",
    ),
    "trust.purpose": (
        _U,
        "证书的用途不是签署文件。",
        "The certificate is for something else than signing documents.",
    ),
    "trust.other": (_U, "证书链不能通过检验。", "The certificate chain does not pass."),
    "trust.not_judged": (
        _U,
        "签名不成立，证书是否可信无从谈起。",
        "The signature does not hold, so trust says nothing.",
    ),
    "trust.time_stamp": (
        _I,
        "所附时间戳不属于这个签名或已损坏。",
        "The time-stamp does not belong to this signature or is broken.",
    ),
    "coverage.whole": (_V, "签名覆盖整个文件。", "The signature covers the whole file."),
    "coverage.later_signatures": (
        _V,
        "签名之后只增加了签名、时间戳及其证明材料。",
        "Only signatures, time-stamps and their proofs came later.",
    ),
    "coverage.later_compared": (
        _V,
        "签名之后增加了签名，或页面上看不到的内容（如文件属性）；逐项比对，页面没有变化。",
        "Signatures came later, or what no page shows, such as the file's properties: "
        "compared one by one, the pages are as they were.",
    ),
    "coverage.gap": (
        _I,
        "签名未覆盖应覆盖的字节（范围有空隙、重叠或错位）。",
        "The byte range has gaps, overlaps or is misplaced.",
    ),
    "coverage.padding": (
        _I,
        "签名值之后藏有多余数据。",
        "Bytes are hidden behind the signature value.",
    ),
    "coverage.partial": (
        _I,
        "签名没有覆盖其所在的完整版本。",
        "The signature does not cover its whole revision.",
    ),
    "coverage.tail": (
        _I,
        "文件末尾有任何签名都未覆盖的数据。",
        "There are bytes after the end of the last revision.",
    ),
    "coverage.pages_added": (_I, "签名后增加了页。", "Pages were added after signing."),
    "coverage.pages_removed": (_I, "签名后删除了页。", "Pages were removed after signing."),
    "coverage.pages_replaced": (
        _I,
        "签名后替换或重排了页。",
        "Pages were replaced or reordered after signing.",
    ),
    "coverage.annotation": (
        _I,
        "签名后增加或改动了批注。",
        "Annotations were added or changed after signing.",
    ),
    "coverage.field": (
        _I,
        "签名后改动了已锁定或不许改动的表单域。",
        "A locked form field was changed after signing.",
    ),
    "coverage.changed": (_I, "签名后内容被改动。", "Content was changed after signing."),
    "coverage.form_filled": (
        _U,
        "签名后填写过表单，须由人核对所填内容。",
        "Form fields were filled after signing; a person must look at them.",
    ),
    "coverage.unsigned_field": (
        _U,
        "签名后增加了可见但无人签名的签名域。",
        "A visible signature field that nobody signed was added later.",
    ),
    "coverage.unknown": (
        _U,
        "无法比较签名前后的版本。",
        "The revisions before and after signing cannot be compared.",
    ),
}
"""Every reason: code, the status it stands for, and how it is said in Chinese and English."""

ERRORS: dict[str, tuple[str, str]] = {
    "file.unreadable": (
        "文件无法读取，不是完整的 PDF。",
        "The file cannot be read as a whole PDF.",
    ),
    "file.encrypted": ("文件已加密，不能检验。", "The file is encrypted and cannot be checked."),
    "file.unsigned": ("文件没有签名。", "The file holds no signature."),
    "file.too_large": ("文件过大，不予检验。", "The file is too large to be checked."),
    "file.too_costly": (
        "检验超出时间或内存上限，已中止。",
        "The check was stopped at its limit of time or memory.",
    ),
}
"""Why nothing could be said about a file at all."""

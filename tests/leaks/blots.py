"""What of an answer is compared between two worlds: all but random codes, signatures and times."""

import io
import re
import zipfile

BLOTS = (
    (r"-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----", "CERTIFICATE"),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?(\+\d\d:\d\d|Z)?", "TIME"),
    (r'data-(clock|now)="\d{13}"', "TIME"),
    (r"\b(\d\d-\d\d )?\d\d:\d\d(:\d\d)?\b", "TIME"),
    (r"\d{4} 年 \d{1,2} 月 \d{1,2} 日 星期.", "TODAY"),
    (r'type="date" value="\d{4}-\d\d-\d\d"', "TODAY"),
    (r"\d+ 天 \d+ 时", "LEFT"),
    (r"\b[A-Z]{2}[0-9A-HJKMNP-TV-Z]{10}\b", "CODE"),
    (r"\b[0-9a-f]{128}\b", "SIGNATURE"),
    (r"\b[0-9a-f]{64}\b", "DIGEST"),
    (r"\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}", "+KEY"),
    (r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{91}=", "SIGNED"),
    (r'name="csrf_token" value="[^"]+"', "MARK"),
    (r"session=[^;]+", "SESSION"),
    (r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{43}=", "KEY"),
)


def blotted(text):
    for pattern, word in BLOTS:
        text = re.sub(pattern, word, text)
    return text


def text_of(answer):
    """What stands in an answer: its text, or names, sizes and texts of a bundle's members."""
    raw = answer.get_data()
    assert int(answer.headers.get("Content-Length", len(raw))) == len(raw)
    if answer.mimetype != "application/zip":
        return raw.decode(errors="replace")
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return "\n".join(f"{name}\n{archive.read(name).decode()}" for name in archive.namelist())


def headers_of(answer):
    """Every header; of the length only what is left when the blots are made."""
    return sorted((name, blotted(v)) for name, v in answer.headers if name != "Content-Length")

"""Reads a ZIP so strictly that no byte of it is without a meaning.

Local headers and the central directory must say the same, members follow each other without a
gap from the first byte to the directory, nothing stands before or after, every member has the
same attributes. So no second reading of the same file is possible, and no bomb is unpacked.
"""

import mmap
import re
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

from verifier.findings import Broken, Unreadable

LARGEST_TOTAL = 1 << 30
LARGEST_RATIO = 100
MOST_MEMBERS = 10_000
_SMALL = 1 << 20
_LOCAL = struct.Struct("<4s5HIIIHH")
_CENTRAL = struct.Struct("<4s6HIIIHHHHHII")
_END = struct.Struct("<4s4HIIH")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)?")
_HARMLESS_FLAGS = 0x0806  # UTF-8 names, speed hints of deflate
_STORED, _DEFLATED = 0, 8


@dataclass(frozen=True)
class _Entry:
    """A member as the central directory has it; `shared` stands in its local header too."""

    name: bytes
    shared: tuple[int, ...]
    traits: tuple[int, ...]
    offset: int

    @property
    def packed(self) -> int:
        return self.shared[6]

    @property
    def size(self) -> int:
        return self.shared[7]


def read_archive(path: Path) -> dict[str, bytes]:
    """All members by name, in order. Raises Unreadable for no ZIP, Broken for a bad one."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as raw:
            return _members(raw)
    except (OSError, ValueError) as fault:  # an empty file cannot be mapped
        raise Unreadable(f"无法读取文件：{fault}") from fault


def _members(raw: mmap.mmap) -> dict[str, bytes]:
    entries, directory = _directory(raw)
    _refuse_bad_names([entry.name for entry in entries])
    _refuse_bombs(entries)
    if len({entry.traits for entry in entries}) > 1:
        raise Broken("zip.attributes", "各成员的属性不一致")
    place, members = 0, {}
    for entry in entries:
        if entry.offset != place:
            raise Broken("zip.gap", "成员之间有空隙或相互重叠")
        members[entry.name.decode()], place = _content(raw, entry, directory)
    if place != directory:
        raise Broken("zip.gap", "成员与目录之间有多余内容")
    return members


def _directory(raw: mmap.mmap) -> tuple[list[_Entry], int]:
    if len(raw) < _END.size:
        raise Unreadable("不是 ZIP 文件")
    mark, disk, first, here, total, size, start, comment = _END.unpack(raw[-_END.size :])
    if mark != b"PK\x05\x06":
        raise Unreadable("不是 ZIP 文件，或文件尾部有多余内容")
    if disk or first or here != total or comment or start + size + _END.size != len(raw):
        raise Broken("zip.directory", "ZIP 目录与文件不符")
    if not 0 < total <= MOST_MEMBERS:
        raise Broken("zip.members", f"成员数应为 1 至 {MOST_MEMBERS}")
    entries, place = [], start
    for _ in range(total):
        entry, place = _entry(raw, place, start + size)
        entries.append(entry)
    if place != start + size:
        raise Broken("zip.directory", "ZIP 目录中有多余内容")
    return entries, start


def _entry(raw: mmap.mmap, place: int, end: int) -> tuple[_Entry, int]:
    if place + _CENTRAL.size > end:
        raise Broken("zip.directory", "ZIP 目录不完整")
    mark, made_by, *shared, name, extra, comment, disk, inside, outside, offset = _CENTRAL.unpack(
        raw[place : place + _CENTRAL.size]
    )
    after = place + _CENTRAL.size + name
    if mark != b"PK\x01\x02" or extra or comment or disk or after > end:
        raise Broken("zip.directory", "ZIP 目录项有误")
    entry = _Entry(
        raw[place + _CENTRAL.size : after], tuple(shared), (made_by, inside, outside), offset
    )
    return entry, after


def _content(raw: mmap.mmap, entry: _Entry, directory: int) -> tuple[bytes, int]:
    start = entry.offset + _LOCAL.size
    if start > directory:
        raise Broken("zip.header", "成员超出范围")
    mark, *shared, name, extra = _LOCAL.unpack(raw[entry.offset : start])
    named = raw[start : start + name]
    if mark != b"PK\x03\x04" or extra or named != entry.name or tuple(shared) != entry.shared:
        raise Broken("zip.header", "成员头与目录不一致")
    end = start + name + entry.packed
    if end > directory:
        raise Broken("zip.header", "成员超出范围")
    return _unpacked(raw[start + name : end], entry), end


def _unpacked(packed: bytes, entry: _Entry) -> bytes:
    _, flags, method, _, _, checksum, _, size = entry.shared
    if flags & ~_HARMLESS_FLAGS or method not in (_STORED, _DEFLATED):
        raise Broken("zip.method", "成员被加密，或用了不支持的压缩方法")
    content = packed if method == _STORED else _inflated(packed, size)
    if len(content) != size or zlib.crc32(content) != checksum:
        raise Broken("zip.checksum", f"成员“{entry.name.decode()}”的长度或校验和不符")
    return content


def _inflated(packed: bytes, size: int) -> bytes:
    stream = zlib.decompressobj(-15)
    try:
        content = stream.decompress(packed, size + 1)
    except zlib.error as fault:
        raise Broken("zip.checksum", f"成员无法解压：{fault}") from fault
    if not stream.eof or stream.unused_data:
        raise Broken("zip.bomb", "解压后的长度与声明不符")
    return content


def _refuse_bad_names(names: list[bytes]) -> None:
    for name in names:
        if not name.isascii() or not _NAME.fullmatch(name.decode("ascii")):
            raise Broken("zip.name", f"成员名不允许：{name[:80]!r}")
    if len({name.lower() for name in names}) != len(names):
        raise Broken("zip.duplicate", "有重名的成员")


def _refuse_bombs(entries: list[_Entry]) -> None:
    if sum(entry.size for entry in entries) > LARGEST_TOTAL:
        raise Broken("zip.bomb", f"解压后超过 {LARGEST_TOTAL} 字节")
    if any(entry.size > _SMALL and entry.size > LARGEST_RATIO * entry.packed for entry in entries):
        raise Broken("zip.bomb", f"压缩比超过 {LARGEST_RATIO}")

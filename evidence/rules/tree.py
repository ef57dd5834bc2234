"""The Merkle tree of the log: roots, inclusion and consistency proofs, and their verification.

Source: RFC 6962 §2.1 (hashes), RFC 9162 §2.1.3 and §2.1.4 (verification). Held to the published
vectors of transparency-dev/merkle. `Get` gives the hash of a stored complete subtree.
"""

import hashlib
from collections.abc import Callable, Sequence

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

Get = Callable[[int, int], bytes]


def leaf_hash(leaf: bytes) -> bytes:
    """Hash of a leaf."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def subtree_root(get: Get, start: int, end: int) -> bytes:
    """Root over the leaves [start, end)."""
    size = end - start
    if size == 0:
        return EMPTY_ROOT
    if size & (size - 1) == 0 and start % size == 0:
        return get(size.bit_length() - 1, start // size)
    middle = start + _split(size)
    return node_hash(subtree_root(get, start, middle), subtree_root(get, middle, end))


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Root over leaves that are all at hand."""
    level = [leaf_hash(leaf) for leaf in leaves]
    return subtree_root(_levels(level), 0, len(leaves))


def inclusion_proof(get: Get, index: int, size: int) -> list[bytes]:
    """Hashes that lead from leaf `index` to the root of the first `size` leaves."""
    if not 0 <= index < size:
        raise ValueError("index out of range")
    return _inclusion(get, index, 0, size)


def consistency_proof(get: Get, old: int, new: int) -> list[bytes]:
    """Hashes that show the first `old` leaves to be a prefix of the first `new`."""
    if not 0 < old <= new:
        raise ValueError("sizes out of range")
    return _consistency(get, old, 0, new, whole=True)


def verify_inclusion(
    hashed: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Whether the leaf with this leaf hash stands at `index` under `root`.

    Source: RFC 9162 2.1.3.2.
    """
    if not 0 <= index < size or not _are_hashes(hashed, root, *proof):
        return False
    place, last, computed = index, size - 1, hashed
    for sibling in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            computed = node_hash(sibling, computed)
            place, last = _climb(place, last)
        else:
            computed = node_hash(computed, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and computed == root


def verify_consistency(
    old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> bool:
    """Whether the old tree is a prefix of the new one. From size 0 it says nothing: False.

    Source: RFC 9162 2.1.4.2.
    """
    if not 0 < old <= new or not _are_hashes(old_root, new_root, *proof):
        return False
    if old == new:
        return not proof and old_root == new_root
    if not proof:
        return False
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    first = second = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            place, last = _climb(place, last)
        else:
            second = node_hash(second, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root


def new_nodes(
    frontier: dict[tuple[int, int], bytes], size: int, leaves: Sequence[bytes]
) -> list[tuple[int, int, bytes]]:
    """The complete subtrees (level, index, hash) that arise when leaves join a tree of `size`.

    `frontier` holds the complete subtrees on the right edge and is carried forward.
    """
    made = []
    for offset, leaf in enumerate(leaves):
        level, index, hashed = 0, size + offset, leaf_hash(leaf)
        made.append((level, index, hashed))
        frontier[level, index] = hashed
        while index & 1:
            hashed = node_hash(frontier[level, index - 1], hashed)
            level, index = level + 1, index >> 1
            made.append((level, index, hashed))
            frontier[level, index] = hashed
    return made


def frontier_places(size: int) -> list[tuple[int, int]]:
    """(level, index) of the complete subtrees on the right edge of a tree of `size`."""
    return [(level, (size >> level) - 1) for level in range(size.bit_length()) if size >> level & 1]


def _climb(place: int, last: int) -> tuple[int, int]:
    while not place & 1 and place:
        place, last = place >> 1, last >> 1
    return place, last


def _inclusion(get: Get, index: int, start: int, size: int) -> list[bytes]:
    if size == 1:
        return []
    half = _split(size)
    if index < half:
        return [
            *_inclusion(get, index, start, half),
            subtree_root(get, start + half, start + size),
        ]
    return [
        *_inclusion(get, index - half, start + half, size - half),
        subtree_root(get, start, start + half),
    ]


def _consistency(get: Get, old: int, start: int, size: int, *, whole: bool) -> list[bytes]:
    if old == size:
        return [] if whole else [subtree_root(get, start, start + size)]
    half = _split(size)
    if old <= half:
        rest = subtree_root(get, start + half, start + size)
        return [*_consistency(get, old, start, half, whole=whole), rest]
    rest = subtree_root(get, start, start + half)
    return [*_consistency(get, old - half, start + half, size - half, whole=False), rest]


def _split(size: int) -> int:
    return 1 << (size - 1).bit_length() - 1


def _levels(level: list[bytes]) -> Get:
    levels = [level]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append([node_hash(below[i], below[i + 1]) for i in range(0, len(below) - 1, 2)])
    return lambda height, index: levels[height][index]


def _are_hashes(*values: bytes) -> bool:
    return all(len(value) == HASH_BYTES for value in values)

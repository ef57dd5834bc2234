"""The hashes of the log: commitment, root, inclusion, consistency.

Source: RFC 6962 2.1 (hashes), RFC 9162 2.1.3.2 and 2.1.4.2 (verification). Written from the
documents and held to the shared vectors, not taken from the server.
"""

import hashlib
from collections.abc import Sequence

HASH_BYTES = 32


def commitment(salt: bytes, fact: bytes) -> bytes:
    """The leaf of a fact: SHA-256(0x02 ‖ salt ‖ canonical fact)."""
    return hashlib.sha256(b"\x02" + salt + fact).digest()


def leaf_hash(leaf: bytes) -> bytes:
    """Hash of a leaf."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962 root; SHA-256 of nothing for no leaves."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    level = [leaf_hash(leaf) for leaf in leaves]
    while len(level) > 1:
        pairs = [node_hash(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        level = pairs + level[len(pairs) * 2 :]
    return level[0]


def close_root(commitments: Sequence[bytes]) -> bytes:
    """`close/v1`: root over the sorted commitments of the standing submissions."""
    return root(sorted(commitments))


def draw_seed(freeze: bytes, nonces: Sequence[bytes]) -> bytes:
    """Seed of a draw: SHA-256(freeze digest ‖ sorted nonces)."""
    return hashlib.sha256(freeze + b"".join(sorted(nonces))).digest()


def is_included(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root_hash: bytes
) -> bool:
    """Whether this leaf stands at this index of the tree with this size and root."""
    if not 0 <= index < size:
        return False
    first, second, result = index, size - 1, leaf_hash(leaf)
    for value in proof:
        if second == 0:
            return False
        if first % 2 == 1 or first == second:
            result = node_hash(value, result)
            while first % 2 == 0 and first != 0:
                first, second = first // 2, second // 2
        else:
            result = node_hash(result, value)
        first, second = first // 2, second // 2
    return second == 0 and result == root_hash


def is_consistent(
    old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> bool:
    """Whether the tree of `old` leaves is a prefix of the one of `new`."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        return False
    first, second = old - 1, new - 1
    while first % 2 == 1:
        first, second = first // 2, second // 2
    older = newer = path[0]
    for value in path[1:]:
        if second == 0:
            return False
        if first % 2 == 1 or first == second:
            older, newer = node_hash(value, older), node_hash(value, newer)
            while first % 2 == 0 and first != 0:
                first, second = first // 2, second // 2
        else:
            newer = node_hash(newer, value)
        first, second = first // 2, second // 2
    return second == 0 and older == old_root and newer == new_root

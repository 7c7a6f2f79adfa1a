"""Merkle tree of RFC 6962 and RFC 9162 over SHA-256.

What is stored is the list of leaf hashes; ``Frontier`` is what appending needs of it, in at most 64
hashes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from scoring.store.log.verify_proof import leaf_hash, node_hash

__all__ = [
    "EMPTY",
    "Frontier",
    "consistency",
    "inclusion",
    "leaf_hash",
    "node_hash",
    "root",
    "verify_consistency",
]

EMPTY = sha256(b"").digest()
"""Root of the tree without leaves."""


def root(leaves: Sequence[bytes]) -> bytes:
    """Root of the tree over these leaf hashes (RFC 9162, 2.1.1)."""
    return _levels(leaves)[-1][0] if leaves else EMPTY


def _levels(leaves: Sequence[bytes]) -> list[Sequence[bytes]]:
    """All levels of the tree, from the leaves to the root."""
    levels = [leaves]
    while len(levels[-1]) > 1:
        below = levels[-1]
        # ``node_hash`` written out: a tree has millions of nodes, and a call of its own costs as much.
        pairs = zip(below[::2], below[1::2], strict=False)
        nodes = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
        # A node without a partner moves up as it is, which is where the RFC splits the leaves.
        levels.append([*nodes, *below[len(below) & ~1 :]])
    return levels


@dataclass
class Frontier:
    """A tree as far as appending needs it: the roots of its complete subtrees, largest first.

    Attributes:
        size: Number of leaves.
        peaks: One hash for every bit that is set in ``size``.
    """

    size: int = 0
    peaks: list[bytes] = field(default_factory=list)

    def append(self, leaf: bytes) -> int:
        """Adds one leaf hash and gives its index."""
        index, size = self.size, self.size
        # As in counting: every one at the end of the size carries over into a larger subtree.
        while size & 1:
            leaf, size = node_hash(self.peaks.pop(), leaf), size >> 1
        self.peaks.append(leaf)
        self.size += 1
        return index

    def extend(self, leaves: Iterable[bytes]) -> Frontier:
        """Adds leaf hashes in order; gives itself."""
        for leaf in leaves:
            self.append(leaf)
        return self

    def root(self) -> bytes:
        """Root of the tree so far."""
        if not self.peaks:
            return EMPTY
        top = self.peaks[-1]
        for peak in self.peaks[-2::-1]:
            top = node_hash(peak, top)
        return top

    def to_bytes(self) -> bytes:
        """The stored form: size in 8 bytes, then the peaks."""
        return self.size.to_bytes(8, "big") + b"".join(self.peaks)

    @classmethod
    def from_bytes(cls, stored: bytes) -> Frontier:
        """Reads the stored form.

        Raises:
            ValueError: The length does not fit the size.
        """
        size, hashes = int.from_bytes(stored[:8], "big"), stored[8:]
        if len(stored) < 8 or len(hashes) != 32 * size.bit_count():
            raise ValueError(f"{len(stored)} bytes are no frontier of a tree of {size} leaves")
        return cls(size, [hashes[start : start + 32] for start in range(0, len(hashes), 32)])


def inclusion(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Path that proves that a leaf is in the tree (RFC 9162, 2.1.3), from its sibling upwards.

    Raises:
        IndexError: There is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(f"leaf {index} of {len(leaves)}")
    proof_path = []
    for level in _levels(leaves)[:-1]:
        if index ^ 1 < len(level):
            proof_path.append(level[index ^ 1])
        index >>= 1
    return proof_path


def consistency(leaves: Sequence[bytes], old: int) -> list[bytes]:
    """Proof that the tree of the ``old`` first leaves begins this one (RFC 9162, 2.1.4).

    Raises:
        IndexError: ``old`` is not between 1 and the number of leaves.
    """
    if not 1 <= old <= len(leaves):
        raise IndexError(f"size {old} of {len(leaves)}")
    return _subproof(leaves, old, whole=True)


def _subproof(leaves: Sequence[bytes], old: int, whole: bool) -> list[bytes]:
    """The RFC's SUBPROOF: ``whole`` while these leaves begin where the old tree begins."""
    if old == len(leaves):
        return [] if whole else [root(leaves)]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if old <= split:
        return [*_subproof(leaves[:split], old, whole), root(leaves[split:])]
    return [*_subproof(leaves[split:], old - split, whole=False), root(leaves[:split])]


def verify_consistency(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether a proof leads from the trees' common part to both roots (RFC 9162, 2.1.4.2).

    Args:
        old: Leaves of the smaller tree.
        old_root: Its root.
        new: Leaves of the larger tree.
        new_root: Its root.
        proof: What ``consistency`` gave.
    """
    if old == 0 or old == new:
        return not proof and old_root == (EMPTY if old == 0 else new_root)
    if not 0 < old < new or any(len(digest) != 32 for digest in proof):
        return False
    old_index, new_index, proof_path = old - 1, new - 1, list(proof)
    while old_index & 1:
        old_index, new_index = old_index >> 1, new_index >> 1
    if old_index:
        if not proof_path:
            return False
        start = proof_path.pop(0)
    else:
        start = old_root
    return _climb(old_index, new_index, start, proof_path) == (old_root, new_root)


def _climb(first: int, last: int, start: bytes, path: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """Both roots that a path leads to; ``None`` where it is longer or shorter than the trees."""
    old_top = new_top = start
    for sibling in path:
        if last == 0:
            return None
        if first & 1 or first == last:
            old_top, new_top = node_hash(sibling, old_top), node_hash(sibling, new_top)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            new_top = node_hash(new_top, sibling)
        first, last = first >> 1, last >> 1
    return (old_top, new_top) if last == 0 else None

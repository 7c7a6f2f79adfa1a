"""The Merkle tree against the vectors of RFC 6962's reference and against the recursion that the
RFC prints.
"""

from __future__ import annotations

import random
import time
from hashlib import sha256

import pytest

from scoring.store.log.merkle import (
    EMPTY,
    Frontier,
    consistency,
    inclusion,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
)
from scoring.store.log.verify_proof import verify_inclusion

INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""Leaves and roots of trees of 1 to 8 leaves, from the reference implementation of RFC 6962."""

PATHS = {
    (0, 8): "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
    " 5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
    " 6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    (2, 3): "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    (1, 5): "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    " 5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
    " bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
}
"""Inclusion proofs of the same reference: (leaf, size) -> path."""

GROWTH = {
    (1, 8): PATHS[0, 8],
    (6, 8): "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
    " ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
    " d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    (2, 5): "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
    " bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
}
"""Consistency proofs of the same reference: (old size, new size) -> proof."""

LEAVES = [leaf_hash(bytes.fromhex(text)) for text in INPUTS]
MANY = [leaf_hash(b"%d" % i) for i in range(40)]


def recursive(leaves: list[bytes]) -> bytes:
    """The root as RFC 9162, 2.1.1 defines it."""
    if len(leaves) < 2:
        return leaves[0] if leaves else EMPTY
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(recursive(leaves[:split]), recursive(leaves[split:]))


def hashes(text: str) -> list[bytes]:
    """Hashes of a vector."""
    return [bytes.fromhex(word) for word in text.split()]


def damaged(proof: list[bytes], chance: random.Random) -> list[list[bytes]]:
    """The proof with a bit turned, one hash more, one fewer."""
    where = chance.randrange(len(proof))
    bit = bytearray(proof[where])
    bit[chance.randrange(32)] ^= 1 << chance.randrange(8)
    turned = [*proof[:where], bytes(bit), *proof[where + 1 :]]
    return [turned, [*proof, proof[0]], [proof[-1], *proof], proof[:-1], proof[1:]]


def test_the_roots_of_the_reference() -> None:
    """Trees of 0 to 8 leaves have the roots of the reference implementation,
    built at once and leaf by leaf.
    """
    assert root([]) == sha256(b"").digest() == Frontier().root()
    for size, expected in enumerate(ROOTS, 1):
        assert root(LEAVES[:size]).hex() == Frontier().extend(LEAVES[:size]).root().hex() == expected


def test_the_proofs_of_the_reference() -> None:
    """Inclusion and consistency proofs are the reference's, hash by hash."""
    assert {key: inclusion(LEAVES[: key[1]], key[0]) for key in PATHS} == {
        key: hashes(path) for key, path in PATHS.items()
    }
    assert {key: consistency(LEAVES[: key[1]], key[0]) for key in GROWTH} == {
        key: hashes(proof) for key, proof in GROWTH.items()
    }


def test_the_root_is_the_recursion_of_the_rfc() -> None:
    """Level by level and leaf by leaf give what the recursive definition gives, through the
    stored form of the frontier.
    """
    frontier = Frontier()
    for size in range(1, len(MANY) + 1):
        assert frontier.append(MANY[size - 1]) == size - 1
        frontier = Frontier.from_bytes(frontier.to_bytes())
        assert frontier.root() == root(MANY[:size]) == recursive(MANY[:size])


def test_every_inclusion_is_proven_and_no_other() -> None:
    """Every leaf of every size is proven; a damaged path, another index, size,
    leaf or root is not.
    """
    chance = random.Random(6962)
    for size in range(1, len(MANY) + 1):
        top = root(MANY[:size])
        for index in range(size):
            path = inclusion(MANY[:size], index)
            assert verify_inclusion(MANY[index], index, size, path, top)
            assert not verify_inclusion(MANY[index], index, size, path, MANY[0][::-1])
            assert not verify_inclusion(MANY[index - 1], index, size, path, top) or size == 1
            assert not any(
                verify_inclusion(MANY[index], other, size, path, top)
                for other in (-1, index + 1, index ^ 1, size)
            )
            if path:
                assert not any(
                    verify_inclusion(MANY[index], index, size, wrong, top) for wrong in damaged(path, chance)
                )


def test_every_growth_is_proven_and_no_other() -> None:
    """Every pair of sizes is proven; damaged proofs and swapped or altered roots are not."""
    chance = random.Random(9162)
    for new in range(1, len(MANY) + 1):
        for old in range(1, new + 1):
            proof, roots = consistency(MANY[:new], old), (root(MANY[:old]), root(MANY[:new]))
            assert verify_consistency(old, roots[0], new, roots[1], proof)
            assert not verify_consistency(old, EMPTY, new, roots[1], proof)
            assert not verify_consistency(old, roots[0], new, EMPTY, proof)
            assert not verify_consistency(new + 1, roots[0], new, roots[1], proof)
            assert old == new or not verify_consistency(old, roots[1], new, roots[0], proof)
            if proof:
                assert not any(
                    verify_consistency(old, roots[0], new, roots[1], wrong)
                    for wrong in damaged(proof, chance)
                )


def test_the_empty_tree_is_the_beginning_of_every_tree() -> None:
    """From size 0 the proof is empty and the root is that of the empty tree, nothing else."""
    assert verify_consistency(0, EMPTY, 8, root(LEAVES), [])
    assert not verify_consistency(0, EMPTY, 8, root(LEAVES), [EMPTY])
    assert not verify_consistency(0, LEAVES[0], 8, root(LEAVES), [])


def test_what_is_outside_the_tree_has_no_proof() -> None:
    """A leaf or a size beyond the tree, and a frontier of the wrong length, are refused."""
    for wrong in (
        lambda: inclusion(LEAVES, 8),
        lambda: consistency(LEAVES, 9),
        lambda: consistency(LEAVES, 0),
    ):
        with pytest.raises(IndexError):
            wrong()
    for stored in (b"", Frontier().extend(LEAVES).to_bytes()[:-1], Frontier(3, LEAVES[:1]).to_bytes()):
        with pytest.raises(ValueError, match="frontier"):
            Frontier.from_bytes(stored)


def test_two_hundred_thousand_leaves_are_quick() -> None:
    """The root of 200,000 leaves, hashed from their data, is had in the time promised."""
    begin = time.perf_counter()
    root([leaf_hash(b"record\n%032d\n" % i) for i in range(200_000)])
    assert time.perf_counter() - begin <= 3

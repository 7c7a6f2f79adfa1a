"""Buckets of enterprises: by the first bits of the SHA-256 of their id, which every engine computes alike.

What is too large for memory is staged, linked and scored bucket by bucket. An enterprise is in one bucket with all its
records, so a bucket can be read alone.
"""

from __future__ import annotations

import hashlib

HASH_BITS = 32
"""Bits of the hash that are used."""
MOST_ROWS = 250_000
"""Rows of a bucket, more or less: so many are linked and sorted in a few hundred megabytes."""


def bucket_count(rows: int) -> int:
    """How many buckets so many rows are parted into; few rows are one bucket."""
    return max(1, -(-rows // MOST_ROWS))


def bucket_number(enterprise_id: str, count: int) -> int:
    """The bucket of an enterprise among so many, from 0."""
    digest = hashlib.sha256(enterprise_id.encode()).digest()
    return int.from_bytes(digest[: HASH_BITS // 8], "big") * count >> HASH_BITS

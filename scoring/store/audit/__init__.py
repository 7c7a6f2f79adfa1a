"""The tamper-evident log: what was recorded stays found, and whoever changes the past is found out.

Every event that changes the store is one leaf of a Merkle tree (RFC 9162). The leaf binds the event's kind, its id and the salted
hash of its payload; the payload names, for every table that the event wrote rows to, their count and the Merkle root of their
digests in the order of ``seq``. A row keeps its own salt, so deleting a row's content and salt, or an event's, as the law may order,
leaves every digest and so the tree as they were.
"""

"""The tamper-evident log: what was recorded stays, and whoever changes the past is found out.

Every event that changes the store is one leaf of a Merkle tree (RFC 9162). The leaf commits to the
event's number, kind, actor and time and to the salted hash of its payload; and, for every table
that the event wrote rows to, to their count and to the Merkle root of their digests in the order of
the table's key. A row keeps its own salt and digest, so deleting a row, or an event's payload and
salt, as the law may order, leaves every digest and so the tree as they were.
"""

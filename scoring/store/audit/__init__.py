"""The tamper-evident log: what was recorded stays found, and whoever changes the past is found out.

Every event that changes the store is one leaf of a Merkle tree (RFC 9162). The leaf binds the event's number, kind, actor and time
and the salted hash of its payload; the payload names, for every table that the event wrote rows to, their count and the Merkle root
of their digests in the order of the table's key. A row of facts keeps its own salt and digest, so deleting a row, or an event's
payload and salt, as the law may order, leaves every digest and so the tree as they were.

Every table but projections has a column ``event``: the number of the event that sealed the row (``entry.seal``), in the same
transaction. A row is sealed once and never written again; a deletion moves ``event`` and ``digest`` to ``erased``.
"""

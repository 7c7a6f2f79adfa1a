"""The kinds that the sources of a store cover."""

from __future__ import annotations

import json
from itertools import chain

from sqlalchemy import Connection, select

from scoring.store.tables.orm import SourceMapVersion


def covers(connection: Connection) -> frozenset[str]:
    """Kinds that the sources of the store cover together."""
    lists_of_kinds = connection.execute(select(SourceMapVersion.covers)).scalars()
    return frozenset(chain.from_iterable(map(json.loads, lists_of_kinds)))

"""Who looked at which enterprise: written before the page is shown, kept as long as the law wants."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, insert, select

from scoring.store.tables.database import Database
from scoring.store.tables.orm import table_of
from scoring.store.tables.orm_access import Viewing


def note_viewing(database: Database, account: str, enterprise_id: str, page: str, moment: datetime) -> None:
    """Writes down that an account looks at an enterprise.

    Args:
        database: The store.
        account: Who looks.
        enterprise_id: At whom.
        page: On which page.
        moment: Now.
    """
    at = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    row = {"at": at, "account": account, "enterprise_id": enterprise_id, "page": page}
    with database.write() as connection:
        last: int = connection.execute(select(func.max(Viewing.number))).scalar() or 0
        connection.execute(insert(Viewing), row | {"number": last + 1})


def viewings_of(database: Database, enterprise_id: str, most: int = 200) -> Sequence[dict[str, Any]]:
    """The last views of an enterprise, the newest first."""
    query = (
        select(table_of(Viewing))
        .where(Viewing.enterprise_id == enterprise_id)
        .order_by(Viewing.number.desc())
        .limit(most)
    )
    with database.read() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]

"""What pages show of enterprises, made once for each state of the store and kept there."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from scoring.administration.results.current import CurrentResults
from scoring.store.facts.family import family_of
from scoring.store.tables.database import Database
from scoring.store.tables.kept_views import Family, keep_view, kept_view, packed, state_of, unpacked

View = dict[str, Any]


@dataclass(frozen=True)
class PageReader:
    """Who reads the page of which enterprise, and when.

    Attributes:
        enterprise_id: The enterprise.
        look: All that sets this reader's page apart from others'.
        day: The day.
    """

    enterprise_id: str
    look: str
    day: date


@dataclass(frozen=True)
class PageView:
    """What a page shows, and what it was made of.

    Attributes:
        content: Plain data, texts in both languages.
        state: The state of the store and of the programme, and the day.
        family: The enterprises whose facts it tells.
    """

    content: View
    state: str
    family: Family


@dataclass(frozen=True)
class PageViews:
    """The views that a store keeps.

    Attributes:
        database: The store.
        edition: What the programme is: another one may say other things of the same result.
    """

    database: Database
    edition: str

    def state(self, read: CurrentResults, reader: PageReader, family: Family) -> str | None:
        """The present state of all that a page follows from; ``None``: there is no such result."""
        with read.read() as connection:
            return self._state(connection, read, reader, family)

    def view(self, read: CurrentResults, reader: PageReader, make: Callable[[], View]) -> PageView:
        """The view that was kept, or a new one.

        Args:
            read: The results.
            reader: Whose page it is.
            make: Makes it.
        """
        mine = (read.version.policy.id, reader.enterprise_id, reader.look)
        with read.read() as connection:
            kept = kept_view(connection, *mine)
            if kept is not None and self._state(connection, read, reader, kept[0]) == kept[1]:
                return PageView(unpacked(kept[2]), kept[1], kept[0])
            content = make()
            family = family_of(connection, reader.enterprise_id)
            state = self._state(connection, read, reader, family) or ""
        if state:
            self._keep(read, reader, PageView(content, state, family))
        return PageView(content, state, family)

    def _keep(self, read: CurrentResults, reader: PageReader, view: PageView) -> None:
        mine = (read.version.policy.id, reader.enterprise_id, reader.look)
        content = packed(view.content)
        # Another process may keep the same at the same time.
        with suppress(IntegrityError), self.database.write() as connection:
            # What a new fact has just had deleted does not come back.
            if self._state(connection, read, reader, view.family) == view.state:
                keep_view(connection, *mine, view.state, view.family, content)

    def _state(
        self, connection: Connection, read: CurrentResults, reader: PageReader, family: Family
    ) -> str | None:
        stands = state_of(connection, read.version.policy.id, reader.enterprise_id, family)
        return None if stands is None else f"{reader.day} {self.edition} {stands}"

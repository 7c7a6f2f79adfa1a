"""What every request reads: who asks, at which moment, and results from one read transaction."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime
from typing import Any

from flask import Flask, g, request

from scoring.administration.credential.issuing_office import IssuingOffice
from scoring.administration.identity.person import Person, person_of
from scoring.administration.results.current import CurrentResults
from scoring.administration.results.reader import ResultsReader
from scoring.errors import UnknownEnterpriseError
from scoring.explain.words.contacts import publisher
from scoring.store.tables.writing import Clock, day_in_china
from web.bearer import bearer
from web.parts import view

COOKIE = "sise_session"
WITHOUT_STORE = ("static", "public.health")
"""Routes that read nothing."""


def install(app: Flask, reader: ResultsReader, clock: Clock) -> None:
    """Gives every request its moment, its person and its results: no scoring comes between two parts of an answer."""

    @app.before_request
    def begin() -> None:
        """Opens the transaction, and finds out who asks."""
        g.now = clock()
        g.today = day_in_china(g.now)
        if request.endpoint in WITHOUT_STORE:
            return
        g.reader, g.reading = reader, ExitStack()
        g.results = g.reading.enter_context(reader.snapshot())
        system = bearer()
        g.by_bearer = system is not None
        g.person, g.token = system or (
            person_of(g.results.connection, request.cookies.get(COOKIE), g.now),
            None,
        )

    @app.teardown_request
    def end(error: BaseException | None) -> None:
        """Closes it, whatever became of the request."""
        if reading := g.pop("reading", None):
            reading.close()

    @app.context_processor
    def every_page() -> dict[str, Any]:
        """What the frame of every page names, refusals too."""
        shown: CurrentResults = g.get("results") or reader.current()
        day = g.get("today") or day_in_china(clock())
        policy = view.policy_view(shown.version, fictitious=shown.fictitious)
        return {
            **view.with_law({"policy": policy}, shown.version, day),
            "as_of": shown.as_of.isoformat(),
            "publisher": publisher(fictitious=shown.fictitious),
            "stale": view.stale(shown.as_of, day),
            "person": g.get("person"),
        }


def results() -> CurrentResults:
    """The results of this request."""
    read: CurrentResults = g.results
    return read


def read_again() -> None:
    """Goes on with the store as it is now: this request has just written to it."""
    g.reading.close()
    g.reading = ExitStack()
    g.results = g.reading.enter_context(g.reader.snapshot())


def office() -> IssuingOffice | None:
    """Who issues codes for the store; ``None``: nobody does."""
    codes = results().kept.database.codes
    return codes if isinstance(codes, IssuingOffice) else None


def printable(enterprise_id: str) -> str:
    """An id as it came in an address: no id holds control characters, and SQL text may not.

    Raises:
        UnknownEnterpriseError: It holds some.
    """
    if enterprise_id.isprintable():
        return enterprise_id
    raise UnknownEnterpriseError("enterprise_id_unprintable")


def person() -> Person | None:
    """Who asks; ``None``: the public."""
    asking: Person | None = g.person
    return asking


def now() -> datetime:
    """The moment of this request."""
    moment: datetime = g.now
    return moment

"""The lists by which codes are verified offline: what became of them, and whom to trust."""

from __future__ import annotations

import threading
from datetime import datetime
from pathlib import Path

from flask import Blueprint, Response, abort, g

from scoring.administration.credential.issuing_office import IssuingOffice
from scoring.administration.credential.list_of_statuses import signed_status_list
from scoring.administration.results.current import CurrentResults
from scoring.administration.results.public_waiting import publicly_waiting
from web.limits import PublicLimits
from web.reading import now, office, results

RENEWED = 600
"""Seconds for which one list is served before another one is signed."""
STATUS_LIST, TRUST_LIST = "application/statuslist+cwt", "text/plain; charset=utf-8"


class ServedLists:
    """The lists as they are served: exported files where the deployment names some, else signed now and then.

    Args:
        status: File of the status list (``sise code status-list``).
        trust: File of the trust list (``sise keys export-trust``), which the root key has signed elsewhere.
    """

    def __init__(self, status: Path | None, trust: Path | None) -> None:
        self.status, self.trust = status, trust
        self._kept: tuple[float, bytes] = (0.0, b"")
        self._lock = threading.Lock()

    def status_list(self, read: CurrentResults, desk: IssuingOffice, moment: datetime) -> bytes:
        """The status list."""
        if self.status is not None:
            return self.status.read_bytes()
        at = moment.timestamp()
        # One signs for all who wait: of whom another colour waits is not found out in a moment.
        with self._lock:
            signed_at, token = self._kept
            if not signed_at <= at < signed_at + RENEWED:
                waiting = publicly_waiting(read, g.today)
                token, _ = signed_status_list(read.kept.database, desk, lambda: moment, waiting)
                self._kept = (at, token)
            return token


def add_lists(routes: Blueprint, lists: ServedLists, limits: PublicLimits) -> None:
    """Adds the lists.

    Args:
        routes: The blueprint of the public.
        lists: The lists.
        limits: Stops who asks for what is not there, again and again.
    """

    @routes.get("/q/status")
    @limits.misses
    def status_list() -> Response:
        """The signed list of codes that ended or are under review."""
        desk = office()
        if desk is None:
            abort(404)
        return Response(lists.status_list(results(), desk, now()), mimetype=STATUS_LIST)

    @routes.get("/q/trust")
    @limits.misses
    def trust_list() -> Response:
        """The signed list of keys to trust."""
        if lists.trust is None or not lists.trust.is_file():
            abort(404)
        return Response(lists.trust.read_bytes(), content_type=TRUST_LIST)

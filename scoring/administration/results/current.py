"""The results of a store as they stand at one moment, under one policy and as of one day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, func, select

from scoring.administration.identity.scope import holds
from scoring.administration.results.enterprise import Enterprise
from scoring.administration.results.kept import KeptReadings
from scoring.administration.results.search import EnterpriseSearch
from scoring.administration.results.standing_rows import in_effect_rows, score_of
from scoring.administration.results.viewer import UNSEEN, Look
from scoring.assess.assessor import Assessed
from scoring.entities import FIRST_NOTICE, Explanation, PendingProposal, Progress, Score, silent
from scoring.errors import UnknownEnterpriseError
from scoring.explain.history.timeline import History
from scoring.explain.public_result import PublicResult, PublishedRecord
from scoring.policy.language.schema import Publication
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.people.grants import Grant
from scoring.store.standing.code_holders import CodeHolder
from scoring.store.standing.standings import StandingCounts, counts_in_effect
from scoring.store.tables.kept_views import last_entry
from scoring.store.tables.orm import Assessment, Standing
from scoring.store.tables.orm_access import DirectoryEntry


@dataclass(frozen=True)
class CurrentResults:
    """What a store says now; made anew for each question (``ResultsReader.current`` and ``snapshot``).

    Attributes:
        kept: The store, and what reading it keeps.
        version: The rules of the last scoring under the policy that the store shows (see ``shown_policy``).
        as_of: The last day that was scored under this policy.
        connection: The read transaction that all answers come from; ``None``: each answer has its own.
    """

    kept: KeptReadings
    version: ResolvedPolicy
    as_of: date
    connection: Connection | None = None
    _enterprises: dict[tuple[str, Look], tuple[date | None, Enterprise]] = field(
        default_factory=dict, compare=False, repr=False
    )

    @property
    def last_entry(self) -> int:
        """Number of the last entry of the store's log."""
        # Only within one transaction does it stay what it is.
        if self.connection is not None:
            return self._last_entry
        with self.read() as connection:
            return last_entry(connection)

    @cached_property
    def _last_entry(self) -> int:
        with self.read() as connection:
            return last_entry(connection)

    @cached_property
    def fictitious(self) -> bool:
        """Whether some enterprise of the store is made up, as the source of its row says."""
        with self.read() as connection:
            return self.kept.fictitious(connection)

    @property
    def counts(self) -> Mapping[str, Any]:
        """Enterprises by band and by colour in effect, those without one by reason, and apart by band what is proposed."""
        mine = Standing.policy_id == self.version.policy.id
        by_colour = select(Standing.colour, func.count()).where(mine).group_by(Standing.colour)
        by_proposed = (
            select(Assessment.band, func.count())
            .join(Standing, Standing.latest == Assessment.number)
            .where(mine, Standing.proposed)
            .group_by(Assessment.band)
        )
        with self.read() as connection:
            in_effect = self._counts_of_all(connection)
            colours = {str(row[0]): row[1] for row in connection.execute(by_colour)}
            proposed = {str(row[0]): row[1] for row in connection.execute(by_proposed)}
        return {
            "bands": in_effect.bands,
            "colours": colours,
            "not_rated": in_effect.not_rated,
            "proposed": proposed,
            "enterprises": sum(colours.values()),
        }

    def counts_within(self, grants: Sequence[Grant] | None = None) -> StandingCounts:
        """What is in effect in the areas of some grants: enterprises by band, and those without one by reason.

        Args:
            grants: The grants; ``None``: of everybody.
        """
        with self.read() as connection:
            if grants is None or any(grant.areas is None for grant in grants):
                return self._counts_of_all(connection)
            whose = (self.version.policy.id, frozenset(grant.areas or () for grant in grants))
            return self.kept.counts(connection, whose, lambda: self._counts_of(connection, grants))

    def _counts_of_all(self, connection: Connection) -> StandingCounts:
        policy_id = self.version.policy.id
        return self.kept.counts(connection, policy_id, lambda: counts_in_effect(connection, policy_id))

    def _counts_of(self, connection: Connection, grants: Sequence[Grant]) -> StandingCounts:
        reason = func.coalesce(Assessment.status_reason, FIRST_NOTICE)
        query = (
            select(Standing.band, reason, func.count())
            .join(DirectoryEntry, DirectoryEntry.enterprise_id == Standing.enterprise_id)
            .outerjoin(Assessment, Assessment.number == Standing.in_effect)
            .where(Standing.policy_id == self.version.policy.id, holds(grants, DirectoryEntry.area))
            .group_by(Standing.band, reason)
        )
        bands, not_rated = Counter[str](), Counter[str]()
        for band, why, number in connection.execute(query):
            (not_rated if band is None else bands)[str(why if band is None else band)] += number
        return StandingCounts(dict(bands), dict(sorted(not_rated.items())))

    def find(self, search: EnterpriseSearch, limit: int = 50, offset: int = 0) -> tuple[int, list[Score]]:
        """Enterprises that are looked for: how many there are (``search.FoundPage``), and one page of them.

        Args:
            search: What is looked for.
            limit: Rows of a page.
            offset: Rows to skip.
        """
        policy_id = self.version.policy.id
        with self.read() as connection:
            count, ids = search.page(connection, policy_id, limit, offset)
            mine = (Standing.policy_id == policy_id, Standing.enterprise_id.in_(ids))
            rows = connection.execute(in_effect_rows().where(*mine)).mappings()
            row_of = {row["enterprise_id"]: dict(row) for row in rows}
            in_order = [row_of[enterprise_id] for enterprise_id in ids]
            return count, [
                score_of(row, self.kept.version(connection, row["rules_sha256"])) for row in in_order
            ]

    def score(self, enterprise_id: str) -> Score:
        """The result in effect of one enterprise.

        Raises:
            UnknownEnterpriseError: The store has none.
        """
        # Most need no more than its row: the facts of a family are read for who asks why.
        known = self._enterprises.get((enterprise_id, UNSEEN)) if self.connection is not None else None
        if known is not None:
            return known[1].score
        if scores := self.scores([enterprise_id]):
            return scores[0]
        raise UnknownEnterpriseError("enterprise_not_assessed", enterprise_id=enterprise_id)

    def scores(self, enterprise_ids: Sequence[str]) -> list[Score]:
        """The results in effect of some enterprises, in order; who is not scored yet is left out."""
        mine = (
            Standing.policy_id == self.version.policy.id,
            Standing.enterprise_id.in_(enterprise_ids),
        )
        with self.read() as connection:
            rows = connection.execute(
                in_effect_rows().where(*mine).order_by(Standing.enterprise_id)
            ).mappings()
            return [
                score_of(dict(row), self.kept.version(connection, row["rules_sha256"])) for row in rows.all()
            ]

    def version_of(self, score: Score) -> ResolvedPolicy:
        """The policy under which a result was computed: that of the last scoring, or an older one while another is going on."""
        if score.rules_sha256 == self.version.rules_sha256:
            return self.version
        with self.read() as connection:
            return self.kept.version(connection, score.rules_sha256)

    def proposed(self, enterprise_id: str) -> PendingProposal | None:
        """The open proposal of one enterprise, if there is one: from what to what, why, and until when it can be answered."""
        return self._enterprise(enterprise_id, self.as_of).proposal

    def assessed(self, enterprise_id: str) -> Assessed:
        """The result in effect assessed again from the stored facts, with what counted and what did not.

        Raises:
            UnknownEnterpriseError: The store has none.
            StaleResultError: The answer is not the stored one.
        """
        return self._enterprise(enterprise_id, self.as_of).assess()

    def explain(self, enterprise_id: str, *, ahead: bool = True, look: Look = UNSEEN) -> Explanation:
        """Why an enterprise has its colour, what is to come and what would help; raises as ``assessed``.

        Args:
            enterprise_id: The enterprise.
            ahead: Whether to look ahead, at what is proposed too; a code image needs no more than the reasons.
            look: Who looks, and when: a court hides records from others.
        """
        return self._enterprise(enterprise_id, self.as_of if ahead else None, look).explain(ahead=ahead)

    def public(self, enterprise_id: str, on: date) -> PublicResult:
        """What the public sees of an enterprise on a day, where the policy grants it the grounds.

        Args:
            enterprise_id: The enterprise.
            on: The day on which it is read.

        Raises:
            UnknownEnterpriseError: The store has none.
            StaleResultError: The answer is not the stored one.
        """
        publication = self.version.policy.publication or Publication()
        day = max(on, self.as_of)

        def compute() -> PublicResult:
            return self._enterprise(enterprise_id, self.as_of, Look(on=day)).public(publication, day)

        return self.kept.public(self.last_entry, (enterprise_id, day, self.version.rules_sha256), compute)

    def page_holder(self, public_id: str, on: date, find: Callable[[], CodeHolder]) -> CodeHolder:
        """Whose page has an id, as of the last entry of the log; raises as ``find``."""
        return self.kept.holders.answer((self.last_entry, on, public_id), find)

    def published(self, enterprise_id: str, on: date) -> tuple[PublishedRecord, ...]:
        """What the law publishes of an enterprise on a day, newest first, whatever its result is; raises as ``public``."""
        publication, day = self.version.policy.publication, max(on, self.as_of)
        if publication is None:
            return ()
        return self._enterprise(enterprise_id, self.as_of, Look(on=day)).published(publication, day)

    def history(
        self,
        enterprise_id: str,
        start: date | None = None,
        end: date | None = None,
        progress: Progress = silent,
        look: Look = UNSEEN,
    ) -> History:
        """Points and colour of one enterprise over time, by what is known now of each day.

        Args:
            enterprise_id: The enterprise.
            start: First day, by default three years before ``end``.
            end: Last day, by default and at most the last day scored.
            progress: Called with ``history`` and the share done.
            look: Who looks, and when: a court hides records from others.

        Raises:
            UnknownEnterpriseError: The store has none.
        """
        return self._enterprise(enterprise_id, look=look).history(start, end, progress)

    def read(self) -> AbstractContextManager[Connection]:
        """The read transaction of these results, or one for this answer."""
        if self.connection is not None:
            return nullcontext(self.connection)
        return self.kept.database.read()

    def _enterprise(self, enterprise_id: str, day: date | None = None, look: Look = UNSEEN) -> Enterprise:
        """One enterprise; with a day, what is proposed of it too and where its period stands then."""
        # Within one transaction nothing changes: a page and its history are of facts linked once.
        known = self._enterprises.get((enterprise_id, look)) if self.connection is not None else None
        if known is not None and known[0] in (day, self.as_of):
            return known[1]
        with self.read() as connection:
            read = Enterprise.read(self.kept, connection, self.version, enterprise_id, day, look)
        self._enterprises[enterprise_id, look] = (day, read)
        return read

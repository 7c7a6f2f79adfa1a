"""One enterprise of a store: its result in effect, explained and over time from its own stored facts.

An explanation is made by assessing the enterprise again under the policy of its result, as of its day, from the facts
that the result knew. When the answer is not the stored one, nothing is explained and the reader is told so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, func, select

from scoring.administration.results.kept import KeptReadings
from scoring.administration.results.pending_results import pending_proposals
from scoring.administration.results.standing_rows import in_effect_rows, latest_rows, score_of
from scoring.administration.results.viewer import UNSEEN, Look, hidden_records
from scoring.assess.assessor import Assessed, Assessor
from scoring.engine.prior import prior_table
from scoring.entities import Explanation, PendingProposal, Progress, Score
from scoring.errors import StaleResultError, UnknownEnterpriseError
from scoring.explain.build import explain
from scoring.explain.history.timeline import History, history
from scoring.explain.outlook.look_ahead import look_ahead
from scoring.explain.public_result import PublicLook, PublicResult, PublishedRecord, public_result
from scoring.policy.language.schema import Publication
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.facts.covered_kinds import covers
from scoring.store.facts.family import FactRow, family_facts
from scoring.store.standing.computed import KEPT, key_of, text_of
from scoring.store.tables.orm import ScoreRun, Standing

HISTORY_DAYS = 1095
"""Three years: the longest use period of a shipped policy."""


@dataclass(frozen=True)
class Enterprise:
    """One enterprise as the store held it at one moment, with all that its explanation needs.

    Attributes:
        kept: The store, and what reading it keeps.
        row: Its assessment in effect, or the proposed one.
        version: The policy of that assessment.
        as_of: The day that the result stands for: unchanged results stand for the last day scored under that policy.
        enterprises: Versions of it and of its branches that the result knew.
        records: Versions of their records.
        covers: Kinds that the sources of the store cover.
        waiting: The enterprise with the proposed result in place of that in effect, if one is proposed.
        proposal: What is proposed, why and until when it can be answered.
        hidden: Records that a court hides from who asks.
    """

    kept: KeptReadings
    row: Mapping[str, Any]
    version: ResolvedPolicy
    as_of: date
    enterprises: Sequence[FactRow]
    records: Sequence[FactRow]
    covers: frozenset[str]
    waiting: Enterprise | None = None
    proposal: PendingProposal | None = None
    hidden: frozenset[str] = frozenset()

    @classmethod
    def read(
        cls,
        kept: KeptReadings,
        connection: Connection,
        policy: ResolvedPolicy,
        enterprise_id: str,
        day: date | None = None,
        look: Look = UNSEEN,
    ) -> Enterprise:
        """Reads everything in one transaction, so that nobody's scoring comes between.

        Args:
            kept: The store, and what reading it keeps.
            connection: A transaction.
            policy: The policy of the last scoring.
            enterprise_id: The enterprise.
            day: The day on which it is asked where the period of a proposal stands; ``None``: nobody asks.
            look: Who looks, and when.

        Raises:
            UnknownEnterpriseError: No result of this enterprise is stored under this policy.
        """
        mine = (Standing.policy_id == policy.policy.id, Standing.enterprise_id == enterprise_id)
        stored = connection.execute(in_effect_rows().where(*mine)).mappings().first()
        if stored is None:
            raise UnknownEnterpriseError("enterprise_not_assessed", enterprise_id=enterprise_id)
        here = cls._of_row(kept, connection, dict(stored), look)
        if day is None or not here.row["proposed"]:
            return here
        latest = connection.execute(latest_rows().where(*mine)).mappings().one()
        pending = pending_proposals(kept, connection, policy, day, [enterprise_id], look)
        waiting = cls._of_row(kept, connection, dict(latest), look)
        return replace(here, waiting=waiting, proposal=next(iter(pending), None))

    @classmethod
    def _of_row(
        cls, kept: KeptReadings, connection: Connection, row: Mapping[str, Any], look: Look
    ) -> Enterprise:
        """The enterprise with one of its results, and the facts that this result knew."""
        as_of, seq = _stands_for(connection, row)
        facts = family_facts(connection, str(row["enterprise_id"]), seq)
        version = kept.version(connection, row["rules_sha256"])
        family = sorted({str(member["enterprise_id"]) for member in facts.enterprises})
        hidden = hidden_records(connection, family, look.viewer, look.on or as_of)
        return cls(kept, row, version, as_of, *facts, covers(connection), hidden=hidden)

    @property
    def score(self) -> Score:
        """The result in effect, as it is stored."""
        return score_of(self.row, self.version)

    def assess(self) -> Assessed:
        """The result in effect assessed again.

        Raises:
            StaleResultError: The answer is not the stored one.
        """
        with self._assessor() as assessor:
            return self._assessed(assessor)

    def explain(self, *, ahead: bool) -> Explanation:
        """Why it has its colour and, with ``ahead``, what is to come and what would help; raises as ``assess``.

        While another result is proposed, nobody looks ahead from the one in effect but from that one.
        """
        seen = self.as_seen()
        with seen._assessor() as assessor:
            assessed = seen._assessed(assessor)
            is_ahead = ahead and not self.row["proposed"]
            explained = explain(assessed, self.version, look_ahead(assessor, assessed) if is_ahead else None)
        if self.proposal is None or self.waiting is None:
            return explained
        proposed = self.waiting.explain(ahead=ahead)
        return replace(explained, proposal=self.proposal, proposed=proposed)

    def as_seen(self) -> Enterprise:
        """The enterprise without what is hidden from who asks, as if it had never been.

        What would count for want of a hidden record is left out too: a grade that is void because it
        contained one.
        """
        if not self.hidden:
            return self
        visible = self._without(self.hidden)
        more = visible._counting() - self._counting()
        return visible._without(more) if more else visible

    def _without(self, record_ids: frozenset[str]) -> Enterprise:
        records = [version for version in self.records if str(version["record_id"]) not in record_ids]
        return replace(self, records=records)

    def _counting(self) -> frozenset[str]:
        """Records that count, a branch's under the id that it has there."""
        with self._assessor() as assessor:
            records = assessor.full(str(self.row["enterprise_id"]), self.as_of).records
        counting = [str(record["record_id"]) for record in records if record["excluded"] is None]
        copy = f"@{self.row['enterprise_id']}"
        return frozenset(record_id.removesuffix(copy) for record_id in counting)

    def public(self, publication: Publication, on: date) -> PublicResult:
        """What the public sees of it on a day, where the law publishes so much; raises as ``assess``."""
        look = None if self.row["first"] else self._public_look(publication, on)
        return public_result(look, self.waiting._public_look(publication, on) if self.waiting else None)

    def published(self, publication: Publication, on: date) -> tuple[PublishedRecord, ...]:
        """Its records in publication on a day, by the newest result; raises as ``assess``."""
        return (self.waiting or self)._public_look(publication, on).published()

    def _public_look(self, publication: Publication, on: date) -> PublicLook:
        return PublicLook(self.as_seen().assess(), self.version, publication, on)

    def history(self, start: date | None, end: date | None, progress: Progress) -> History:
        """Points and colour from ``start`` (three years before) to ``end`` (the day the result stands for)."""
        last = min(end or self.as_of, self.as_of)
        first = start or last - timedelta(days=HISTORY_DAYS)
        enterprise_id, number = str(self.row["enterprise_id"]), self.row["number"]
        key = (
            enterprise_id,
            number,
            self.as_of,
            first,
            last,
            self.kept.last_registration(),
            self.hidden,
        )
        return self.kept.history(key, lambda: self.as_seen()._history(first, last, progress))

    def _history(self, first: date, last: date, progress: Progress) -> History:
        with self._assessor() as assessor:

            def under(version: ResolvedPolicy) -> Assessor:
                return Assessor(assessor.engine, version, assessor.covers, assessor.tables)

            in_force = self.kept.spans(self.version, first, last)
            return history(in_force, under, str(self.row["enterprise_id"]), progress)

    @contextmanager
    def _assessor(self) -> Iterator[Assessor]:
        """An assessor over the facts behind the result, with the band that was in effect before it."""
        enterprise_id, prior = str(self.row["enterprise_id"]), self.row["prior_band"]
        bands = {enterprise_id: str(prior)} if prior else {}
        linked = self._linked
        with self.kept.engines.pair() as (engine, single):
            tables = engine.with_prior(engine.hold(*linked), prior_table(bands, self.version.policy))
            yield Assessor(engine, self.version, self.covers, tables, single=single)

    @cached_property
    def _linked(self) -> tuple[list[FactRow], list[FactRow]]:
        """Its facts with what relates them, as the engine takes them."""
        enterprise_id = str(self.row["enterprise_id"])
        return self.kept.link(self.enterprises, self.records, enterprise_id, self.version)

    def _assessed(self, assessor: Assessor) -> Assessed:
        assessed = assessor.full(str(self.row["enterprise_id"]), self.as_of)
        contributions = [[c.indicator_id, c.points, c.unknown] for c in assessed.contributions]
        lists = {name: text_of(list(getattr(assessed.score, name))) for name in ("vetoes", "caps")}
        in_fields = [[given.field, given.points, given.band] for given in assessed.fields]
        result = {**vars(assessed.score), **lists, "contributions": text_of(contributions)}
        result["fields"] = text_of(in_fields) if self.version.policy.fields else None
        if key_of([result[name] for name in KEPT]) != key_of([self.row[name] for name in KEPT]):
            raise StaleResultError(
                "result_stale",
                enterprise_id=self.row["enterprise_id"],
                place=self.kept.database.place,
            )
        # Of a first result that waits nothing counts yet, and nothing of it is shown as if it did.
        if self.row["first"]:
            assessed = replace(assessed, score=self.score, contributions=(), fields=())
        return replace(assessed, change=self._change())

    def _change(self) -> Mapping[str, object] | None:
        """What is proposed instead of the result in effect, as ``changes.parquet`` says it; nothing else is pending."""
        if self.proposal is None:
            return None
        return {
            "enterprise_id": self.row["enterprise_id"],
            "prior_band": self.proposal.before.id if self.proposal.before else None,
            "band": self.proposal.proposed.id,
            "change": "better" if self.proposal.better else "worse",
            "state": "proposed",
            "needs_review": self.proposal.reviewers > 0,
        }


def _stands_for(connection: Connection, row: Mapping[str, Any]) -> tuple[date, int]:
    """The day that a result in effect stands for, and the number of the last fact that it knew.

    A run stores only what changed: a result without an open proposal stands for the last run under its policy too.
    """
    if row["proposed"]:
        return row["as_of"], row["seq"]
    run = connection.execute(
        select(func.max(ScoreRun.as_of), func.max(ScoreRun.seq)).where(
            ScoreRun.policy_id == row["policy_id"], ScoreRun.rules_sha256 == row["rules_sha256"]
        )
    ).one()
    if run[0] is None:
        return row["as_of"], row["seq"]
    return max(row["as_of"], date.fromisoformat(str(run[0]))), max(row["seq"], run[1])

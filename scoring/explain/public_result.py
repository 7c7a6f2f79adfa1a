"""What the public sees of a result: the colour with the published records behind it, or one answer for all others.

Who sees a colour is decided for all bands alike. A result that rests on anything unpublished is not
shown, whatever it is: were only bad or only good ones withheld, the absence of a colour would tell one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from scoring.assess.assessor import Assessed, Record
from scoring.engine.decision import BEFORE_GATES
from scoring.engine.matters import SAME_MATTER
from scoring.engine.results import HYSTERESIS, SCALE_LIMIT
from scoring.engine.snapshot import SAME_ACT
from scoring.entities import BandInfo
from scoring.explain.words.grades import legend
from scoring.policy.language.schema import Gate, Publication
from scoring.policy.resolved import ResolvedPolicy

PublicState = Literal["shown", "not_public", "adjusting", "not_rated"]
COUNTING = (None, SAME_ACT, SAME_MATTER)
"""States of a record that counts, or that rules see though another of its act or matter counts for points."""
STILL_PUBLISHED = (*COUNTING, "contested", "not_final", "summary")
"""States of a record in which its publication goes on: it counts, or does not yet; any other ends it."""


@dataclass(frozen=True)
class PublishedRecord:
    """A record as it is published: what it is, whose, its number and until when."""

    record_id: str
    kind: str
    dated_on: date | None
    authority: str | None
    document_no: str | None
    publish_until: date | None


@dataclass(frozen=True)
class PublicResult:
    """What the public sees of one enterprise.

    Attributes:
        state: ``shown``; ``not_public``, where it rests on anything unpublished; ``adjusting``, while what
            is published waits to take effect; ``not_rated``, for reasons that a register tells.
        band: The band, where it is shown.
        records: Published records, where it is shown, newest first.
        decisions: How many of them are decisions with a period or list entries.
    """

    state: PublicState
    band: BandInfo | None = None
    records: tuple[PublishedRecord, ...] = ()
    decisions: int = 0


NOT_PUBLIC = PublicResult("not_public")
"""The one answer for whatever rests on something unpublished: it has nothing of the result in it."""


@dataclass(frozen=True)
class PublicLook:
    """An assessed result as far as the public may know what it rests on.

    Attributes:
        assessed: The result, with its records.
        version: The policy that gave it.
        publication: What the law publishes.
        on: The day on which it is read: a record whose publication has ended since is unpublished.
    """

    assessed: Assessed
    version: ResolvedPolicy
    publication: Publication
    on: date

    def published(self) -> tuple[PublishedRecord, ...]:
        """All records in publication, those that do not count too, newest first."""
        shown = {_act(record): _as_published(record) for record in self._in_publication()}
        return tuple(sorted(shown.values(), key=_newest_first))

    def _in_publication(self) -> list[Record]:
        return [record for record in self.assessed.records if self._is_published(record)]

    def _is_published(self, record: Record) -> bool:
        """Whether a record is in publication: by its kind, its state and the period that it says."""
        kind, until = record["kind"], record["publish_until"]
        if kind not in self.publication.kinds or record["excluded"] not in STILL_PUBLISHED:
            return False
        return until >= self.on if until is not None else kind in (self.publication.standing or ())

    def is_public(self) -> bool:
        """Whether the result rests on nothing that is unpublished.

        It does where a record counts that is not published, for or against, or where points or a rule come
        from there being no record of a kind that nobody publishes.
        """
        kinds = self.publication.kinds
        if HYSTERESIS in self.assessed.score.caps:
            return False
        used = {given.indicator_id for given in self.assessed.contributions} - {SCALE_LIMIT}
        if any(self._kinds_of(indicator_id) - kinds for indicator_id in used | self._tested()):
            return False
        weighing = [record for record in self.assessed.records if _weighs(record)]
        # Of one act that two files report, one may be the publication of the other.
        return {_act(record) for record in weighing} <= {_act(record) for record in self._in_publication()}

    def told_by_register(self) -> bool:
        """Whether an enterprise is not rated for what the register of enterprises tells, and for nothing else."""
        reason = self.assessed.score.status_reason
        if reason in BEFORE_GATES:
            return True
        gates = [gate for gate in self.version.policy.gates if gate.id == reason]
        return bool(gates) and not any(map(_indicators, gates))

    def _tested(self) -> set[str]:
        """Indicators that the rules in effect test."""
        score, policy = self.assessed.score, self.version.policy
        rules: list[Gate] = [gate for gate in policy.gates if gate.id == score.status_reason]
        rules += [veto for veto in policy.vetoes if veto.id in score.vetoes]
        rules += [cap for cap in policy.caps if cap.id in score.caps]
        return set().union(*map(_indicators, rules))

    def _kinds_of(self, indicator_id: str) -> set[str]:
        """Kinds of records that an indicator looks at, those of its denominator and its model too."""
        kinds: set[str] = set()
        for looked_at in self.version.inputs_of(self.version.policy.indicator(indicator_id)):
            kinds.update(looked_at.select.kind)
            kinds.update(looked_at.among.kind if looked_at.among else ())
        return kinds


def public_result(in_effect: PublicLook | None, waiting: PublicLook | None) -> PublicResult:
    """What the public sees.

    That something waits is told only where both what is in effect and what is proposed is public, for
    then it is known: else who shows no colour already would stand out by showing no change.

    Args:
        in_effect: The result in effect; ``None`` while a first one waits.
        waiting: The proposed result, where there is one.
    """
    if in_effect is None:
        return PublicResult("adjusting") if waiting and waiting.is_public() else NOT_PUBLIC
    if in_effect.assessed.score.band is None:
        return PublicResult("not_rated") if in_effect.told_by_register() else NOT_PUBLIC
    if not in_effect.is_public() or (waiting and _rests_on_ended(in_effect, waiting)):
        return NOT_PUBLIC
    newest = waiting or in_effect
    if waiting and (waiting.is_public() or _list_entry_waits(in_effect, waiting)):
        return PublicResult("adjusting")
    return _shown(in_effect, newest)


def _shown(in_effect: PublicLook, newest: PublicLook) -> PublicResult:
    bands = legend(in_effect.version.policy)
    band = next(band for band in bands if band.id == in_effect.assessed.score.band)
    published, publication = newest.published(), newest.publication
    decided = {*(publication.period or ()), *(publication.lists or ())}
    decisions = sum(record.kind in decided for record in published)
    return PublicResult("shown", band, published, decisions)


def _rests_on_ended(in_effect: PublicLook, waiting: PublicLook) -> bool:
    """Whether the result in effect rests on a record that does not stand any more in what is proposed."""
    standing = {
        record["record_id"] for record in waiting.assessed.records if record["excluded"] in STILL_PUBLISHED
    }
    weighing = [record for record in in_effect.assessed.records if _weighs(record)]
    return any(record["record_id"] not in standing for record in weighing)


def _list_entry_waits(in_effect: PublicLook, waiting: PublicLook) -> bool:
    """Whether a published list entry is in what is proposed and not in what is in effect."""
    lists = waiting.publication.lists or ()
    known = {record.record_id for record in in_effect.published()}
    entries = [record for record in waiting.published() if record.kind in lists]
    return any(record.record_id not in known for record in entries)


def _indicators(rule: Gate) -> set[str]:
    return {test.indicator for test in (*rule.all, *rule.any) if test.indicator is not None}


def _weighs(record: Record) -> bool:
    """Whether a record counts in an indicator, or is seen by a rule."""
    return bool(record["weights"]) and record["excluded"] in COUNTING


def _act(record: Record) -> object:
    return record["act_id"] or record["record_id"]


def _as_published(record: Record) -> PublishedRecord:
    return PublishedRecord(
        record_id=str(record["record_id"]),
        kind=str(record["kind"]),
        dated_on=record["decided_on"] or record["occurred_on"],
        authority=record["authority"],
        document_no=record["document_no"],
        publish_until=record["publish_until"],
    )


def _newest_first(record: PublishedRecord) -> tuple[int, str]:
    return (-record.dated_on.toordinal() if record.dated_on else 0, record.record_id)

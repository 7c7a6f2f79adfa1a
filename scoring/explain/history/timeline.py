"""Points and colour of one enterprise over time, and what moved them.

Every day is assessed as of that day, so that a record that became known later moves no earlier day.
Bands in effect (``--prior``) are not known for past days and hold nothing back here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from scoring.assess.assessor import Assessor, Record, Trace, with_traces
from scoring.entities import Progress, Score, silent
from scoring.explain.history.day_change import AssessedDay, Change, explain_change
from scoring.explain.history.record_states import RecordsOfDay, records_of_day
from scoring.policy.resolved import ResolvedPolicy
from scoring.policy.spans import Span


@dataclass(frozen=True)
class Stretch:
    """Days, both inclusive, with the same result under one version.

    The same points, band and reason of not being rated make the same result.
    """

    start: date
    end: date
    score: Score
    version: ResolvedPolicy


@dataclass(frozen=True)
class History:
    """All days of a span that have a result, and the changes between them, oldest first.

    Attributes:
        enterprise_id: Whose history it is.
        stretches: The days, as runs of days with the same result.
        changes: What happened where one stretch ends and the next begins.
        ended: Records restored, withdrawn or annulled by the last day: they moved the past and may no
            longer be shown.
    """

    enterprise_id: str
    stretches: tuple[Stretch, ...]
    changes: tuple[Change, ...]
    ended: frozenset[str] = frozenset()


def history(
    spans: Sequence[Span],
    assessor: Callable[[ResolvedPolicy], Assessor],
    enterprise_id: str,
    progress: Progress = silent,
) -> History:
    """The history of one enterprise: for each version of the policy one query of days, and one of their records.

    Args:
        spans: The versions in force, oldest first.
        assessor: Gives the assessor of a version, over tables that hold this enterprise.
        enterprise_id: The enterprise; unknown on all days, it has no stretches.
        progress: Called with ``history`` and the share done.
    """
    progress("history", 0.0)
    days = list(_assessed_days(spans, assessor, enterprise_id))
    starts = [0] if days else []
    for position, (before, after) in enumerate(pairwise(days), start=1):
        if _differ(before, after):
            starts.append(position)
    stretches = []
    for first_position, next_position in pairwise([*starts, len(days)]):
        first, last = days[first_position], days[next_position - 1]
        stretches.append(Stretch(first.score.as_of, last.score.as_of, first.score, first.version))
    if len(stretches) < 2:
        return History(enterprise_id, tuple(stretches), ())
    # The facts are the same under every version: only what counts of them differs.
    facts = assessor(days[0].version).facts(enterprise_id)
    turns = [(days[position - 1], days[position]) for position in starts[1:]]
    traces = _traces_of(turns, assessor, enterprise_id)

    def state_on(version: ResolvedPolicy, day: date) -> RecordsOfDay:
        """The records as they stood on a day."""
        return records_of_day(with_traces(facts, traces[version.rules_sha256, day]), version.policy)

    changes = []
    for done, (before, after) in enumerate(turns, start=1):
        changes.append(explain_change(before, after, state_on))
        progress("history", done / len(turns))
    ended_records = frozenset(_ended(facts, stretches[-1].end))
    return History(enterprise_id, tuple(stretches), tuple(changes), ended_records)


def _traces_of(
    turns: Sequence[tuple[AssessedDay, AssessedDay]],
    assessor: Callable[[ResolvedPolicy], Assessor],
    enterprise_id: str,
) -> dict[tuple[str, date], list[Trace]]:
    """How the records stood on both days of each turn, under the version of the later one."""
    days_by_version: dict[str, dict[date, None]] = defaultdict(dict)
    version_of = {after.version.rules_sha256: after.version for _, after in turns}
    for before, after in turns:
        days_by_version[after.version.rules_sha256] |= {before.score.as_of: None, after.score.as_of: None}
    traces = {}
    for sha256, days in days_by_version.items():
        for day, of_day in assessor(version_of[sha256]).traces(enterprise_id, days).items():
            traces[sha256, day] = of_day
    return traces


def _assessed_days(
    spans: Iterable[Span], assessor: Callable[[ResolvedPolicy], Assessor], enterprise_id: str
) -> Iterator[AssessedDay]:
    for span in spans:
        length = (span.end - span.start).days + 1
        days = [span.start + timedelta(days=offset) for offset in range(length)]
        for scored in assessor(span.version).timeline(enterprise_id, days):
            yield AssessedDay(span.version, scored.score, scored.points)


def _differ(before: AssessedDay, after: AssessedDay) -> bool:
    """Whether a person would see another result, or another version gave it."""
    return _shown(before) != _shown(after)


def _shown(day: AssessedDay) -> tuple[object, ...]:
    return day.version.rules_sha256, day.score.points, day.score.band, day.score.status_reason


def _ended(facts: Iterable[Record], day: date) -> Iterator[str]:
    """Records whose showing has ended by a day (NDRC Order 36: no longer shown, shared or used)."""
    for fact in facts:
        if fact["known_on"] is None or fact["known_on"] > day:
            continue
        end_dates = [fact[column] for column in ("restored_on", "withdrawn_on") if fact[column] is not None]
        if fact["contest"] == "annulled" or any(end_date <= day for end_date in end_dates):
            yield str(fact["record_id"])

"""Scores DataFrames: what notebooks and other programs call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from difflib import get_close_matches
from typing import NamedTuple

import pandas as pd

from scoring.assess.assessor import Assessor
from scoring.assess.dataset import first_rejects, open_intake
from scoring.assess.frames import frame_prior, to_frame
from scoring.engine import results
from scoring.entities import Contribution, Score, codes
from scoring.errors import InputError, UsageError
from scoring.policy.load import load_policy
from scoring.policy.resolved import ResolvedPolicy
from scoring.records.intake import Intake, id_ranges, write_tables

QUOTE = "'"
"""Set before values in the rejects file, so that no spreadsheet takes them for a formula."""
MOST_FAULTS = 3
"""Faults of DataFrames that are named one by one."""


class ScoredFrames(NamedTuple):
    """Scores and contributions as DataFrames, with the columns of the result files."""

    scores: pd.DataFrame
    contributions: pd.DataFrame


class Scorer:
    """Scores enterprises under one policy, as of one day.

    Args:
        policy: ``quzhou-demo`` (the version in force on ``as_of``), ``quzhou-demo@2026-04-01``, a
            path, or a loaded one.
        as_of: The day, at its end, Asia/Shanghai.
        prior: Bands in effect: ``enterprise_id`` and ``band``; without it hysteresis does not
            apply.
        covers: Kinds that the records cover; all when omitted.

    Raises:
        UsageError: ``as_of`` is no date, or a kind is not known.
        PolicyNotInForceError: The policy has no version in force on ``as_of``.
    """

    def __init__(
        self,
        policy: str | ResolvedPolicy,
        as_of: date,
        *,
        prior: pd.DataFrame | None = None,
        covers: Iterable[str] | None = None,
    ) -> None:
        if not isinstance(as_of, date) or isinstance(as_of, datetime):
            raise UsageError("as_of_no_date", got=repr(as_of))
        self.policy = policy if isinstance(policy, ResolvedPolicy) else load_policy(policy, as_of)
        self.as_of, self.prior = as_of, prior
        self.covers = None if covers is None else _known_kinds(covers)

    def score(self, enterprises: pd.DataFrame, records: pd.DataFrame) -> ScoredFrames:
        """Scores DataFrames of canonical enterprises and records.

        Args:
            enterprises: Columns of ``entities.ENTERPRISE_COLUMNS``; only ``enterprise_id`` and
                ``name`` are needed.
            records: Columns of ``entities.RECORD_COLUMNS``; ids, kind, a date and ``known_on`` are
                needed.

        Raises:
            InputError: A row is not valid: here nothing is rejected silently, the first faults are
                named.
        """
        with self.open(enterprises, records) as assessor:
            ranges = assessor.batch(self.as_of)
            score_tables = [results.scores(decided_rows, self.policy) for decided_rows in ranges]
            contribution_tables = [results.contributions(decided_rows) for decided_rows in ranges]
            return ScoredFrames(to_frame(score_tables), to_frame(contribution_tables))

    def score_one(
        self, enterprise: pd.DataFrame, records: pd.DataFrame
    ) -> tuple[Score, tuple[Contribution, ...]]:
        """Scores one enterprise through the same expression as a batch; raises as ``score``.

        Args:
            enterprise: Its version or versions.
            records: Its records.

        Raises:
            UnknownEnterpriseError: There is none, or no version of it is known on that day.
        """
        with self.open(enterprise, records) as assessor:
            return assessor.one(assessor.only_id(), self.as_of)

    @contextmanager
    def open(self, enterprises: pd.DataFrame, records: pd.DataFrame) -> Iterator[Assessor]:
        """An ``Assessor`` over DataFrames that are checked and clustered.

        Arguments and errors are those of ``score``.
        """
        with open_intake(
            lambda folder: write_tables(enterprises, records, folder, relations=self.policy.law.relations)
        ) as data:
            # Here nothing is rejected silently: there is no rejects file that somebody would look at.
            if refused := sum(counts.rejected for counts in data.intake.sources.values()):
                raise _refusal(data.intake, refused)
            tables = data.tables
            if self.prior is not None:
                tables = data.engine.with_prior(tables, frame_prior(self.prior, self.policy.policy))
            covers = data.covers if self.covers is None else self.covers
            yield Assessor(data.engine, self.policy, covers, tables, id_ranges(data.intake.enterprises))


def _known_kinds(kinds: Iterable[str]) -> frozenset[str]:
    wanted, known_kinds = frozenset(kinds), codes()["kinds"]
    if strange := sorted(wanted.difference(known_kinds)):
        near_kinds = get_close_matches(strange[0], known_kinds, n=1) or ["inspection"]
        raise UsageError("covers_unknown_kind", kind=strange[0], near=near_kinds[0])
    return wanted


def _refusal(intake: Intake, refused: int) -> InputError:
    """Names the first faults: a DataFrame has no rejects file, it has nothing but this message."""
    faults = first_rejects(intake, MOST_FAULTS)
    sentences = {}
    for lang, between in (("zh", "；"), ("en", "; ")):
        sentences[lang] = between.join(_fault(fault, lang) for fault in faults)
    return InputError("frame_rows_refused", refused=refused, faults=sentences)


def _fault(fault: dict[str, str], lang: str) -> str:
    value = fault["value"].removeprefix(QUOTE)
    return f"{fault['row']}:{fault['column']}={value} {fault[f'sentence_{lang}']}"

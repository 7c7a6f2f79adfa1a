"""The feature matrix of a model.

Every number about the enterprise itself comes from the engine, as of the day; rates of peers are
made of its sums.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Protocol

import numpy as np
import pandas as pd

from scoring.analysis.training.peer_rates import VALUE, WHOLE, PeerRates, shrunk
from scoring.engine.cases import Case, Relations
from scoring.engine.duckdb import DuckEngine
from scoring.entities import Progress, silent
from scoring.policy.language.points_table import ENTERPRISE_AGE, Feature, Input
from scoring.policy.model_policy import inputs_policy
from scoring.policy.resolved import ResolvedPolicy

AT_ONCE = 40_000
"""Cases that the engine computes at once."""
FIRST_REFRESH = pd.Timestamp("2000-01-01")
"""Rates of peers are taken anew every so many days from here on: the same days for all trainings."""


class OpenTables(Protocol):
    """Clustered tables that are open in an engine, with the kinds that their sources cover."""

    @property
    def engine(self) -> DuckEngine:
        """The open engine."""

    @property
    def tables(self) -> Relations:
        """The clustered tables in it."""

    @property
    def covers(self) -> frozenset[str]:
        """Kinds that the sources cover."""


def compute_cases(
    policy: ResolvedPolicy,
    cases: pd.DataFrame,
    data: OpenTables,
    columns: Sequence[str],
    progress: Progress,
) -> pd.DataFrame:
    """Columns of the engine for every case; an enterprise that was not known that day gives no row.

    Args:
        policy: What is computed.
        cases: ``case_id``, ``enterprise_id`` and ``as_of``.
        data: Where the records are.
        columns: Of the engine's result, ``case_id`` among them.
        progress: Called with the share done.
    """
    blocks = []
    for start in range(0, len(cases), AT_ONCE):
        progress("features", start / len(cases))
        block = list(_engine_cases(cases.iloc[start : start + AT_ONCE]))
        rows = data.engine.cases(policy, block, data.covers, data.tables, columns)
        blocks.append(rows.to_pandas())
    progress("features", 1.0)
    computed: pd.DataFrame = pd.concat(blocks)
    return computed


def _engine_cases(cases: pd.DataFrame) -> Iterator[Case]:
    columns = (cases[column] for column in ("case_id", "enterprise_id", "as_of"))
    for case_id, enterprise_id, as_of in zip(*columns, strict=True):
        yield Case(case_id, enterprise_id, as_of.date())


class FeatureSource:
    """Features of cases, read through one engine.

    Args:
        engine: An open engine.
        tables: The clustered tables in it.
        covers: Kinds that the sources cover.
        inputs: Aggregates of own records.
        features: What is made of them.
        finality: When a decision counts as final.
        refresh_days: How often rates of peers are taken anew.
        progress: Called with a stage and the share done.
    """

    def __init__(
        self,
        engine: DuckEngine,
        tables: Relations,
        covers: frozenset[str],
        inputs: Sequence[Input],
        features: Sequence[Feature],
        finality: str,
        refresh_days: int = 1,
        progress: Progress = silent,
    ) -> None:
        self.engine = engine
        self.tables = tables
        self.covers = covers
        self.inputs = tuple(inputs)
        self.features = tuple(features)
        self.finality = finality
        self.refresh_days = refresh_days
        self.progress = progress
        self.peers = PeerRates(engine, tables, covers, self.inputs, self.features, finality)

    def over(self, tables: Relations) -> FeatureSource:
        """The same features over other tables of the same engine."""
        return FeatureSource(
            self.engine,
            tables,
            self.covers,
            self.inputs,
            self.features,
            self.finality,
            self.refresh_days,
            self.progress,
        )

    def values(self, cases: pd.DataFrame) -> pd.DataFrame:
        """Inputs by ``case_id`` in the order of ``cases``; null is unknown.

        An enterprise that was not known that day gives no row.

        Args:
            cases: ``case_id``, ``enterprise_id`` and ``as_of``.
        """
        policy = inputs_policy(self.inputs, self.finality)
        columns = ["case_id", *(VALUE + aggregate.id for aggregate in self.inputs)]
        values = compute_cases(policy, cases, self, columns, self.progress).set_index("case_id")
        values = values.reindex(cases.loc[cases["case_id"].isin(values.index), "case_id"])
        values = values.rename(columns=lambda name: name.removeprefix(VALUE))
        if any(feature.of == ENTERPRISE_AGE for feature in self.features):
            values[ENTERPRISE_AGE] = self.peers.ages_of(cases).reindex(values.index)
        return values.astype("Int64")

    def matrix(
        self,
        cases: pd.DataFrame,
        values: pd.DataFrame,
        means: Mapping[str, int],
        frozen_on: date | None = None,
    ) -> pd.DataFrame:
        """Features of every case, whole numbers as floats; NaN is unknown.

        Args:
            cases: As for ``values``.
            values: What ``values`` gave.
            means: Population means of shares in basis points, by feature (``share_means``).
            frozen_on: Day of the rates of peers; without it the last day of refreshing that is not
                after ``as_of``.
        """
        columns = {}
        for feature in self.features:
            if feature.by:
                columns[feature.id] = self._peers(cases, feature, frozen_on)
            elif feature.among:
                known = values[[feature.of, feature.among]].dropna().astype("int64")
                mean_bp = means[feature.id]
                shares = shrunk(known[feature.of], known[feature.among], feature.prior, mean_bp)
                columns[feature.id] = shares.reindex(values.index)
            else:
                columns[feature.id] = values[feature.of].astype("float64")
        return pd.DataFrame(columns, index=values.index).astype("float64")

    def share_means(self, values: pd.DataFrame) -> dict[str, int]:
        """Population means of the shares, in basis points, over these cases."""
        means = {}
        for feature in self.features:
            if feature.among and not feature.by:
                # With nothing to divide by the mean is 0.
                denominator = max(int(values[str(feature.among)].sum()), 1)
                means[feature.id] = int(values[feature.of].sum()) * WHOLE // denominator
        return means

    def _peers(self, cases: pd.DataFrame, feature: Feature, frozen_on: date | None) -> pd.Series:
        """The rate of the case's peers, by ``case_id``."""
        rates = pd.Series(np.nan, index=pd.Index(cases["case_id"]))
        keys = self.peers.keys_of(cases, str(feature.by))
        of_cases = self.peers.of_cases if frozen_on is None else self.peers.frozen_of_cases
        by_day = list(cases.groupby(self._rate_days(cases, frozen_on).to_numpy()))
        for index, (day, rows) in enumerate(by_day):
            self.progress("peers", index / len(by_day))
            rate_day = pd.Timestamp(str(day)).date()
            rates.loc[rows["case_id"]] = of_cases(rows, keys, rate_day, feature)
        self.progress("peers", 1.0)
        return rates

    def _rate_days(self, cases: pd.DataFrame, frozen_on: date | None) -> pd.Series:
        """The day whose rates of peers every case sees."""
        if frozen_on is not None:
            return pd.Series(pd.Timestamp(frozen_on), index=cases.index)
        interval = pd.Timedelta(days=self.refresh_days)
        return FIRST_REFRESH + ((cases["as_of"] - FIRST_REFRESH) // interval) * interval


def enterprise_ids(engine: DuckEngine, tables: Relations) -> list[str]:
    """Ids of all enterprises, sorted."""
    query = f"SELECT DISTINCT enterprise_id FROM {tables.enterprises} ORDER BY 1"
    identifiers: list[str] = engine.select(query).column(0).to_pylist()
    return identifiers

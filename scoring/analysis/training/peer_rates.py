"""Rates of peers: how often something is so among enterprises of an area, an industry or a size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scoring.engine.cases import Relations
from scoring.engine.duckdb import DuckEngine
from scoring.policy.language.points_table import ENTERPRISE_AGE, Feature, Input
from scoring.policy.model_policy import inputs_policy

WHOLE = 10_000
"""Basis points of a whole."""
VALUE = "v__"
"""Prefix of the engine's columns that hold the value of an indicator."""
EVERYONE = ("", "\U0010ffff")
"""The range of all enterprise ids."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class PeerSums:
    """What rates of peers are made of on a day, in two tables with the columns ``of`` and ``among``.

    Attributes:
        by_key: Sums over the enterprises of every key.
        by_enterprise: What each enterprise itself adds to them.
    """

    by_key: pd.DataFrame
    by_enterprise: pd.DataFrame

    @property
    def mean_bp(self) -> int:
        """The rate of all, in basis points."""
        denominator = int(self.by_key["among"].sum())
        return int(self.by_key["of"].sum()) * WHOLE // denominator if denominator else 0


class FrozenRates(NamedTuple):
    """The rate of all and the rate of every key on one day, in basis points."""

    mean_bp: int
    by_key: dict[str, int]


class PeerRates:
    """Rates of peers as they stood on any day.

    They are made of the engine's own numbers of every enterprise, summed by key.

    Args:
        engine: An open engine.
        tables: The clustered tables in it.
        covers: Kinds that the sources cover.
        inputs: Aggregates of own records.
        features: What is made of them; those with ``by`` are rates of peers.
        finality: When a decision counts as final.
    """

    def __init__(
        self,
        engine: DuckEngine,
        tables: Relations,
        covers: frozenset[str],
        inputs: Sequence[Input],
        features: Sequence[Feature],
        finality: str,
    ) -> None:
        self._engine = engine
        self._tables = tables
        self._covers = covers
        self._finality = finality
        self._features = [feature for feature in features if feature.by]
        self._sees_age = any(feature.of == ENTERPRISE_AGE for feature in features)
        counted = {feature.of for feature in self._features}
        counted |= {str(feature.among) for feature in self._features}
        self._inputs = [aggregate for aggregate in inputs if aggregate.id in counted]
        self._sums: dict[tuple[date, str, str, str], PeerSums] = {}
        self._counts: dict[date, pd.DataFrame] = {}

    def of_cases(self, cases: pd.DataFrame, keys: pd.Series, day: date, feature: Feature) -> Floats:
        """Rates of the peers of some cases on a day, each without the enterprise itself.

        Args:
            cases: ``case_id`` and ``enterprise_id``.
            keys: Whose peers they are, by ``case_id``.
            day: The day whose rates are taken.
            feature: The rate.
        """
        peer_sums = self.on(day, feature)
        # A case without a key has no peers; an enterprise of which nothing is counted adds nothing.
        peers = peer_sums.by_key.reindex(keys.reindex(cases["case_id"])).fillna(0)
        themselves = peer_sums.by_enterprise.reindex(cases["enterprise_id"]).fillna(0)
        return _rates(peers - themselves.to_numpy(), feature, peer_sums.mean_bp).to_numpy()

    def frozen_of_cases(self, cases: pd.DataFrame, keys: pd.Series, day: date, feature: Feature) -> Floats:
        """Rates of the peers of some cases as a table frozen on a day has them.

        The table has a rate by key alone, so that the enterprise itself cannot be left out.
        """
        peer_sums = self.on(day, feature)
        peers = peer_sums.by_key.reindex(keys.reindex(cases["case_id"])).fillna(0)
        return _rates(peers, feature, peer_sums.mean_bp).to_numpy()

    def frozen(self, day: date, feature: Feature) -> FrozenRates:
        """The mean and the look-up table of a rate of peers on a day."""
        peer_sums = self.on(day, feature)
        rates = _rates(peer_sums.by_key, feature, peer_sums.mean_bp)
        by_key = sorted(rates.items(), key=lambda key_and_rate: str(key_and_rate[0]))
        return FrozenRates(peer_sums.mean_bp, {str(key): int(rate) for key, rate in by_key})

    def on(self, day: date, feature: Feature) -> PeerSums:
        """What a rate of peers is made of on a day."""
        by = str(feature.by)
        wanted = (day, feature.of, str(feature.among), by)
        if wanted not in self._sums:
            counts = self._counts_on(day)[[feature.of, str(feature.among)]]
            counts = counts.set_axis(["of", "among"], axis=1)
            counts = counts[counts["among"].fillna(0) > 0].astype("int64")
            by_key = counts.groupby(self._keys_on(day, by).reindex(counts.index).to_numpy()).sum()
            self._sums[wanted] = PeerSums(by_key, counts)
        return self._sums[wanted]

    def _counts_on(self, day: date) -> pd.DataFrame:
        """The inputs that rates of peers are made of, for every enterprise on a day."""
        if day not in self._counts:
            policy = inputs_policy(self._inputs, self._finality)
            columns = ["enterprise_id", *(VALUE + aggregate.id for aggregate in self._inputs)]
            blocks = self._engine.batch(policy, day, self._covers, self._tables, [EVERYONE], columns)
            frame = next(iter(blocks)).to_pandas().set_index("enterprise_id")
            self._counts[day] = frame.rename(columns=lambda name: name.removeprefix(VALUE))
        return self._counts[day]

    def keys_of(self, cases: pd.DataFrame, by: str) -> pd.Series:
        """The key of the enterprise of every case, as it was believed on the day of the case."""
        case_days = cases[["case_id", "enterprise_id", "as_of"]]
        joined = case_days.merge(self._enterprises, on="enterprise_id")
        begun = joined["known_on"].isna() | (joined["known_on"] <= joined["as_of"])
        not_ended = joined["known_until"].isna() | (joined["known_until"] > joined["as_of"])
        return joined[begun & not_ended].drop_duplicates("case_id").set_index("case_id")[by]

    def ages_of(self, cases: pd.DataFrame) -> pd.Series:
        """Days since the registration of the enterprise of every case, by ``case_id``; NaN is unknown."""
        registered = pd.to_datetime(self.keys_of(cases, "registered_on"))
        as_of = cases.set_index("case_id")["as_of"]
        days = (as_of - registered.reindex(as_of.index)).dt.days
        return days.where(days >= 0)

    def _keys_on(self, day: date, by: str) -> pd.Series:
        """The key of every enterprise as it was believed on a day."""
        frame = self._enterprises
        begun = frame["known_on"].isna() | (frame["known_on"] <= pd.Timestamp(day))
        not_ended = frame["known_until"].isna() | (frame["known_until"] > pd.Timestamp(day))
        believed = frame[begun & not_ended].drop_duplicates("enterprise_id")
        return believed.set_index("enterprise_id")[by]

    # Read once: training asks for the keys of many days.
    @cached_property
    def _enterprises(self) -> pd.DataFrame:
        """Every version of every enterprise: its keys, and from when until when it was believed."""
        keys = {str(feature.by) for feature in self._features}
        keys |= {"registered_on"} if self._sees_age else set()
        columns = ", ".join(["enterprise_id", "known_on", "known_until", *sorted(keys)])
        query = f"SELECT {columns} FROM {self._tables.enterprises}"
        frame: pd.DataFrame = self._engine.select(query).to_pandas()
        for column in ("known_on", "known_until"):
            frame[column] = pd.to_datetime(frame[column])
        return frame


def _rates(sums: pd.DataFrame, feature: Feature, mean_bp: int) -> pd.Series:
    return shrunk(sums["of"].astype("int64"), sums["among"].astype("int64"), feature.prior, mean_bp)


def shrunk(hits: pd.Series, among: pd.Series, prior: int, mean_bp: int) -> pd.Series:
    """Shares in basis points, shrunk to the mean; NaN of nothing.

    They are rounded down, as the engine compares them.

    Args:
        hits: Numerators.
        among: Denominators.
        prior: Counts as so much of ``among`` at the mean.
        mean_bp: The mean, in basis points.
    """
    weights = (among + prior).to_numpy(dtype=np.int64)
    weighted: Ints = hits.to_numpy(dtype=np.int64) * WHOLE + prior * mean_bp
    rate = np.where(weights > 0, weighted // np.maximum(weights, 1), np.nan)
    return pd.Series(rate, index=hits.index)

"""The feature matrix: every number about the enterprise itself comes from the engine, as of the day; rates of peers from its sums."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scoring.engine.cases import Case, Change, Relations
from scoring.engine.duckdb import DuckEngine
from scoring.entities import Progress, silent
from scoring.policy.language.points_table import Feature, Input, inputs_policy

AT_ONCE = 40_000
WHOLE = 10_000
EVERYONE = ("", "\U0010ffff")
VALUE = "v__"

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Rates:
    """Rates of peers on one day: per key sums of ``of`` and ``among``, and what each enterprise itself adds to them."""

    of: pd.Series
    among: pd.Series
    own: pd.DataFrame

    @property
    def mean_bp(self) -> int:
        """The rate of all, in basis points."""
        total = int(self.among.sum())
        return int(self.of.sum()) * WHOLE // total if total else 0


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
        self.engine, self.tables, self.covers, self.progress = engine, tables, covers, progress
        self.inputs, self.features, self.finality, self.refresh_days = (
            tuple(inputs),
            tuple(features),
            finality,
            refresh_days,
        )
        self._rates: dict[tuple[date, str, str, str], Rates] = {}
        self._days: dict[date, pd.DataFrame] = {}

    def values(self, cases: pd.DataFrame, without: Mapping[str, Sequence[str]] | None = None) -> pd.DataFrame:
        """Inputs by ``case_id`` in the order of ``cases``; null is unknown. An enterprise that was not known that day gives no row.

        Args:
            cases: ``case_id``, ``enterprise_id`` and ``as_of``.
            without: Ids of records that are left out, by ``case_id``.
        """
        policy, blocks = inputs_policy(self.inputs, self.finality), []
        columns = ["case_id", *(VALUE + i.id for i in self.inputs)]
        for start in range(0, len(cases), AT_ONCE):
            self.progress("features", start / len(cases))
            rows = cases.iloc[start : start + AT_ONCE]
            asked = [
                Case(
                    c,
                    e,
                    d.date(),
                    changes=(Change(without=tuple(without[c])),) if without and c in without else (),
                )
                for c, e, d in zip(rows["case_id"], rows["enterprise_id"], rows["as_of"], strict=True)
            ]
            blocks.append(self.engine.cases(policy, asked, self.covers, self.tables, columns).to_pandas())
        self.progress("features", 1.0)
        found: pd.DataFrame = pd.concat(blocks).set_index("case_id")
        found = found.reindex(cases.loc[cases["case_id"].isin(found.index), "case_id"])
        return found.rename(columns=lambda name: name.removeprefix(VALUE)).astype("Int64")

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
            frozen_on: Day of the rates of peers; without it the last day of refreshing that is not after ``as_of``.
        """
        columns = {}
        for feature in self.features:
            if feature.by:
                columns[feature.id] = self._peers(cases, feature, frozen_on)
            elif feature.among:
                pair = values[[feature.of, feature.among]].dropna().astype("int64")
                columns[feature.id] = shrunk(
                    pair[feature.of], pair[feature.among], feature.prior, means[feature.id]
                ).reindex(values.index)
            else:
                columns[feature.id] = values[feature.of].astype("float64")
        return pd.DataFrame(columns, index=values.index).astype("float64")

    def share_means(self, values: pd.DataFrame) -> dict[str, int]:
        """Population means of the shares, in basis points, over these cases."""
        shares = [f for f in self.features if f.among and not f.by]
        return {
            f.id: int(values[f.of].sum()) * WHOLE // max(int(values[str(f.among)].sum()), 1) for f in shares
        }

    def _peers(self, cases: pd.DataFrame, feature: Feature, frozen_on: date | None) -> pd.Series:
        """The rate of the case's peers without the enterprise itself."""
        step, start = pd.Timedelta(days=self.refresh_days), pd.Timestamp("2000-01-01")
        days = start + ((cases["as_of"] - start) // step) * step
        if frozen_on is not None:
            days = pd.Series(pd.Timestamp(frozen_on), index=cases.index)
        found, keys = (
            pd.Series(np.nan, index=pd.Index(cases["case_id"])),
            self._keys_of(cases, str(feature.by)),
        )
        groups = list(cases.groupby(days.to_numpy()))
        for n, (day, rows) in enumerate(groups):
            self.progress("peers", n / len(groups))
            rates = self.rates(pd.Timestamp(str(day)).date(), feature)
            key = keys.reindex(rows["case_id"])
            sums = {"of": rates.of, "among": rates.among}
            peers = pd.DataFrame(
                {name: total.reindex(key).fillna(0).to_numpy() for name, total in sums.items()}
            )
            if frozen_on is None:  # a frozen table cannot leave the enterprise itself out
                peers -= rates.own.reindex(rows["enterprise_id"]).fillna(0).to_numpy()
            rate = shrunk(
                peers["of"].astype("int64"), peers["among"].astype("int64"), feature.prior, rates.mean_bp
            )
            found.loc[rows["case_id"]] = rate.to_numpy()
        self.progress("peers", 1.0)
        return found

    def rates(self, day: date, feature: Feature) -> Rates:
        """Rates of peers as they stood on a day: the engine's own numbers of every enterprise, summed by key."""
        asked = (day, feature.of, str(feature.among), str(feature.by))
        if asked not in self._rates:
            own = self._everyone(day)[[feature.of, str(feature.among)]].set_axis(["of", "among"], axis=1)
            own = own[own["among"].fillna(0) > 0].astype("int64")
            sums = own.groupby(self._keys(day, str(feature.by)).reindex(own.index).to_numpy()).sum()
            self._rates[asked] = Rates(sums["of"], sums["among"], own)
        return self._rates[asked]

    def _everyone(self, day: date) -> pd.DataFrame:
        """What rates of peers are made of, for every enterprise on a day."""
        if day not in self._days:
            named = {name for f in self.features if f.by for name in (f.of, str(f.among))}
            wanted = [i for i in self.inputs if i.id in named]
            columns = ["enterprise_id", *(VALUE + i.id for i in wanted)]
            rows = self.engine.batch(
                inputs_policy(wanted, self.finality), day, self.covers, self.tables, [EVERYONE], columns
            )
            frame = next(iter(rows)).to_pandas().set_index("enterprise_id")
            self._days[day] = frame.rename(columns=lambda name: name.removeprefix(VALUE))
        return self._days[day]

    def table(self, day: date, feature: Feature) -> tuple[int, dict[str, int]]:
        """The mean and the look-up table of a rate of peers, frozen on a day."""
        rates = self.rates(day, feature)
        frozen = shrunk(rates.of, rates.among, feature.prior, rates.mean_bp)
        return rates.mean_bp, {
            str(key): int(rate) for key, rate in sorted(frozen.items(), key=lambda item: str(item[0]))
        }

    def _keys_of(self, cases: pd.DataFrame, by: str) -> pd.Series:
        """The key of the enterprise of every case as it was believed on the day of the case."""
        joined = cases[["case_id", "enterprise_id", "as_of"]].merge(self._enterprises, on="enterprise_id")
        begun = joined["known_on"].isna() | (joined["known_on"] <= joined["as_of"])
        believed = begun & (joined["known_until"].isna() | (joined["known_until"] > joined["as_of"]))
        return joined[believed].drop_duplicates("case_id").set_index("case_id")[by]

    def _keys(self, day: date, by: str) -> pd.Series:
        """The key of every enterprise as it was believed on a day."""
        frame, at = self._enterprises, pd.Timestamp(day)
        believed = (frame["known_on"].isna() | (frame["known_on"] <= at)) & (
            frame["known_until"].isna() | (frame["known_until"] > at)
        )
        return frame[believed].drop_duplicates("enterprise_id").set_index("enterprise_id")[by]

    @cached_property
    def _enterprises(self) -> pd.DataFrame:
        columns = ", ".join(sorted({str(f.by) for f in self.features if f.by}))
        text = f"SELECT enterprise_id, known_on, known_until, {columns} FROM {self.tables.enterprises}"
        frame: pd.DataFrame = self.engine.select(text).to_pandas()
        return frame.assign(**{name: pd.to_datetime(frame[name]) for name in ("known_on", "known_until")})


def shrunk(of: pd.Series, among: pd.Series, prior: int, mean_bp: int) -> pd.Series:
    """Shares in basis points, shrunk to the mean and rounded down as the engine compares them; NaN of nothing."""
    whole = (among + prior).to_numpy(dtype=np.int64)
    number: Ints = of.to_numpy(dtype=np.int64) * WHOLE + prior * mean_bp
    rate = np.where(whole > 0, number // np.maximum(whole, 1), np.nan)
    return pd.Series(rate, index=of.index)


def enterprise_ids(engine: DuckEngine, tables: Relations) -> list[str]:
    """All enterprises, sorted."""
    column: Iterable[str] = (
        engine.select(f"SELECT DISTINCT enterprise_id FROM {tables.enterprises} ORDER BY 1")
        .column(0)
        .to_pylist()
    )
    return list(column)

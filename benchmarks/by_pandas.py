"""The same result with pandas, as a careful analyst would write it: categories, masks, one group-by per indicator."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from scoring.policy.law.retention import oldest_used
from scoring.workdays import lapsed_if_served_by

MONTHS = 6  # zhejiang-11: the period for review and lawsuit
FEW = ["kind", "result", "severity", "info_class", "scope", "contest", "procedure", "authority"]
DAYS = [
    "occurred_on",
    "decided_on",
    "served_on",
    "final_on",
    "publish_until",
    "restored_on",
    "withdrawn_on",
    "masked_from",
    "masked_until",
    "known_on",
    "known_until",
]
OTHER = ["enterprise_id", "act_id", "act_rank", "amount_fen", "value_x100"]
PROBLEMS = ["corrected", "problem", "violation", "not_published", "concealed", "unreachable", "refused"]
VISITED = ["no_problem", "qualified", "unqualified", *PROBLEMS]
CREDIT = [
    "public_credit_score",
    "tax_grade",
    "administrative_penalty",
    "serious_violation_listing",
    "wage_arrears_listing",
    "work_safety_listing",
    "judgment_default",
    "criminal_judgment",
]
OLD = [
    "inspection",
    "sampling_test",
    "complaint",
    "rectification_order",
    "inspection_refusal",
    "accident",
    "abnormal_operations_listing",
    "criminal_judgment",
    "tax_arrears",
    "tax_grade",
    "environment_grade",
    "commitment_breach",
    "social_insurance_arrears",
]
LISTS = ["serious_violation_listing", "wage_arrears_listing", "work_safety_listing"]
USES = {**dict.fromkeys(LISTS, 36), "judgment_default": 24, **dict.fromkeys(OLD, 60)}
UNLIMITED = ["annual_report", "honour", "public_credit_score", "self_inspection"]
MARKS = [  # name, kind, window, points for one and for more; result where only one counts
    ("refusals", "inspection_refusal", 365, -60, -120, None),
    ("listed", "serious_violation_listing", 1095, -300, -300, None),
    ("criminal", "criminal_judgment", 1825, -250, -250, None),
    ("abnormal", "abnormal_operations_listing", 1095, -80, -130, None),
    ("tax_d", "tax_grade", 365, -90, -90, "grade_d"),
    ("tax_a", "tax_grade", 365, 30, 30, "grade_a"),
    ("honours", "honour", 1095, 20, 35, None),
    ("breaches", "commitment_breach", 365, -50, -100, None),
    ("self", "self_inspection", 365, 15, 25, None),
    ("defaults", "judgment_default", 730, -200, -200, None),
    ("failed", "sampling_test", 365, -30, -70, "unqualified"),
    ("work_safety", "work_safety_listing", 1095, -300, -300, None),
    ("wages", "wage_arrears_listing", 1095, -300, -300, None),
    ("environment_a", "environment_grade", 730, 15, 15, "grade_a"),
]


def with_pandas(clustered: Path, as_of: date) -> pd.DataFrame:
    """Scores a district that fits into memory.

    Args:
        clustered: Folder with ``enterprises.parquet`` and ``records.parquet``.
        as_of: The day.

    Returns:
        ``enterprise_id``, ``points``, ``band``, ``colour``, ``gate`` (null when rated), ordered by id.
    """
    day = pd.Timestamp(as_of)
    columns = ["enterprise_id", "entity_type", "status", "known_on", "known_until"]
    people = pd.read_parquet(clustered / "enterprises.parquet", columns=columns)
    people = people[
        ~(pd.to_datetime(people.known_on) > day) & ~(pd.to_datetime(people.known_until) <= day)
    ].reset_index(drop=True)
    table = pq.read_table(
        clustered / "records.parquet", columns=[*FEW, *DAYS, *OTHER], read_dictionary=[*FEW, "enterprise_id"]
    )
    records = table.to_pandas(date_as_object=False)
    del table
    since = {months: pd.Timestamp(oldest_used(as_of, months)) for months in (3, 12, 24, 36, 60)}
    counted = _snapshot(records, day, pd.Timestamp(lapsed_if_served_by(as_of, MONTHS)), since)
    del records
    counted["who"] = pd.Index(people.enterprise_id).get_indexer(counted.enterprise_id.cat.categories)[
        counted.enterprise_id.cat.codes
    ]
    counted = counted[counted.who >= 0]
    return _decided(people, _Totals(counted, len(people)))


def _snapshot(
    r: pd.DataFrame, day: pd.Timestamp, lapsed_by: pd.Timestamp, since: dict[int, pd.Timestamp]
) -> pd.DataFrame:
    """Records that count on the day, with ``age``, ``level``, ``own`` and ``keep``."""
    dated = r.decided_on.fillna(r.occurred_on)
    counts = (
        (r.known_on <= day)
        & ~(r.known_until <= day)
        & (dated <= day)
        & ~(r.withdrawn_on <= day)
        & ~((r.masked_from <= day) & ~(r.masked_until <= day))
        & ~(r.restored_on <= day)
    )
    counts &= ~(r.publish_until < day) & ~r.contest.isin(["annulled", "review", "lawsuit", "altered"])
    counts &= r.kind.isin([*USES, *UNLIMITED, "administrative_penalty"]) & ~(
        (r.kind == "complaint") & (r.result != "substantiated")
    )
    for months in set(USES.values()):
        counts &= ~(
            r.kind.isin([kind for kind, use in USES.items() if use == months]) & (dated < since[months])
        )
    penal = r[counts & (r.kind == "administrative_penalty")]
    minor = penal.severity == "minor"
    small = np.where(penal.amount_fen.isna(), minor, penal.amount_fen <= 300_000)
    summary = (penal.procedure == "summary") | ((penal.procedure != "ordinary") & small)
    final = np.where(
        penal.final_on.isna(), penal.served_on.fillna(penal.decided_on) <= lapsed_by, penal.final_on <= day
    )
    final &= (penal.contest != "upheld") | (penal.served_on.fillna(penal.decided_on) <= lapsed_by)
    level = penal.info_class.astype("object").fillna(penal.severity.astype("object"))
    used = dated[penal.index] >= level.map({"minor": since[3], "general": since[12]}).fillna(since[36])
    unpublished = (level == "minor") & penal.publish_until.isna()
    counts[penal.index[summary | ~final | ~used | level.isna() | unpublished]] = False
    kept = r.loc[
        counts,
        [
            "enterprise_id",
            "kind",
            "result",
            "severity",
            "authority",
            "amount_fen",
            "value_x100",
            "act_id",
            "act_rank",
        ],
    ]
    kept["age"] = (day - dated[counts]).dt.days.astype("int32")
    kept["level"] = kept.severity.cat.codes.map(
        dict(enumerate(kept.severity.cat.categories.map({"minor": 1, "general": 2, "serious": 3})))
    )
    kept["own"] = (r.scope[counts] == "own") | r.scope[counts].isna()
    kept["keep"] = True
    shared = kept[kept.act_rank > 0]
    best = shared.groupby(["enterprise_id", "act_id"], observed=True).act_rank.transform("min")
    kept.loc[shared.index, "keep"] = shared.act_rank == best
    return kept


class _Totals:
    """Sums, counts and extremes per enterprise of the records that a mask picks, as arrays in the order of enterprises."""

    def __init__(self, records: pd.DataFrame, n: int) -> None:
        self.all = {str(kind): rows for kind, rows in records.groupby("kind", observed=True)}
        self._empty, self.n = records.iloc[:0], n

    def rows(
        self, kinds: Sequence[str], window: int, *, merged: bool = True, own: bool = True
    ) -> pd.DataFrame:
        """Records of some kinds with an age in the window; ``merged`` keeps the gravest of an act only."""
        found = (
            pd.concat([self.all.get(kind, self._empty) for kind in kinds])
            if len(kinds) > 1
            else self.all.get(kinds[0], self._empty)
        )
        wanted = (found.age < window) & (found.own == own)
        return found[wanted & found.keep if merged else wanted]

    def count(self, rows: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Number of records."""
        return np.bincount(rows.who, minlength=self.n)

    def of(self, rows: pd.DataFrame, column: pd.Series, how: str) -> pd.Series:
        """An aggregate of a column, null where there is no record."""
        return column.groupby(rows.who).agg(how).reindex(range(self.n))

    def total(self, rows: pd.DataFrame, column: pd.Series) -> pd.Series:
        """The sum of an integer column, 0 where there is no record."""
        return column.fillna(0).astype("int64").groupby(rows.who).sum().reindex(range(self.n), fill_value=0)


def _binned(
    values: pd.Series | np.ndarray[tuple[int], np.dtype[np.int64]], edges: list[int], points: list[int]
) -> pd.Series:
    """Points of the first bin whose edge is not exceeded; unknown values give none."""
    series = pd.Series(np.asarray(values, dtype="float64"))
    found = np.asarray(points)[np.searchsorted(edges, series.fillna(edges[0]))]
    return pd.Series(np.where(series.isna(), 0, found))


def _aged(rows: pd.DataFrame, *steps: tuple[int, int]) -> pd.Series:
    """Weight by age: the first step whose limit is above it."""
    return pd.Series(
        np.select([rows.age < limit for limit, _ in steps], [weight for _, weight in steps], 0),
        index=rows.index,
    )


def _decided(people: pd.DataFrame, t: _Totals) -> pd.DataFrame:
    base = 850 + _penalties(t) + _conduct(t) + _marks(t)
    points = base.clip(0, 1000).astype("int32")
    flags = {
        name: t.count(_only(t.rows([kind], window, merged=False), result)) > 0
        for name, kind, window, _, _, result in MARKS
    }
    penal = t.rows(["administrative_penalty"], 1095, merged=False)
    grave = (
        t.count(penal[((penal.severity == "general") & (penal.age < 365)) | (penal.severity == "serious")])
        > 0
    )
    accidents = t.rows(["accident"], 365, merged=False)
    capped = t.count(accidents[accidents.level >= 2]) > 0
    for name in ("refusals", "abnormal", "tax_d", "defaults", "criminal"):
        capped |= flags[name]
    band = np.select([points >= 900, points >= 790, points >= 450], [0, 1, 2], 3)
    band = np.maximum(
        band,
        np.select([flags["listed"] | flags["work_safety"] | flags["wages"], capped, grave], [3, 2, 1], 0),
    )
    visits = t.rows(["inspection", "sampling_test"], 1095, merged=False)
    seen = (t.count(visits[visits.result.isin(VISITED)]) > 0) | (
        t.count(t.rows(CREDIT, 1095, merged=False)) > 0
    )
    gate = pd.Series("thin_file", index=people.index).where(~seen, "")
    gate = gate.mask(people.status.isin(["dormant", "liquidation"]), "dormant")
    gate = gate.mask(people.status.isin(["revoked", "deregistered", "moved"]), "gone")
    gate = gate.mask(~people.entity_type.isin(["company", "branch", "cooperative"]), "outside_scheme")
    rated = gate == ""
    return pd.DataFrame(
        {
            "enterprise_id": people.enterprise_id,
            "points": points.where(rated).astype("Int32"),
            "band": pd.Series(np.array(list("ABCD"))[band]).where(rated),
            "colour": pd.Series(np.array(["blue", "green", "yellow", "red"])[band]).where(rated),
            "gate": gate.mask(rated),
        }
    )


def _only(rows: pd.DataFrame, result: str | None) -> pd.DataFrame:
    return rows if result is None else rows[rows.result == result]


def _penalties(t: _Totals) -> pd.Series:
    p = t.rows(["administrative_penalty"], 1095)
    minor, general, serious = (p[p.severity == name] for name in ("minor", "general", "serious"))
    year = p[p.severity.isin(["general", "serious"]) & (p.age < 365)]
    branch = t.rows(["administrative_penalty"], 365, own=False)
    return (
        _binned(t.total(minor, _aged(minor, (45, 100), (89, 50))), [0, 100], [0, -10, -25])
        + _binned(
            t.total(general, _aged(general, (180, 100), (365, 60))),
            [0, 60, 100, 200],
            [0, -60, -80, -120, -170],
        )
        + _binned(
            t.total(serious, _aged(serious, (365, 100), (730, 70), (1095, 40))),
            [0, 40, 70, 100],
            [0, -120, -160, -200, -260],
        )
        + _binned(t.total(year, year.amount_fen), [0, 10**6, 10**7, 10**8], [0, -5, -15, -30, -50])
        + _binned(t.of(year, year.authority, "nunique"), [1, 2], [0, -20, -50])
        + _binned(t.count(branch[branch.severity.isin(["general", "serious"])]), [0, 2], [0, -15, -40])
    )


def _conduct(t: _Totals) -> pd.Series:
    inspections, tests = t.rows(["inspection"], 730), t.rows(["sampling_test"], 730)
    problems = t.count(inspections[inspections.result.isin(PROBLEMS)])
    among = t.count(inspections[inspections.result.isin(["no_problem", *PROBLEMS])])
    visits = pd.concat([inspections, tests])
    clean = t.count(visits[visits.result.isin(["no_problem", "qualified"])])
    graver = visits[visits.severity == "serious"]
    orders, accidents = t.rows(["rectification_order"], 365), t.rows(["accident"], 365)
    reports, complaints = (
        _only(t.rows(["annual_report"], 730), "no_problem"),
        _only(t.rows(["complaint"], 365), "substantiated"),
    )
    owed = t.rows(["tax_arrears", "social_insurance_arrears"], 730)
    return (
        _binned(problems * 10_000 // np.maximum(among, 1), [0, 1000, 2500, 5000], [0, -5, -15, -35, -70])
        + _binned(clean, [0, 1], [0, 10, 20])
        + _binned(t.of(graver, graver.age, "min"), [180, 365, 729], [-50, -30, -10, 0])
        + _binned(t.of(orders, orders.level, "max"), [1, 2], [-10, -25, -60])
        + _binned(t.of(accidents, accidents.level, "max"), [1, 2], [-40, -100, -220])
        + _binned(t.of(reports, reports.age, "min"), [400], [15, 0])
        + _binned(
            t.total(complaints, _aged(complaints, (180, 100), (365, 50))), [0, 100, 300], [0, -15, -40, -80]
        )
        + _binned(
            t.total(owed, owed.amount_fen.fillna(0) * _aged(owed, (365, 100), (730, 50))),
            [0, 10**8, 10**9],
            [0, -20, -45, -80],
        )
        + _binned(
            _latest(t),
            [60000, 70000, 76000, 80000, 84000, 88000, 92000],
            [-120, -70, -40, -20, 0, 15, 40, 70],
        )
    )


def _latest(t: _Totals) -> pd.Series:
    """The public credit score of the youngest record; of the same day the highest."""
    scores = t.rows(["public_credit_score"], 730).dropna(subset=["value_x100"])
    scores = scores.sort_values(["who", "age", "value_x100"], ascending=[True, True, False])
    return t.of(first := scores.drop_duplicates("who"), first.value_x100, "max")


def _marks(t: _Totals) -> pd.Series:
    """Kinds that are only counted: points for one record and for more."""
    return sum(
        (
            _binned(t.count(_only(t.rows([kind], window), result)), [0, 1], [0, one, more])
            for _, kind, window, one, more, result in MARKS
        ),
        start=pd.Series(0, index=range(t.n)),
    )

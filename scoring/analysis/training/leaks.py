"""What must not be in a feature: the future, the answer, or the inspector."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from scoring.analysis.training.evaluate import auc
from scoring.engine.cases import Relations
from scoring.errors import ModelError

CARRIED = 0.5
"""Share of a feature's variance that who visits may explain: a rate by area stays far below, a rate by inspector is at 1."""
FEWEST_NAMED = 50
"""Cases that must say who visited before anything can be said about it."""
INSPECTOR_COLUMNS = ["enterprise_id", "visit_on", "inspector"]
"""Columns of a list of who visited."""


def refuse_implausible(matrix: pd.DataFrame, found: pd.Series, limit: float) -> dict[str, float]:
    """Single-feature AUC (either direction, unknown apart) of every feature.

    Raises:
        ModelError: One of them is higher than records of the past plausibly allow.
    """
    aucs = {str(name): _single(matrix[name], found) for name in matrix}
    worst = max(aucs, key=lambda name: aucs[name])
    if aucs[worst] > limit:
        raise ModelError(
            zh=f"特征 {worst} 单独的 AUC 达 {aucs[worst]:.3f}，高于 {limit}：多半含有结果本身；请核对其输入的日期，例如 known_on 推定天数",
            en=f"feature {worst} alone has an AUC of {aucs[worst]:.3f}, above {limit}: it probably holds the answer; check the dates of "
            "its "
            "inputs, e.g. the assumed days of known_on",
        )
    return aucs


def refuse_future(
    build: Callable[[Relations, pd.DataFrame], pd.DataFrame],
    tables: Relations,
    cases: pd.DataFrame,
    day: date,
) -> None:
    """Builds features of cases up to a day with and without the records that became known after it: they must be the same.

    Raises:
        ModelError: A feature changes when later records are deleted.
    """
    asked = cases[cases["as_of"] <= pd.Timestamp(day)]
    past = Relations(tables.enterprises, f"(SELECT * FROM {tables.records} WHERE known_on <= DATE '{day}')")
    with_all, without = build(tables, asked), build(past, asked)
    changed = [str(name) for name in with_all if not with_all[name].equals(without[name])]
    if changed:
        raise ModelError(
            zh=f"删去 {day} 之后的记录后，特征 {'、'.join(changed)} 的值变了：它看到了未来；请只用当日已知的记录，例如 known_on ≤ as_of",
            en=f"without the records known after {day}, {', '.join(changed)} changes: it sees the future; use what was known on the day, "
            "e.g. known_on ≤ as_of",
        )


def read_inspectors(path: Path, cases: pd.DataFrame) -> pd.Series:
    """Who made the visit of every case, by ``case_id``; for checking features and for nothing else.

    Args:
        path: A CSV file with ``enterprise_id``, ``visit_on`` and ``inspector``.
        cases: ``case_id``, ``enterprise_id`` and ``visit_on``.

    Raises:
        ModelError: The file cannot be read so, or says of too few cases who visited.
    """
    try:
        rows = (
            pd.read_csv(path, dtype="str", usecols=INSPECTOR_COLUMNS)
            .dropna()
            .drop_duplicates(INSPECTOR_COLUMNS[:2])
        )
        rows = rows.assign(
            visit_on=pd.to_datetime(rows["visit_on"], format="%Y-%m-%d").astype(cases["visit_on"].dtype)
        )
    except (OSError, ValueError) as error:
        raise ModelError(
            zh=f"读不出检查人员表（{error}）；应为 CSV，列为 enterprise_id、visit_on、inspector，例如 91330802…,2025-03-07,甲",
            en=f"cannot read who visited ({error}); expected is a CSV with enterprise_id, visit_on, inspector, e.g. 91330802…,2025-03-07,A",
            place=str(path),
        ) from error
    who: pd.Series = cases.merge(rows, how="left", on=INSPECTOR_COLUMNS[:2]).set_index("case_id")["inspector"]
    if who.notna().sum() < FEWEST_NAMED or who.nunique() < 2:
        raise ModelError(
            zh=f"{len(who)} 个样本中只有 {who.notna().sum()} 个找得到检查人员（{who.nunique()} 名），至少需要 {FEWEST_NAMED} 个、2 名；"
            "请核对编号与日期，例如 2025-03-07",
            en=f"of {len(who)} cases only {who.notna().sum()} say who visited ({who.nunique()} inspectors), {FEWEST_NAMED} and 2 are "
            "needed; check ids and days, e.g. 2025-03-07",
            place=str(path),
        )
    return who


def refuse_inspector(matrix: pd.DataFrame, inspector: pd.Series) -> dict[str, float]:
    """Share of every feature's variance that who visits explains (correlation ratio).

    Args:
        matrix: Features.
        inspector: Who visited, by the same index; unknown ones are left out.

    Raises:
        ModelError: A feature says who visits rather than how the enterprise is.
    """
    known = inspector.notna().to_numpy()
    shares = {str(name): round(explained_by(matrix[name][known], inspector[known]), 4) for name in matrix}
    worst = max(shares, key=lambda name: shares[name])
    if shares[worst] > CARRIED:
        raise ModelError(
            zh=f"特征 {worst} 的变化有 {shares[worst]:.0%} 由检查员解释：它说的是谁去查，不是企业如何；请删去，例如改用 supervised_by",
            en=f"{shares[worst]:.0%} of feature {worst} is explained by who visits: it tells the inspector, not the enterprise; drop it, "
            "e.g. use supervised_by instead",
        )
    return shares


def _single(column: pd.Series, found: pd.Series) -> float:
    known = column.notna().to_numpy()
    if found[known].nunique() < 2:
        return 0.5
    one = auc(found[known], column[known])
    return max(one, 1 - one)


def explained_by(column: pd.Series, inspector: pd.Series) -> float:
    """Share of a feature's variance that lies between inspectors (correlation ratio, less what chance gives it); unknown ones left out."""
    frame = pd.DataFrame({"x": column.to_numpy(), "who": inspector.to_numpy()}).dropna()
    n, many = len(frame), frame["who"].nunique()
    if n <= many or frame["x"].nunique() < 2:
        return 0.0
    within = frame["x"] - frame.groupby("who")["x"].transform("mean")
    unexplained = float(np.square(within).sum()) / (n - many)
    return max(0.0, 1 - unexplained / float(frame["x"].var()))

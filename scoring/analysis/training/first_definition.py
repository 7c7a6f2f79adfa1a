"""A first definition, drafted from data: whoever has records need not begin with an empty file.

It takes the visits that the data have, calls their problems findings, and sets the dates by the
findings, so that every origin and the holdout have some. What it selects is plain and lawful; it is
a beginning, to be read and changed before anybody trains by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

import pandas as pd

from scoring.analysis.training.features import OpenTables
from scoring.analysis.training.labels import read_visits
from scoring.entities import codes
from scoring.errors import ModelError
from scoring.policy.language.points_table import Label
from scoring.rules.wording import both
from scoring.sql.literals import literal

VISITS = "inspection"
"""The kind whose records are visits."""
OTHER_KINDS = ("administrative_penalty", "rectification_order", "complaint", "abnormal_operations_listing")
"""Kinds that are looked at too where there are enough of them."""
ENOUGH = 50
"""Records of a kind from which on it is looked at."""
KNOWN = 0.5
"""Share of the enterprises that must have an attribute for it to be a feature."""
ORIGINS, HELD = (0.40, 0.50, 0.60), 0.75
"""Parts of the findings before each origin, and before the holdout."""
WINDOW = (30, 180)
"""Fewest and most days that an origin is tested on."""


class _Dates(NamedTuple):
    """The days of a definition."""

    first: date
    origins: tuple[date, ...]
    window_days: int
    train_until: date
    held_first: date
    held_last: date


@dataclass(frozen=True)
class _DataAtHand:
    """What the data have, as far as a definition can use it.

    Attributes:
        results: Results of visits that occur.
        findings: Those of them that are problems.
        severity: Whether visits say how grave their findings are.
        values: Whether visits have values.
        kinds: Other kinds that have enough records.
        industry: Whether enterprises say their industry.
        registered: Whether they say since when they are registered.
    """

    results: tuple[str, ...]
    findings: tuple[str, ...]
    severity: bool
    values: bool
    kinds: tuple[str, ...]
    industry: bool
    registered: bool


def draft_definition(model_id: str, data: OpenTables) -> str:
    """The text of a definition that the data can carry.

    Args:
        model_id: What the model is called.
        data: Open sources or a store.

    Raises:
        ModelError: There is no visit with a problem and one without, or there are too few findings.
    """
    seen = _look(data)
    label = Label.model_validate(
        {
            "text": both("new_label"),
            "kind": VISITS,
            "conclusive": seen.results,
            "result": seen.findings,
            "within_days": 1,
        }
    )
    visits = read_visits(data.engine, data.tables, label)
    found_on = visits.loc[visits["found"] == 1, "visit_on"].sort_values().reset_index(drop=True)
    if len(found_on) < ENOUGH or len(found_on) == len(visits):
        raise ModelError("label_few_positives", positives=len(found_on), fewest=ENOUGH)
    lines = [*_head(model_id, seen, _dates(visits, found_on)), *_inputs(seen), *_features(seen)]
    return "\n".join(lines) + "\n"


def _look(data: OpenTables) -> _DataAtHand:
    """Counts what there is."""
    evidence = {code: row.get("evidence") for code, row in codes()["results"].items()}
    by_result = data.engine.select(
        f"""
        SELECT result, count(severity) AS graded, count(value_x100) AS valued
        FROM {data.tables.records}
        WHERE kind = {literal(VISITS)} AND result IS NOT NULL AND known_until IS NULL
        GROUP BY 1
        ORDER BY 1"""
    ).to_pylist()
    # A visit to nobody, or one that was called off, says neither.
    conclusive = ("problem", "compliance")
    results = tuple(str(row["result"]) for row in by_result if evidence[row["result"]] in conclusive)
    findings = tuple(result for result in results if evidence[result] == "problem")
    if not findings or len(findings) == len(results):
        raise ModelError("label_no_visit", kind=VISITS)
    counts = data.engine.select(
        f"SELECT kind, count(*) AS n FROM {data.tables.records} WHERE known_until IS NULL GROUP BY 1"
    ).to_pylist()
    frequent = {str(row["kind"]) for row in counts if row["n"] >= ENOUGH}
    known = data.engine.select(
        f"""
        SELECT count(industry_code) / count(*) AS industry, count(DISTINCT industry_code) AS industries,
               count(registered_on) / count(*) AS registered
        FROM {data.tables.enterprises}"""
    ).to_pylist()[0]
    return _DataAtHand(
        results=results,
        findings=findings,
        severity=any(row["graded"] for row in by_result),
        values=any(row["valued"] for row in by_result),
        kinds=tuple(kind for kind in OTHER_KINDS if kind in frequent),
        industry=(known["industry"] or 0) >= KNOWN and known["industries"] > 1,
        registered=(known["registered"] or 0) >= KNOWN,
    )


def _dates(visits: pd.DataFrame, found_on: pd.Series) -> _Dates:
    """Days set by the findings: as many before and after each as a figure needs."""

    def after(part: float) -> date:
        """The day on which such a part of the findings was made."""
        day: date = found_on.iloc[int(part * (len(found_on) - 1))].date()
        return day

    held_first = after(HELD)
    origins = sorted({after(part) for part in ORIGINS})
    # Findings of a few days would give origins that fall together.
    while len(origins) < 2 or origins[-1] >= held_first:
        held_first += timedelta(days=1)
        origins = sorted({*origins, origins[-1] + timedelta(days=WINDOW[0])})[: len(ORIGINS)]
    gaps = [
        (later - earlier).days for earlier, later in zip(origins, [*origins[1:], held_first], strict=True)
    ]
    window = min(max(min(gaps), WINDOW[0]), WINDOW[1])
    first, last = visits["visit_on"].min().date(), visits["visit_on"].max().date()
    return _Dates(first, tuple(origins), window, held_first - timedelta(days=1), held_first, last)


def _head(model_id: str, seen: _DataAtHand, dates: _Dates) -> Iterator[str]:
    yield f"# {both('new_comment')['zh']}"
    yield f"# {both('new_comment')['en']}"
    yield f'id = "{model_id}"'
    yield 'use = "ordering"'
    yield "seed = 4"
    yield 'finality = "at-once"'
    for key in ("title", "purpose", "limits"):
        yield f"{key} = {_text(both(f'new_{key}'))}"
    yield "\n[label]"
    yield f"text = {_text(both('new_label'))}"
    yield f'kind = "{VISITS}"'
    yield f"conclusive = {_listed(seen.results)}"
    yield f"result = {_listed(seen.findings)}"
    yield "within_days = 1"
    yield f"\n[cases]\nfirst = {dates.first}"
    yield f"\n[splits]\norigins = [{', '.join(map(str, dates.origins))}]"
    yield f"window_days = {dates.window_days}\ntrain_until = {dates.train_until}"
    if seen.industry:
        yield f"\n[lookups]\nrefresh_days = 30\nfrozen_on = {dates.train_until}"
    yield f"\n[holdout]\nfirst = {dates.held_first}\nlast = {dates.held_last}"
    yield "\n[fit]\nmax_bins = [3, 5]\nl2 = 30.0"


def _inputs(seen: _DataAtHand) -> Iterator[str]:
    weights = "age_weights = [[365, 100], [730, 60]]"
    findings = f"result = {_listed(seen.findings)}"
    yield _input("findings", VISITS, "weighted_count", findings, weights)
    yield _input("visits", VISITS, "weighted_count", f"result = {_listed(seen.results)}", weights)
    yield _input("last_visit", VISITS, "days_since")
    yield _input("last_finding", VISITS, "days_since", findings)
    if seen.severity:
        yield _input("last_gravity", VISITS, "latest", "", 'of = "severity"')
    if seen.values:
        yield _input("last_value", VISITS, "latest", "", 'of = "value_x100"')
    for kind in seen.kinds:
        yield _input(kind, kind, "count")


def _input(name: str, kind: str, aggregate: str, narrowed: str = "", more: str = "") -> str:
    select = f'kind = ["{kind}"]' + (f", {narrowed}" if narrowed else "")
    lines = ["\n[[inputs]]", f'id = "{name}"', f"select = {{ {select} }}", f'aggregate = "{aggregate}"']
    return "\n".join([*lines, "window_days = 730", *([more] if more else [])])


def _features(seen: _DataAtHand) -> Iterator[str]:
    share = 'of = "findings"\namong = "visits"\nprior = {}\nmonotone = 1'
    yield _feature("own_share", both("new_own_share"), share.format(200))
    yield _feature("since_visit", both("new_since_visit"), 'of = "last_visit"')
    yield _feature("since_finding", both("new_since_finding"), 'of = "last_finding"')
    if seen.severity:
        yield _feature("last_gravity", both("new_last_gravity"), 'of = "last_gravity"')
    if seen.values:
        yield _feature("last_value", both("new_last_value"), 'of = "last_value"')
    for kind in seen.kinds:
        label = {lang: str(codes()["kinds"][kind][lang]) for lang in ("zh", "en")}
        yield _feature(kind, label, f'of = "{kind}"\nmonotone = 1')
    if seen.industry:
        yield _feature("trade", both("new_trade"), share.format(2000) + '\nby = "industry_code"')
    if seen.registered:
        yield _feature("age", both("new_age"), 'of = "enterprise_age"')
    yield '\n[[rule_card]]\nfeature = "own_share"\nat_least = 2000\npoints = 1'


def _feature(name: str, label: Mapping[str, str], content: str) -> str:
    return f'\n[[features]]\nid = "{name}"\nlabel = {_text(label)}\n{content}'


def _text(words: Mapping[str, str]) -> str:
    return f'{{ zh = "{words["zh"]}", en = "{words["en"]}" }}'


def _listed(names: tuple[str, ...]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"

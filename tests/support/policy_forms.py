"""Policies of every form of the language, and a small district in which each of their indicators sees records."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

from stores import StoreHarness
from worlds import Row, indicator, make_policy, per_unit, rule, writable

from scoring.entities import ENTERPRISE_COLUMNS, RECORD_COLUMNS, codes
from scoring.policy.language.aggregates import AGGREGATES
from scoring.policy.language.schema import Indicator, Policy
from scoring.policy.load import list_policies
from scoring.policy.resolved import ResolvedPolicy, resolve
from scoring.store.tables.database import Database

DAY = date(2026, 12, 10)
"""A day on which every shipped version has begun."""
ENTERPRISES = 6
OLDEST = 500
EVERY = "SISE_EVERY_POLICY" in os.environ or "SISE_ENTERPRISES" in os.environ
"""Whether a campaign asks for all policies of sectors: they differ in whom they are about alone."""
SECTOR = "quzhou-food"
"""The one that stands for them."""
SEVERITIES = ("minor", "general", "serious")
KINDS = ("inspection", "administrative_penalty", "honour", "public_credit_score", "complaint")


class PolicyHarness(StoreHarness):
    """A store that is scored under one policy, whichever it is."""

    def __init__(self, database: Database, version: ResolvedPolicy, folder: Path) -> None:
        super().__init__(database, DAY, folder)
        self._version = writable(version)

    @property
    def version(self) -> ResolvedPolicy:
        """The policy of the store."""
        return self._version


def shipped() -> list[ResolvedPolicy]:
    """Every shipped version, but of the policies of sectors one alone; a campaign takes all."""
    return [
        version
        for version in list_policies()
        if EVERY or version.policy.tiers is None or version.policy.id == SECTOR
    ]


def newest() -> list[ResolvedPolicy]:
    """Of each of those the newest version; a campaign takes all."""
    return shipped() if EVERY else list({version.policy.id: version for version in shipped()}.values())


def name_of(version: ResolvedPolicy) -> str:
    """A policy as it is written."""
    return f"{version.policy.id}@{version.policy.version}"


def generated(seed: int) -> ResolvedPolicy:
    """A policy that nobody would write: every aggregate once, with bins or a line, and rules of every form."""
    rng = Random(seed)
    names = [name for name in AGGREGATES if name != "model"]
    indicators = [_indicator(rng, name) for name in names]
    conditions = [_condition(rng, name) for name in names]
    coloured = rng.random() < 0.5
    high_is_best = rng.random() < 0.5
    changes: Row = {
        "id": f"generated-{seed}",
        "subjects": ["company", "branch"],
        "scale": {"base": 100, "low": 0, "high": 200, "per_point": rng.choice((1, 10))},
        "indicators": indicators,
        "upgrade_margin": rng.choice((0, 5)),
        "gates": [
            rule("gone", any=[{"enterprise": "status", "in": ["revoked"]}]),
            rule("trade", all=[{"enterprise": "industry_code", "outside": ["C", "F"]}]),
            rule("thin", all=[{"indicator": "latest", "unknown": True}, conditions[0]]),
        ],
        "caps": [
            rule("named", any=conditions[1:3], band="C"),
            rule("down", all=conditions[3:4], any=conditions[4:6], worse_by=1),
        ],
        "vetoes": [rule("fixed", all=conditions[6:8], band="D")],
        "bands": _bands(coloured=coloured, high_is_best=high_is_best),
        "audiences": {
            "enterprise": dict.fromkeys(("colour", "points", "reasons", "records"), True),
            "public": {"colour": True},
        },
        "review": {"fall_of_bands": 2, "to": ["D"]},
        "supervision": {"A": {"sampling_bp": 100, "annual_cap": 1}, "D": {"sampling_bp": 5000}},
    }
    indicators_of_policy = changes.pop("indicators")
    return _as_read(make_policy(*indicators_of_policy, **changes))


def _as_read(policy: Policy) -> ResolvedPolicy:
    return resolve(policy, path=f"{policy.id}.toml", text=f"# {policy.id}\n")


def _indicator(rng: Random, name: str) -> Row:
    """An indicator of an aggregate; a line wherever the language lets it be one and the dice agree."""
    row = AGGREGATES[name]
    more: Row = {"aggregate": name, "window_days": rng.choice((90, OLDEST)), "kind": rng.sample(KINDS, 2)}
    if "age_weights" in row.needs:
        more["age_weights"] = [[30, 100], [more["window_days"], rng.choice((0, 40))]]
    if "of" in row.needs:
        more["of"] = rng.choice(("severity", "value_x100"))
    if "among" in row.needs:
        more["among"] = {"kind": more["kind"]}
        more["select"] = {"severity": ["serious", "general"]}
    if rng.random() < 0.3:
        more["select"] = {**more.get("select", {}), "scope": ["own", "branch"]}
    if row.linear and rng.random() < 0.7:
        more["linear"], more["bins"] = {"times": rng.choice((-2, 1)), "low": 0, "high": 20}, []
    else:
        more["bins"] = per_unit(0, *(rng.randint(-30, 20) for _ in range(rng.randint(1, 3))))
    more["unknown"] = rng.choice((0, -3))
    return indicator(name, **more)


def _condition(rng: Random, name: str) -> Row:
    bounds: list[Row] = [{"at_least": rng.randint(1, 4)}, {"at_most": rng.randint(0, 4)}, {"unknown": True}]
    return {"indicator": name, **rng.choice(bounds)}


def _bands(*, coloured: bool, high_is_best: bool) -> list[Row]:
    edges = (150, 100, 50, 0) if high_is_best else (0, 50, 100, 150)
    colours = ("green", "blue", "yellow", "red") if coloured else (None,) * 4
    return [
        {"id": name, "from": edge, "label": {"zh": f"{name}级", "en": name}, "colour": colour}
        for name, edge, colour in zip("ABCD", edges, colours, strict=True)
    ]


def write_small_district(version: ResolvedPolicy, folder: Path, source: str = "district") -> Path:
    """Some enterprises: the last has records of every kind that the policy looks at, the first none, others of half of them."""
    rng = Random(version.rules_sha256)
    ids = [f"case:e{number}" for number in range(ENTERPRISES)]
    enterprises = [_enterprise(enterprise_id, source) for enterprise_id in ids]
    records: list[Row] = []
    for place, enterprise_id in enumerate(ids[1:]):
        # To look ahead from records of every kind takes a minute: the last one alone has them.
        kinds = _kinds(version) if enterprise_id == ids[-1] else _kinds(version)[place % 2 :: 2]
        for kind in kinds:
            for number in range(rng.randint(1, 2)):
                records.append(_record(rng, enterprise_id, kind, number, source))
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "enterprises.csv", list(ENTERPRISE_COLUMNS), enterprises)
    _write(folder / "records.csv", list(RECORD_COLUMNS), records)
    return folder


def _kinds(version: ResolvedPolicy) -> list[str]:
    kinds = set[str]()
    for each in version.policy.indicators:
        kinds.update(each.select.kind, *(_more_kinds(each)))
    return sorted(kinds)


def _more_kinds(each: Indicator) -> Iterator[tuple[str, ...]]:
    if each.among is not None:
        yield each.among.kind


def _enterprise(enterprise_id: str, source: str) -> Row:
    return {
        "enterprise_id": enterprise_id,
        "name": f"虚构{enterprise_id}",
        "entity_type": "company",
        "status": "active",
        "industry_code": "C13",
        "district_code": "330802",
        "size_band": "small",
        "source": source,
        "known_on": "2020-01-01",
    }


def _record(rng: Random, enterprise_id: str, kind: str, number: int, source: str) -> Row:
    ends: Mapping[str, Any] = codes()["results"]
    results = [code for code, row in ends.items() if kind in row["of"]]
    day = DAY - timedelta(days=rng.randint(5, OLDEST - 300))
    return {
        "record_id": f"{enterprise_id}-{kind}-{number}",
        "enterprise_id": enterprise_id,
        "kind": kind,
        "result": rng.choice(results) if results else "",
        "severity": rng.choice(SEVERITIES),
        "decided_on": day,
        "known_on": day,
        "amount_fen": rng.randint(0, 10**7),
        "value_x100": rng.randint(0, 30) * 100,
        "authority": rng.choice(("甲局", "乙局")),
        "source": source,
    }


def _write(path: Path, columns: list[str], rows: list[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)

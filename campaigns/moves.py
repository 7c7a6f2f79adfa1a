"""Whom a new version moves, and by which relation: a set of records scored with each relation left out.

    python3 run.py campaign moves [--policy REFERENCE] [--enterprises N]

First `sise policy simulate` from the benchmark's old version to the new one; then the new one alone, each time
with one relation of its set left out: who stands better or worse because of it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from benchmarks.peers import JULY
from campaigns.same_results import HERE, SHARED
from scoring.analysis.impact.simulate import simulate
from scoring.analysis.synthetic import DistrictPlan, write_district
from scoring.assess.folder import BatchOptions, score_sources
from scoring.entities import RelationSet, Spelling
from scoring.policy.load import load_policy
from scoring.policy.resolved import ResolvedPolicy
from scoring.records.map.sources import SourceSpec

NOBODY = ("honour",)
"""Kinds of a relation that is left out: one that no relation knows."""

COUNTED = """
SELECT count(*) FILTER (WHERE w.points > o.points OR w.band < o.band) AS better,
    count(*) FILTER (WHERE w.points < o.points OR w.band > o.band) AS worse,
    count(*) FILTER (WHERE w.band < o.band) AS better_band,
    count(*) FILTER (WHERE w.band > o.band) AS worse_band,
    count(*) AS rated
FROM '{whole}/scores.parquet' w JOIN '{without}/scores.parquet' o USING (enterprise_id)
WHERE w.band IS NOT NULL AND o.band IS NOT NULL
"""


class Records(NamedTuple):
    """A set of records, and the day on which it is scored."""

    name: str
    map: str
    path: Path
    as_of: date


def main(arguments: Sequence[str]) -> int:
    """Prints whom the new version moves on every set, and by which relation."""
    parser = argparse.ArgumentParser(prog="python3 run.py campaign moves")
    parser.add_argument("--policy", default="quzhou-demo", help="the new rules, in force on the day of a set")
    parser.add_argument(
        "--enterprises", type=int, default=20_000, help="of the synthetic district; 0: real records alone"
    )
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        for records in _sets(Path(scratch), options.enterprises):
            _moved(records, load_policy(options.policy, records.as_of), Path(scratch) / records.name)
    return 0


def _sets(scratch: Path, enterprises: int) -> Iterator[Records]:
    district = Records("district", "canonical", scratch / "sources", date(2026, 9, 30))
    if enterprises:
        write_district(DistrictPlan(enterprises=enterprises, as_of=district.as_of), district.path)
        yield district
    for name, as_of in (("beijing-culture", date(2024, 12, 31)),):
        if (SHARED / name).is_dir():
            yield Records(name, name, SHARED / name, as_of)
        else:
            print(f"{name}: not beside {HERE.name}, left out")


def _moved(records: Records, new: ResolvedPolicy, out: Path) -> None:
    out.mkdir()
    specs = [SourceSpec(records.map, records.path)]
    simulation = simulate(specs, load_policy(JULY, None), new, records.as_of, out / "simulation")
    print(f"\n{records.name}, {simulation['enterprises']} enterprises on {records.as_of}")
    print(f"  {simulation['moved']}")
    for bands, row in zip(simulation["old"]["bands"], simulation["matrix"], strict=True):
        print(f"  {bands}: {row}")
    whole = _scored(specs, new, records.as_of, out / "whole")
    assert new.law.relations is not None
    for name, relations in _without_one(new.law.relations):
        version = replace(new, law=replace(new.law, relations=relations))
        counts = _compared(whole, _scored(specs, version, records.as_of, out / name))
        print(f"  {name:12} {counts}")


def _without_one(relations: RelationSet) -> Iterator[tuple[str, RelationSet]]:
    """The set with each relation left out in turn."""
    parts: dict[str, dict[str, Any]] = {
        "matter": {"matter": relations.matter.model_copy(update={"kinds": NOBODY, "decisions": NOBODY})},
        "rechecks": {"rechecks": relations.rechecks.model_copy(update={"by": NOBODY})},
        "settles": {"settles": ()},
        "agreements": {"agreements": None},
        "grades": {"grades": relations.grades.model_copy(update={"kinds": NOBODY})},
        "contains": {"contains": ()},
        "succeeds": {"succeeds": ()},
        "spellings": {"spellings": (Spelling(alias="-", name="-"),)},
        "powers": {"powers": ()},
    }
    for name, update in parts.items():
        yield name, relations.model_copy(update=update)


def _scored(specs: Sequence[SourceSpec], version: ResolvedPolicy, as_of: date, out: Path) -> Path:
    score_sources(specs, version, as_of, out, BatchOptions())
    return out


def _compared(whole: Path, without: Path) -> dict[str, Any]:
    """How many stand better or worse because of the relation: bands are letters, the best first."""
    with duckdb.connect() as connection:
        relation = connection.execute(COUNTED.format(whole=whole, without=without))
        assert relation.description is not None
        row = relation.fetchone()
        assert row is not None
        return dict(zip([column[0] for column in relation.description], row, strict=True))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

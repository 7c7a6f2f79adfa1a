"""Tries a policy on a whole district before it takes effect: whom it would move, and by which rule.

The sources are read once and scored under both policies: a simulation costs two scorings and one reading.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

from scoring.analysis.impact.bands import places
from scoring.analysis.impact.changes import identity
from scoring.analysis.impact.excel import write_moves
from scoring.analysis.impact.picture import migration_svg
from scoring.analysis.impact.who_moves import DIMENSIONS, Pairs
from scoring.assess.fictitious_rows import holds_fictitious
from scoring.assess.folder import BatchOptions, score_intake
from scoring.disk import SCRATCH, atomic_folder, refuse_foreign
from scoring.engine.duckdb import DuckEngine
from scoring.entities import Lang, Progress
from scoring.explain.words.figures import signed
from scoring.policy.language.schema import Gate, Policy
from scoring.policy.resolved import ResolvedPolicy
from scoring.records.intake import Intake, read_sources
from scoring.records.map.sources import SourceSpec
from scoring.rules.wording import LANGUAGES, both, say

SIMULATION = "simulation.json"
PICTURE = "migration.svg"

CountMatrix = list[list[int]]


class Ruling(NamedTuple):
    """A rule that moves somebody, and its state: appeared, gone, stricter, laxer or changed."""

    kind: str
    id: str | None
    state: str


def simulate(
    specs: Sequence[SourceSpec],
    old: ResolvedPolicy,
    new: ResolvedPolicy,
    as_of: date,
    out: Path,
    options: BatchOptions = BatchOptions(),
    lang: Lang = "zh",
) -> dict[str, Any]:
    """Scores sources under two policies and writes who would move and why.

    Args:
        specs: Sources, each a map and a path; they are read once.
        old: The policy in use.
        new: The policy to try; it need not be in force on ``as_of``.
        as_of: The day of both scorings.
        out: Folder to write; an older simulation there is replaced, anything else is refused.
        options: How to run; the engine is DuckDB.
        lang: Language of the picture; the other files hold both.

    Returns:
        What is written as ``simulation.json``: policies, sources, moves by direction and rule, and the matrix overall
        and by district, industry and size. Its rows are bands of ``old``, its columns bands of ``new``, both from
        best to worst, then not rated.

    Raises:
        InputError: A source cannot be read, or ``out`` holds something else.
        EnvironmentRefusedError: The disk is full or the folder not writable.
    """
    refuse_foreign(out, SIMULATION)
    with atomic_folder(out) as folder:
        scratch = folder / SCRATCH
        scratch.mkdir()
        intake = read_sources(
            specs,
            scratch,
            today=options.today,
            threads=options.threads,
            progress=options.progress,
            relations=new.law.relations or old.law.relations,
        )
        return simulated(intake, old, new, as_of, folder, scratch, options, lang)


def simulated(
    intake: Intake,
    old: ResolvedPolicy,
    new: ResolvedPolicy,
    as_of: date,
    folder: Path,
    scratch: Path,
    options: BatchOptions,
    lang: Lang,
) -> dict[str, Any]:
    """What ``simulate`` does with what was read.

    It writes into ``folder``, which exists, and what it needs meanwhile into ``scratch``.
    """
    for half_number, (side, version) in enumerate((("old", old), ("new", new))):
        (scratch / side).mkdir()
        half = replace(options, progress=_half(options.progress, half_number))
        score_intake(intake, version, as_of, scratch / side, half)
    # Only what tells the two scorings apart is read into Python: totals, and who moves.
    options.progress("compare", 0.0)
    with DuckEngine(options.threads, options.memory, scratch / "spill") as engine:
        pairs = Pairs(engine, old.policy, new.policy, scratch, intake.enterprises, as_of)
        simulation = {
            "as_of": as_of.isoformat(),
            "old": _side(old),
            "new": _side(new),
            "sources": {name: asdict(counts) for name, counts in intake.sources.items()},
            "fictitious": holds_fictitious(intake.enterprises, engine),
            "enterprises": intake.n_enterprises,
            **_totals(pairs, old, new),
        }
        options.progress("compare", 0.3)
        rulings: Counter[Ruling] = Counter()
        write_moves(simulation, _explained(pairs, old, new, rulings), old, new, folder)
    simulation["because"] = _because(rulings, old, new)
    document = json.dumps(simulation, ensure_ascii=False, indent=2) + "\n"
    (folder / SIMULATION).write_text(document, encoding="utf-8")
    (folder / PICTURE).write_text(migration_svg(simulation, old, new, lang), encoding="utf-8")
    options.progress("compare", 1.0)
    return simulation


def _half(progress: Progress, half_number: int) -> Progress:
    """The second scoring goes on where the bar of the first stopped."""
    return lambda stage, fraction: progress(stage, (half_number + fraction) / 2)


def _side(version: ResolvedPolicy) -> dict[str, Any]:
    return {**identity(version), "bands": [place.id for place in places(version.policy)]}


def _totals(pairs: Pairs, old: ResolvedPolicy, new: ResolvedPolicy) -> dict[str, Any]:
    """Matrix and moves overall and by dimension."""
    rows, columns = len(old.policy.bands) + 1, len(new.policy.bands) + 1
    nobody = [[0] * columns] * rows
    return {
        "matrix": _matrices(pairs.counts(), rows, columns).get(None, nobody),
        "moved": _directions(pairs.directions()).get(None, {}),
        "by": {dimension: _groups(pairs, dimension, rows, columns) for dimension in DIMENSIONS},
    }


def _groups(pairs: Pairs, dimension: str, rows: int, columns: int) -> list[dict[str, Any]]:
    matrices = _matrices(pairs.counts(dimension), rows, columns)
    moved = _directions(pairs.directions(dimension))
    return [
        {"value": value, "moved": moved.get(value, {}), "matrix": matrix}
        for value, matrix in matrices.items()
    ]


def _matrices(counts: Sequence[Mapping[str, Any]], rows: int, columns: int) -> dict[str | None, CountMatrix]:
    """Matrices by value; where a number is null the enterprise is not rated, which stands last."""
    matrices: dict[str | None, CountMatrix] = {}
    for count_row in counts:
        value = count_row["value"]
        if value not in matrices:
            matrices[value] = [[0] * columns for _ in range(rows)]
        row = rows - 1 if count_row["old_no"] is None else count_row["old_no"]
        column = columns - 1 if count_row["new_no"] is None else count_row["new_no"]
        matrices[value][row][column] += count_row["n"]
    return matrices


def _directions(counts: Sequence[Mapping[str, Any]]) -> dict[str | None, dict[str, int]]:
    """Moves by value and direction."""
    moves: dict[str | None, dict[str, int]] = {}
    for count_row in counts:
        moves.setdefault(count_row["value"], {})[count_row["direction"]] = count_row["n"]
    return moves


def _explained(
    pairs: Pairs, old: ResolvedPolicy, new: ResolvedPolicy, rulings: Counter[Ruling]
) -> Iterator[dict[str, Any]]:
    """The moves, each with its rules in words; ``rulings`` counts the rules as they pass."""
    # A few rules move thousands: each is worded once.
    reason = cache(partial(_reason, old, new))
    for batch in pairs.moves():
        for move in batch.to_pylist():
            rules = move["rules"]
            rulings.update(Ruling(rule["kind"], rule["id"], rule["state"]) for rule in rules)
            because = {}
            for lang in LANGUAGES:
                reasons = [reason(lang, **rule) for rule in rules]
                because[lang] = say(lang, "d_semicolon").join(reasons)
            yield {**move, "because": because}


def _because(rulings: Counter[Ruling], old: ResolvedPolicy, new: ResolvedPolicy) -> list[dict[str, Any]]:
    """Rules by how many they move, the most first."""
    # Among rules that move equally many the order is fixed, so that the file repeats byte for byte.
    ordered = sorted(rulings.items(), key=lambda entry: (-entry[1], str(tuple(entry[0]))))
    return [
        {
            "kind": ruling.kind,
            "id": ruling.id,
            "state": ruling.state,
            "n": count,
            "label": rule_label(ruling.kind, ruling.id, old, new),
        }
        for ruling, count in ordered
    ]


def _reason(
    old: ResolvedPolicy,
    new: ResolvedPolicy,
    lang: Lang,
    kind: str,
    id: str | None,
    state: str,
    change: int | None,
) -> str:
    label = rule_label(kind, id, old, new)[lang]
    if change is not None:
        # The change is towards better; it is shown as points, which may be better when fewer.
        better = change if new.policy.higher_is_better else -change
        return f"{label} {signed(better, old.policy.scale.per_point * new.policy.scale.per_point)}"
    if state == "changed":
        return label
    return say(lang, "m_rule", label=label, state=say(lang, f"m_{state}"))


_AREAS = {"indicator": "indicators", "cap": "caps", "veto": "vetoes", "gate": "gates"}


def rule_label(kind: str, rule_id: str | None, old: ResolvedPolicy, new: ResolvedPolicy) -> dict[str, str]:
    """What a rule that moves somebody is called: by the new policy, else by the old one."""
    labels = {**_labels(old.policy, kind), **_labels(new.policy, kind)}
    # A gate of no policy is worded by its reason (type_unknown, outside_scheme); edges, scale and base have no id.
    unlabelled = str(rule_id) if kind == "gate" else f"m_{kind}"
    label = labels.get(str(rule_id)) or both(unlabelled)
    if kind not in _AREAS:
        return label
    return both("m_labelled", kind=both(f"d_area_{_AREAS[kind]}"), label=label)


def _labels(policy: Policy, kind: str) -> dict[str, dict[str, str]]:
    if kind == "indicator":
        return {indicator.id: indicator.label.model_dump() for indicator in policy.indicators}
    rules: Mapping[str, Sequence[Gate]] = {
        "cap": policy.caps,
        "veto": policy.vetoes,
        "gate": policy.gates,
    }
    return {rule.id: rule.label.model_dump() for rule in rules.get(kind, ())}

"""Tries a policy on a whole district before it takes effect: whom it would move, and which rule moves each.

The sources are read once and scored under both policies, so that a simulation costs two scorings and one reading.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import Any

from scoring.analysis.impact.bands import places
from scoring.analysis.impact.changes import identity
from scoring.analysis.impact.excel import write_moves
from scoring.analysis.impact.picture import migration_svg
from scoring.analysis.impact.who_moves import DIMENSIONS, Pairs
from scoring.assess.folder import BatchOptions, score_intake
from scoring.disk import SCRATCH, atomic_folder, refuse_foreign
from scoring.engine.duckdb import DuckEngine
from scoring.entities import Lang, Progress
from scoring.explain.words.figures import signed
from scoring.policy.language.schema import Gate, Policy
from scoring.policy.load import ResolvedPolicy
from scoring.records.intake import Intake, read_sources
from scoring.records.map.sources import SourceSpec
from scoring.rules.wording import LANGUAGES, say

SIMULATION = "simulation.json"
PICTURE = "migration.svg"

Matrix = list[list[int]]


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
        What is written as ``simulation.json``: policies, sources, the matrix overall and by district, industry and size
        (rows: bands of ``old``, columns: bands of ``new``, both from best to worst, then not rated), moves by direction and rule.

    Raises:
        InputError: A source cannot be read, or ``out`` holds something else.
        EnvironmentRefusedError: The disk is full or the folder not writable.
    """
    refuse_foreign(out, SIMULATION)
    with atomic_folder(out) as folder:
        scratch = folder / SCRATCH
        scratch.mkdir()
        intake = read_sources(specs, scratch, threads=options.threads, progress=options.progress)
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
    """What ``simulate`` does with what was read: writes into ``folder``, an existing one, and what it needs meanwhile into ``scratch``."""
    for n, (side, version) in enumerate((("old", old), ("new", new))):
        (scratch / side).mkdir()
        score_intake(
            intake, version, as_of, scratch / side, replace(options, progress=_half(options.progress, n))
        )
    options.progress("compare", 0.0)
    with DuckEngine(options.threads, options.memory, scratch / "spill") as engine:
        pairs = Pairs(engine, old.policy, new.policy, scratch, intake.enterprises, as_of)
        found = {
            "as_of": as_of.isoformat(),
            "old": _side(old),
            "new": _side(new),
            "sources": {name: asdict(counts) for name, counts in intake.sources.items()},
            "enterprises": intake.n_enterprises,
            **_totals(pairs, old, new),
        }
        options.progress("compare", 0.3)
        because: Counter[tuple[str, str | None, str]] = Counter()
        write_moves(found, _told(pairs, old, new, because), old, new, folder)
    found["because"] = [
        {"kind": kind, "id": rule_id, "state": state, "n": n, "label": rule_label(kind, rule_id, old, new)}
        for (kind, rule_id, state), n in sorted(because.items(), key=lambda item: (-item[1], str(item[0])))
    ]
    (folder / SIMULATION).write_text(json.dumps(found, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    (folder / PICTURE).write_text(migration_svg(found, old, new, lang), encoding="utf-8")
    options.progress("compare", 1.0)
    return found


def _half(progress: Progress, n: int) -> Progress:
    """The second scoring goes on where the bar of the first stopped."""
    return lambda stage, fraction: progress(stage, (n + fraction) / 2)


def _side(version: ResolvedPolicy) -> dict[str, Any]:
    return {**identity(version), "bands": [place.id for place in places(version.policy)]}


def _totals(pairs: Pairs, old: ResolvedPolicy, new: ResolvedPolicy) -> dict[str, Any]:
    rows, columns = len(old.policy.bands) + 1, len(new.policy.bands) + 1
    matrices = {d: _matrices(pairs.counts(d), rows, columns) for d in DIMENSIONS}
    moved = {d: _directions(pairs.directions(d)) for d in DIMENSIONS}
    return {
        "matrix": _matrices(pairs.counts(), rows, columns).get(None, [[0] * columns] * rows),
        "moved": _directions(pairs.directions()).get(None, {}),
        "by": {
            d: [
                {"value": value, "moved": moved[d].get(value, {}), "matrix": matrix}
                for value, matrix in matrices[d].items()
            ]
            for d in DIMENSIONS
        },
    }


def _matrices(rows: Sequence[Mapping[str, Any]], height: int, width: int) -> dict[str | None, Matrix]:
    """Matrices by value; where a number is null the enterprise is not rated, which stands last."""
    found: dict[str | None, Matrix] = {}
    for row in rows:
        matrix = found.setdefault(row["value"], [[0] * width for _ in range(height)])
        old_no, new_no = row["old_no"], row["new_no"]
        matrix[height - 1 if old_no is None else old_no][width - 1 if new_no is None else new_no] += row["n"]
    return found


def _directions(rows: Sequence[Mapping[str, Any]]) -> dict[str | None, dict[str, int]]:
    found: dict[str | None, dict[str, int]] = {}
    for row in rows:
        found.setdefault(row["value"], {})[row["direction"]] = row["n"]
    return found


def _told(
    pairs: Pairs, old: ResolvedPolicy, new: ResolvedPolicy, because: Counter[tuple[str, str | None, str]]
) -> Iterator[dict[str, Any]]:
    """The moves, each with its rules in words; ``because`` counts the rules as they pass."""
    told = cache(partial(_reason, old, new))  # a few rules move thousands
    for batch in pairs.moves():
        for move in batch.to_pylist():
            because.update((rule["kind"], rule["id"], rule["state"]) for rule in move["rules"])
            sentences = {
                lang: say(lang, "d_semicolon").join(told(lang, **rule) for rule in move["rules"])
                for lang in LANGUAGES
            }
            yield {**move, "because": sentences}


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
    if change is None:
        return (
            label if state == "changed" else say(lang, "m_rule", label=label, state=say(lang, f"m_{state}"))
        )
    better = change if new.policy.higher_is_better else -change
    return f"{label} {signed(better, old.policy.scale.per_point * new.policy.scale.per_point)}"


def rule_label(kind: str, rule_id: str | None, old: ResolvedPolicy, new: ResolvedPolicy) -> dict[str, str]:
    """What a rule that moves somebody is called: as the new policy has it, else as the old one had it."""
    known = [
        labels for policy in (new.policy, old.policy) for labels in _labels(policy, kind) if rule_id in labels
    ]
    unlabelled = str(rule_id) if kind == "gate" else f"m_{kind}"
    named = known[0][str(rule_id)] if known else {lang: say(lang, unlabelled) for lang in LANGUAGES}
    return {
        lang: say(lang, "m_labelled", kind=say(lang, f"d_area_{_AREAS[kind]}"), label=named[lang])
        if kind in _AREAS
        else named[lang]
        for lang in LANGUAGES
    }


def _labels(policy: Policy, kind: str) -> Iterator[dict[str, dict[str, str]]]:
    if kind == "indicator":
        yield {i.id: i.label.model_dump() for i in policy.indicators}
    rules: Mapping[str, Sequence[Gate]] = {"cap": policy.caps, "veto": policy.vetoes, "gate": policy.gates}
    yield {rule.id: rule.label.model_dump() for rule in rules.get(kind, ())}


_AREAS = {"indicator": "indicators", "cap": "caps", "veto": "vetoes", "gate": "gates"}

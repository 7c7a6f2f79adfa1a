"""Writes down what one checkout computes: run it with that checkout's packages in front.

    PYTHONPATH=CHECKOUT python campaigns/results_of_checkout.py PLAN.json OUT

It speaks to checkouts of different ages: what moved from version to version is looked for where it stood.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

AT_ONCE = 400
"""Enterprises that are held in memory at a time."""


def first_of(*places: str) -> Any:
    """The first of some ``module:name`` that this checkout has.

    Raises:
        ImportError: It has none of them.
    """
    for place in places:
        module, _, name = place.partition(":")
        try:
            return getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError):
            continue
    raise ImportError(f"this checkout has none of {', '.join(places)}")


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def decided(version: Any) -> str:
    """Hash of what a policy decides, its labels left out."""
    policy_sha256 = first_of(
        "scoring.policy.read.document:policy_sha256", "scoring.policy.read:policy_sha256"
    )
    return str(policy_sha256(version.policy))


def hashes() -> dict[str, Any]:
    """Hashes of all shipped policies and points tables."""
    list_policies = first_of("scoring.policy.load:list_policies")
    read_model = first_of("scoring.policy.tables:read_model", "scoring.policy.model:read_model")
    shipped = first_of("scoring.policy.tables:shipped_models", "scoring.policy.model:shipped_models")
    return {
        "policies": {f"{v.policy.id}@{v.policy.version}": decided(v) for v in list_policies()},
        "models": {name: read_model(name).sha256 for name in shipped()},
    }


def score(case: dict[str, Any], out: Path) -> Path:
    """Scores one data set into a folder, as ``sise score`` does."""
    score_sources = first_of("scoring.assess.folder:score_sources", "scoring.batch:score_sources")
    options = first_of("scoring.assess.folder:BatchOptions", "scoring.batch:BatchOptions")
    source = first_of("scoring.records.map.sources:SourceSpec", "scoring.records.sources:SourceSpec")
    load_policy = first_of("scoring.policy.load:load_policy")
    as_of = date.fromisoformat(case["as_of"])
    specs = [source(case["map"], Path(case["path"]))]
    score_sources(specs, load_policy(case["policy"], as_of), as_of, out, options())
    return out


def explanations(case: dict[str, Any], folder: Path) -> Iterator[str]:
    """Every enterprise's explanation as one line of JSON; of every so many with what is to come."""
    load_policy = first_of("scoring.policy.load:load_policy")
    assessor_of = first_of("scoring.assess.assessor:Assessor", "scoring.assess:Assessor")
    engine_of, clustered_of = (
        first_of(f"scoring.engine.duckdb:{name}") for name in ("DuckEngine", "Clustered")
    )
    explain = first_of("scoring.explain.build:explain")
    look_ahead = first_of(
        "scoring.explain.outlook.look_ahead:look_ahead", "scoring.explain.outlook:look_ahead"
    )
    as_dict = first_of("scoring.explain.present:as_dict")
    as_of = date.fromisoformat(case["as_of"])
    version = load_policy(case["policy"], as_of)
    covers = frozenset(json.loads((folder / "run.json").read_text(encoding="utf-8"))["covers"])
    files = clustered_of(folder / "enterprises.parquet", folder / "records.parquet", covers)
    with engine_of() as engine, engine_of() as holder:
        tables = engine.files(files)
        ids = [
            row["enterprise_id"]
            for row in engine.select(
                f"SELECT DISTINCT enterprise_id FROM read_parquet('{folder / 'scores.parquet'}') ORDER BY 1"
            ).to_pylist()
        ][:: case["explain_every"]]
        for start in range(0, len(ids), AT_ONCE):
            chosen = ids[start : start + AT_ONCE]
            rows = _rows(engine, tables, chosen)
            assessor = None
            for number, enterprise_id in enumerate(chosen, start=start):
                held = holder.hold(*rows[enterprise_id])
                assessor = assessor_of(holder, version, covers, held)
                assessed = assessor.full(enterprise_id, as_of)
                ahead = look_ahead(assessor, assessed) if number % case["ahead_every"] == 0 else None
                explained = explain(assessed, version, ahead)
                yield json.dumps(_plain(as_dict, explained, version), ensure_ascii=False, sort_keys=True)


def _plain(as_dict: Any, explained: Any, version: Any) -> Any:
    """The explanation as an officer reads it; older checkouts ask for the content of the policy alone."""
    try:
        return as_dict(explained, version, officer=True)
    except AttributeError:
        return as_dict(explained, version.policy, officer=True)


def _rows(engine: Any, tables: Any, ids: Sequence[str]) -> dict[str, tuple[list[Any], list[Any]]]:
    """Versions of enterprises and of records, by enterprise."""
    wanted = ", ".join("'" + enterprise_id.replace("'", "''") + "'" for enterprise_id in ids)
    rows: dict[str, tuple[list[Any], list[Any]]] = {enterprise_id: ([], []) for enterprise_id in ids}
    for number, name in enumerate((tables.enterprises, tables.records)):
        text = f"SELECT * FROM {name} WHERE enterprise_id IN ({wanted})"
        for row in engine.select(text).to_pylist():
            rows[row["enterprise_id"]][number].append(row)
    return rows


def main(plan_path: str, out: str) -> None:
    """Writes ``hashes.json`` and, for every case, digests of its result files and its explanations."""
    plan, folder = json.loads(Path(plan_path).read_text(encoding="utf-8")), Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "hashes.json").write_text(json.dumps(hashes(), indent=1, sort_keys=True), encoding="utf-8")
    for case in plan:
        results = score(case, folder / case["name"])
        digests = {name: digest(results / name) for name in ("scores.parquet", "contributions.parquet")}
        (folder / f"{case['name']}.json").write_text(json.dumps(digests), encoding="utf-8")
        with (folder / f"{case['name']}.jsonl").open("w", encoding="utf-8") as lines:
            for line in explanations(case, results):
                lines.write(line + "\n")
        print(f"{case['name']}: written", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

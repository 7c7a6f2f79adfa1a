"""The past computed again after the rules of files have changed: it rests on what the store keeps."""

from __future__ import annotations

import shutil
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from own_policies import of_store, own_policy, register, replayed_by_auditor
from sqlalchemy import select
from stores import ACTOR, StoreHarness

from scoring.entities import codes
from scoring.errors import StoreError
from scoring.policy.law import applied
from scoring.rules import RELATIONS
from scoring.store.standing.assessing import score_store
from scoring.store.standing.policies import stored_version
from scoring.store.tables.orm import Assessment, table_of

LATER_SET = "enforcement-2027"
Lists = dict[str, dict[str, dict[str, object]]]


def _graver(lists: Lists) -> None:
    lists["kinds"]["inspection"]["rank"] = 99


def _gone(lists: Lists) -> None:
    del lists["results"]["no_problem"]


def _turned(lists: Lists) -> None:
    lists["severities"] = dict(reversed(lists["severities"].items()))


def _another_word(lists: Lists) -> None:
    lists["kinds"]["inspection"]["zh"] = "现场检查"


def _a_new_kind(lists: Lists) -> None:
    lists["kinds"] = {"noise": dict(lists["kinds"]["complaint"]), **lists["kinds"]}


@pytest.mark.parametrize(
    ("edit", "is_refused"),
    [(_graver, True), (_gone, True), (_turned, True), (_another_word, False), (_a_new_kind, False)],
)
def test_replay_after_an_edit_of_the_lists(
    scored: StoreHarness, monkeypatch: pytest.MonkeyPatch, edit: Any, is_refused: bool
) -> None:
    """What a code means has changed: nothing is computed. A word or a code more: all is equal."""
    lists = deepcopy({name: dict(table) for name, table in codes().items()})
    edit(lists)
    monkeypatch.setattr(applied, "codes", lambda: lists)
    replayed = replayed_by_auditor(scored)
    everything = scored.count("assessment")
    expected = (0, everything) if is_refused else (everything, 0)
    assert (*expected, []) == (replayed.equal, len(replayed.refused), replayed.different)


@pytest.mark.parametrize("part", ["finality", "retention"])
def test_replay_after_an_edit_of_the_law(
    scored: StoreHarness, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    """The law comes from the store: whatever became of the files, all is equal."""

    def edited(profile_id: str) -> applied.Law:
        """A law by which hardly anything counts."""
        finality = kept.finality.model_copy(update={"months": 120, "kinds": ("inspection",)})
        return (
            applied.Law(finality, kept.instruments) if part == "finality" else applied.Law(kept.finality, ())
        )

    kept = scored.version.law
    monkeypatch.setattr("scoring.policy.resolved.load_law", edited)
    replayed = replayed_by_auditor(scored)
    assert (scored.count("assessment"), [], []) == (replayed.equal, replayed.refused, replayed.different)


def test_replay_after_a_later_set_of_relations(
    scored: StoreHarness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was scored under the earlier set stays equal, also once the store is scored under a later one that counts otherwise."""
    who = scored.one("blue")
    matter = {"authority": "甲局", "field": "food", "severity": "general", "matter_id": "案1"}
    scored.add(who, kind="inspection", result="problem", occurred_on="2026-04-10", **matter)
    dates = {"decided_on": "2026-05-11", "final_on": "2026-05-11"}
    scored.add(who, kind="administrative_penalty", **dates, **matter)
    monkeypatch.setattr("scoring.policy.law.relations.RELATIONS", later_relations(tmp_path / "relations"))
    file = own_policy(tmp_path / "own")
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("[[legal]]", f'relations = "{LATER_SET}"\n\n[[legal]]', 1), encoding="utf-8")
    register(scored, file)
    score_store(scored.database, of_store(scored, "own"), scored.day, ACTOR, scored.clock)
    replayed = replayed_by_auditor(scored)
    assert (scored.count("assessment"), [], []) == (replayed.equal, replayed.refused, replayed.different)
    points = latest_points(scored, who)
    assert points["own"] < points["quzhou-demo"]


def later_relations(folder: Path) -> Path:
    """The shipped sets of relations and a later one, by which a visit belongs to no matter."""
    shutil.copytree(RELATIONS, folder)
    text = (folder / "enforcement-2026.toml").read_text(encoding="utf-8")
    text = text.replace("enforcement-2026", LATER_SET).replace('"inspection", "sampling_test", ', "", 1)
    (folder / f"{LATER_SET}.toml").write_text(text, encoding="utf-8")
    return folder


def latest_points(store: StoreHarness, enterprise_id: str) -> dict[str, int | None]:
    """Points of an enterprise in its latest assessment under each policy."""
    table = table_of(Assessment)
    query = select(table.c.policy_id, table.c.points).where(table.c.enterprise_id == enterprise_id)
    with store.database.read() as connection:
        rows = connection.execute(query.order_by(table.c.number)).all()
    return {row.policy_id.partition("@")[0]: row.points for row in rows}


@pytest.mark.parametrize("column", ["content", "law", "lists"])
def test_stored_rules_that_were_changed_are_refused(scored: StoreHarness, column: str) -> None:
    """Each stored text is under the hash: a changed one computes nothing."""
    with scored.database.write() as connection:
        connection.exec_driver_sql(f"UPDATE policy SET {column} = replace({column}, '3', '4')")
    with scored.database.read() as connection, pytest.raises(StoreError, match="stored_policy_changed"):
        stored_version(connection, scored.version.rules_sha256)

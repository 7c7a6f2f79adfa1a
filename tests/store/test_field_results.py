"""Points and grade by field: kept with each result, replayed, explained, for everybody but the public."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from field_stores import ACTIVE_DAYS, FIELDS, POLICY, field_store
from lists import table_file
from policy_forms import DAY, PolicyHarness
from readers import AudienceClient, noon_of
from rich.console import Console

from scoring.administration.results.reader import open_results
from scoring.administration.supervision.field_sampling import FieldSample, field_sample
from scoring.administration.supervision.list_file import write_ranking
from scoring.administration.supervision.visit_list import Ranking
from scoring.cli import show
from scoring.cli.show.ranking import ranking_list
from scoring.entities import Lang
from scoring.errors import UsageError
from scoring.explain.present import as_dict
from scoring.policy.tables import read_model
from scoring.policy.verdicts import TableStanding
from scoring.store.audit.replay import replay

AUDIENCES = ("public", "enterprise", "inspector", "officer")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[PolicyHarness]:
    """A store with fields."""
    harness = field_store(tmp_path)
    yield harness
    harness.database.close()


def kept(store: PolicyHarness, who: str) -> list[list[Any]]:
    """Points and bands by field, as the latest result of an enterprise keeps them."""
    return list(json.loads(str(store.latest(who)["fields"])))


def sample(store: PolicyHarness, field: str = "food") -> FieldSample:
    """Who is active in a field."""
    return field_sample(open_results(store.database.place), field)


def test_the_batch_keeps_them(store: PolicyHarness) -> None:
    """The store holds for each result what follows by hand."""
    assert {who: kept(store, who) for who in FIELDS} == FIELDS


def test_one_enterprise_has_what_the_batch_has(store: PolicyHarness) -> None:
    """Assessed alone, as pages do, each has the same."""
    results = open_results(store.database.place)
    alone = {
        who: [[one.field, one.points, one.band] for one in results.assessed(who).fields] for who in FIELDS
    }
    assert FIELDS == alone


def test_a_single_fact_moves_them(store: PolicyHarness) -> None:
    """Who gets a visit is active in its field at once."""
    store.add("case:none", kind="inspection", field="fire", result="no_problem", occurred_on=str(DAY))
    assert [["fire", 100, "B"]] == kept(store, "case:none")


def test_activity_that_lapses_is_a_new_result(store: PolicyHarness) -> None:
    """A licence that is too old to show activity ends the grade in the field, though no point moved."""
    before = store.latest("case:licence")
    store.go_to(DAY + timedelta(days=ACTIVE_DAYS))
    store.score()
    after = store.latest("case:licence")
    assert (before["points"], [], True) == (
        after["points"],
        kept(store, "case:licence"),
        after["number"] != before["number"],
    )


def test_replay_compares_them(store: PolicyHarness) -> None:
    """What a past result says of a field follows from its facts; another grade is a difference."""
    sound = replay(store.database, None, store.clock)
    assert ([], len(FIELDS)) == (sound.different, sound.equal)
    number = store.latest("case:food")["number"]
    with sqlite3.connect(store.database.place) as connection:
        connection.execute(
            "UPDATE assessment SET fields = ? WHERE number = ?", ('[["food",100,"B"]]', number)
        )
    different = replay(store.database, None, store.clock).different
    assert [(number, "fields")] == [(found.number, found.column) for found in different]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_an_explanation_tells_them(store: PolicyHarness, lang: Lang) -> None:
    """Text and JSON have points, grade and what it means for inspections in the field."""
    results = open_results(store.database.place)
    explained = results.explain("case:both")
    told = as_dict(explained, results.version)["fields"]
    assert [("fire", 80, "C"), ("food", 100, "B")] == [
        (f["field"], f["points"], f["band"]["id"]) for f in told
    ]
    assert "50%" in told[0]["check"][lang] and "4" in told[0]["check"][lang]
    console = Console(file=StringIO(), width=140)
    console.print(show.explanation(explained, results.version, lang, officer=False))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert told[0]["label"][lang] in text and told[0]["check"][lang] in text


@pytest.mark.parametrize("audience", AUDIENCES)
def test_the_public_sees_none(store: PolicyHarness, audience: Any) -> None:
    """Enterprise, inspector and officer see each field on page and in JSON; the public nothing of it."""
    client = AudienceClient(store.database.place, audience, noon_of(DAY))
    told = client.get("/api/e/case:both").json["fields"]  # type: ignore[index]
    html = client.get("/e/case:both?lang=zh").text
    seen = audience != "public"
    assert (["fire", "food"] if seen else None) == (told and [given["id"] for given in told])
    assert seen == ("各监管领域的等级" in html)


def test_rules_without_fields_have_no_section(tmp_path: Path) -> None:
    """Under rules without fields a result keeps none and a page says nothing of them."""
    plain = field_store(tmp_path, POLICY.model_copy(update={"fields": None, "activity": None}))
    results = open_results(plain.database.place)
    assert () == results.explain("case:both", ahead=False).fields


def test_shares_by_grade_in_the_field(store: PolicyHarness) -> None:
    """Of two with B 5 % are inspected, which is one; of three with D all."""
    rows = {row["band"]: (row["enterprises"], row["inspected"]) for row in sample(store).by_band()}
    assert {"A": (0, 0), "B": (2, 1), "C": (0, 0), "D": (3, 3)} == rows


def test_the_first_of_the_list_are_chosen(store: PolicyHarness) -> None:
    """Of each grade the first in the order of the list, as many as its share asks for."""
    order = ["case:both", "case:food", "case:licence", "case:food2", "case:food3"]
    assert {"case:both", "case:food", "case:food2", "case:food3"} == sample(store).chosen(order)
    assert "case:licence" in sample(store).chosen(order[::-1])


def ranked(tmp_path: Path, ids: list[str]) -> Ranking:
    """A list of these enterprises in this order."""
    table = read_model(table_file(tmp_path))
    features, count = len(table.features), len(ids)
    zero = np.zeros((count, features), dtype=np.int64)
    known = np.ones((count, features), dtype=np.bool_)
    total = np.arange(count, 0, -1, dtype=np.int64)
    standing = TableStanding(table.id, "ok", None)
    return Ranking(table, DAY, ids, ids, total, known, zero, zero, gone=0, standing=standing)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_list_of_one_field(store: PolicyHarness, tmp_path: Path, lang: Lang) -> None:
    """It has who is active there alone, with grade and share, in JSON, text and CSV."""
    listed = ranked(tmp_path, ["case:none", *list(FIELDS)[1:]]).within(sample(store))
    told = listed.as_dict(10, named=True)
    expected = [(who, who != "case:both") for who in list(FIELDS)[1:]]
    assert ("food", expected) == (
        told["field"],
        [(row["enterprise_id"], row["inspected"]) for row in told["rows"]],
    )
    console = Console(file=StringIO(), width=160)
    console.print(ranking_list(listed, 10, True, lang))
    assert {"zh": "列入抽查", "en": "inspected"}[lang] in console.file.getvalue()  # type: ignore[attr-defined]
    write_ranking(listed, tmp_path / "list.csv", lang, named=True)
    rows = list(csv.DictReader(StringIO((tmp_path / "list.csv").read_text(encoding="utf-8-sig"))))
    assert [row["enterprise_id"] for row in rows] == list(FIELDS)[1:]
    assert all(row["field"] and row["grade"] and row["inspected"] for row in rows)
    plain = replace(listed, sample=None).as_dict(1, named=True)
    assert not {"field", "by_band"} & plain.keys() and "inspected" not in plain["rows"][0]


@pytest.mark.parametrize(("field", "code"), [("nowhere", "field_unknown"), ("tax", "field_without_rules")])
def test_a_field_that_is_none(store: PolicyHarness, field: str, code: str) -> None:
    """A field that nobody knows, or of which the rules say nothing, is refused with those that are there."""
    with pytest.raises(UsageError, match=code):
        sample(store, field)

"""Codes follow colours: in the transaction of the colour, each once, each bound by the log."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from coded_stores import CodedStore
from sqlalchemy import update
from stores import DAY

from scoring.administration.credential.code_claims import COLOURS, is_uscc
from scoring.administration.credential.not_a_code import CodeReason
from scoring.administration.credential.verdict import check
from scoring.administration.keys.key_store import NewKey
from scoring.analysis.synthetic import DistrictPlan, write_district
from scoring.store.audit.sound import wrong_projections
from scoring.store.audit.verify import verify
from scoring.store.standing.code_records import codes_after, signed_by, without_code
from scoring.store.standing.gone import gone_among
from scoring.store.tables.orm import Standing, table_of
from scoring.store.tables.orm_codes import CodeEnd, IssuedCode, LiveCode


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small district as files."""
    target = tmp_path_factory.mktemp("district")
    write_district(DistrictPlan(enterprises=300), target)
    return target


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Path:
    """The district scored, its colours in effect, its codes issued: a folder that each test gets a copy of."""
    place = tmp_path_factory.mktemp("built")
    made = CodedStore(place, DAY)
    made.take(folder)
    made.score()
    made.adopt()
    made.database.close()
    return place


@pytest.fixture
def store(tmp_path: Path, built: Path) -> Iterator[CodedStore]:
    """A copy of the district with its codes."""
    made = CodedStore.copied(built, tmp_path / "copy", DAY)
    yield made
    made.database.close()


def sound(store: CodedStore) -> None:
    """Nothing is otherwise than it was recorded, and what follows follows."""
    with store.database.read() as connection:
        assert [] == verify(connection).findings
        assert [] == list(wrong_projections(connection))


def standings(store: CodedStore) -> dict[str, str]:
    """The colours in effect, by enterprise."""
    table = table_of(Standing)
    with store.database.read() as connection:
        rows = connection.execute(table.select().where(table.c.colour.is_not(None)))
        return {row.enterprise_id: row.colour for row in rows}


def test_who_has_a_colour_has_its_code(store: CodedStore) -> None:
    """Every coloured enterprise with a code of its own has one that says this colour and this day, and holds."""
    colours = standings(store)
    codes = {row["enterprise_id"]: row for row in store.rows()}
    with store.database.read() as connection:
        gone = gone_among(connection, colours, DAY)
    assert set(codes) == set(filter(is_uscc, colours)) - set(gone)
    assert {row["colour"] for row in codes.values()} == set(map(str, COLOURS))
    for enterprise_id, row in codes.items():
        claims = store.claims(store.text(enterprise_id))
        assert (claims.subject, claims.colour, claims.as_of) == (enterprise_id, colours[enterprise_id], DAY)
        assert claims.rules_from == date(2026, 4, 1) and claims.index == row["status_index"]
        days = (claims.expires - claims.issued) // 86_400
        assert days == (90 if claims.colour in ("blue", "green") else 30)
        assert store.verdict(store.text(enterprise_id)).reason is CodeReason.VALID
    sound(store)


def test_the_code_commits_with_its_colour(store: CodedStore) -> None:
    """The code of a colour is bound by the very entry that binds the assessment."""
    with store.database.read() as connection:
        events = connection.exec_driver_sql(
            "SELECT c.event, a.event, e.kind FROM code c JOIN assessment a ON a.number = c.assessment "
            "JOIN audit_event e ON e.seq = c.event"
        ).all()
    assert events and all(of_code == of_assessment for of_code, of_assessment, _kind in events)
    assert {kind for _code, _assessment, kind in events} == {"assessed", "adopted"}


def fine(store: CodedStore, enterprise_id: str, **columns: str) -> Any:
    """Enters a fact that speaks against an enterprise."""
    fact = {"kind": "inspection", "result": "problem", "severity": "serious", "field": "food", **columns}
    return store.enter(store.facts.add(enterprise_id, {"occurred_on": str(store.day), **fact}, "日常检查"))


def test_a_new_colour_supersedes_the_code(store: CodedStore) -> None:
    """When a better colour takes effect at once, the old code ends in the same entry and a new one is issued."""
    enterprise_id = store.one("yellow")
    before, old = store.live(enterprise_id), store.text(enterprise_id)
    assert before is not None
    repair(store, enterprise_id)
    assert standings(store)[enterprise_id] in ("green", "blue")
    after = store.live(enterprise_id)
    assert after is not None and after["colour"] == standings(store)[enterprise_id]
    assert after["status_index"] != before["status_index"]
    (end,) = store.rows(CodeEnd)
    assert (end["status_index"], end["state"], end["cause"]) == (
        before["status_index"],
        "superseded",
        "colour",
    )
    assert end["event"] == store.rows()[-1]["event"]
    assert store.verdict(old).reason is CodeReason.SUPERSEDED
    assert store.verdict(store.text(enterprise_id)).reason is CodeReason.VALID
    sound(store)


def repair(store: CodedStore, enterprise_id: str) -> None:
    """Restores records of an enterprise until its colour is better."""
    with store.database.read() as connection:
        ids = connection.exec_driver_sql(
            "SELECT DISTINCT record_id FROM record_version WHERE enterprise_id = ? AND restored_on IS NULL "
            "AND kind IN ('administrative_penalty', 'abnormal_operations_listing', 'tax_arrears', "
            "'wage_arrears_listing', 'judgment_default', 'serious_violation_listing', 'inspection', 'sampling_test')",
            (enterprise_id,),
        ).scalars()
        record_ids = list(ids)
    for record_id in record_ids:
        store.enter(store.facts.end("restored", record_id, store.day, "信用修复决定", "修复1号"))
        if standings(store).get(enterprise_id) in ("green", "blue"):
            return
    pytest.fail(f"{enterprise_id} stays yellow without its {len(record_ids)} records")


def test_what_waits_changes_no_code(store: CodedStore) -> None:
    """A proposed fall is not in effect: the code stays, and where it is public that it waits the list says so."""
    enterprise_id = store.one("blue")
    before = store.live(enterprise_id)
    fine(store, enterprise_id, kind="serious_violation_listing", result="", decided_on=str(store.day))
    assert store.standing(enterprise_id)["proposed"]
    assert store.live(enterprise_id) == before and store.rows(CodeEnd) == []
    text = store.text(enterprise_id)
    assert store.verdict(text).reason is CodeReason.VALID
    assert store.verdict(text, under_review=(enterprise_id,)).reason is CodeReason.UNDER_REVIEW
    sound(store)


def test_a_code_is_renewed_before_it_ends(store: CodedStore) -> None:
    """Within fourteen days of its end a code is renewed in its place of the list; the older one holds until it ends."""
    enterprise_id = store.one("green")
    first, old = store.live(enterprise_id), store.text(enterprise_id)
    assert first is not None
    store.go_to(DAY + timedelta(days=75))
    store.score()
    unchanged = store.live(enterprise_id)
    assert unchanged == first
    store.go_to(DAY + timedelta(days=77))
    store.score()
    renewed = store.live(enterprise_id)
    if standings(store)[enterprise_id] == "green":
        assert renewed is not None and renewed["number"] > first["number"]
        assert renewed["status_index"] == first["status_index"]
        assert store.claims(store.text(enterprise_id)).as_of == store.day
        assert store.verdict(old).reason is CodeReason.VALID
    sound(store)


def set_status(store: CodedStore, folder: Path, enterprise_id: str, status: str) -> None:
    """Imports a newer version of an enterprise with another status."""
    target = store.folder / f"{status}-{enterprise_id}"
    target.mkdir(parents=True)
    enterprises = pq.read_table(folder / "enterprises.parquet").to_pylist()
    row = next(row for row in enterprises if row["enterprise_id"] == enterprise_id)
    schema = pq.read_schema(folder / "enterprises.parquet")
    changed = {**row, "status": status, "known_on": store.day}
    pq.write_table(pa.Table.from_pylist([changed], schema=schema), target / "enterprises.parquet")
    records = pq.read_schema(folder / "records.parquet")
    pq.write_table(records.empty_table(), target / "records.parquet")
    store.take(target)


@pytest.mark.parametrize(
    ("status", "cause"),
    [("deregistered", "deregistered"), ("revoked", "licence_revoked"), ("moved", "moved")],
)
def test_a_closed_enterprise_has_no_code(
    store: CodedStore, folder: Path, tmp_path: Path, status: str, cause: str
) -> None:
    """Whoever is closed or moves away has its code revoked by the scoring that learns of it."""
    store.folder = tmp_path
    enterprise_id = store.one("green")
    text = store.text(enterprise_id)
    store.go_to(DAY + timedelta(days=1))
    set_status(store, folder, enterprise_id, status)
    store.score()
    (end,) = store.rows(CodeEnd, enterprise_id=enterprise_id)
    assert (end["state"], end["cause"]) == ("revoked", cause)
    assert store.live(enterprise_id) is None
    assert store.verdict(text).reason is CodeReason.REVOKED
    sound(store)


@pytest.mark.parametrize(
    ("result", "cause"),
    [("merger", "merged"), ("conversion", "converted"), ("", "new_owner"), ("division", None)],
)
def test_whom_another_one_succeeded_has_no_code(store: CodedStore, result: str, cause: str | None) -> None:
    """A merged, converted or sold enterprise has its code revoked with the record of it; a divided one keeps it."""
    successor, enterprise_id = store.one("blue"), store.one("green")
    text = store.text(enterprise_id)
    columns = {
        "kind": "succession",
        "result": result,
        "refers_to": enterprise_id,
        "occurred_on": str(store.day),
    }
    store.enter(store.facts.add(successor, columns, "变更登记"))
    ends = store.rows(CodeEnd, enterprise_id=enterprise_id)
    if cause is None:
        assert ends == [] and store.verdict(text).reason is CodeReason.VALID
    else:
        assert [(end["state"], end["cause"]) for end in ends] == [("revoked", cause)]
        assert store.verdict(text).reason is CodeReason.REVOKED
        store.go_to(DAY + timedelta(days=1))
        store.score()
        assert store.live(enterprise_id) is None
    sound(store)


def test_who_issues_none_goes_on_as_before(tmp_path: Path, folder: Path) -> None:
    """Without a key, without a deployment and where the policy shows no colour nothing is issued, and nothing is written."""
    made = CodedStore(tmp_path, DAY)
    made.database.codes = None
    made.take(folder)
    made.score()
    made.adopt()
    assert made.rows() == []
    made.settle(mode="opaque")
    made.go_to(DAY + timedelta(days=1))
    made.score()
    assert made.rows() == []
    with made.database.read() as connection:
        assert without_code(connection, "quzhou-demo") == len(standings(made))
        assert codes_after(connection, 0).issued == 0
    sound(made)


def test_a_key_that_comes_later_issues_for_all(tmp_path: Path, folder: Path) -> None:
    """When a store that has colours gets a key, the next scoring issues a code for everybody, once."""
    made = CodedStore(tmp_path, DAY)
    office, made.database.codes = made.database.codes, None
    made.take(folder)
    made.score()
    made.adopt()
    made.database.codes = office
    made.go_to(DAY + timedelta(days=1))
    made.score()
    issued = len(made.rows())
    assert issued > 100
    made.score()
    assert len(made.rows()) == issued
    sound(made)


def test_sole_traders_have_none_unless_they_are_to(store: CodedStore) -> None:
    """A policy that rates sole traders gives them no code, unless the deployment says so."""
    trader = store.one("green")
    with store.database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE directory SET entity_type = 'sole_trader' WHERE enterprise_id = ?", (trader,)
        )
        connection.exec_driver_sql("DELETE FROM code_live WHERE enterprise_id = ?", (trader,))
    store.score()
    assert store.live(trader) is None
    store.settle(sole_traders=True)
    store.score()
    assert store.live(trader) is not None


def test_places_are_drawn_at_random(store: CodedStore) -> None:
    """From the places of codes that were issued together nobody tells an order, and none is given twice."""
    indexes = [row["status_index"] for row in store.rows()]
    assert len(set(indexes)) == len(indexes) and max(indexes) > 30_000 > min(indexes)
    rising = sum(first < second for first, second in pairwise(indexes))
    assert 0.35 < rising / len(indexes) < 0.65


def test_a_forged_projection_is_found(store: CodedStore) -> None:
    """Whoever hides that a code is live, or has it say another colour, is found out."""
    with store.database.write() as connection:
        connection.execute(update(LiveCode).values(colour="blue").where(LiveCode.colour == "red"))
        findings = [finding for finding in wrong_projections(connection) if finding.table == "code_live"]
        assert len(findings) == len(store.rows(IssuedCode, colour="red")) > 0
        connection.rollback()


def test_a_lost_key_is_left_by_signing_anew(store: CodedStore) -> None:
    """Codes by a key that leaves are signed by the next one, and only then nobody trusts it: no lawful code goes dark."""
    (key_id,) = {row["key_id"] for row in store.rows()}
    enterprise_id = store.one("green")
    old = store.text(enterprise_id)

    from scoring.administration.keys.key_store import NewKey

    store.go_to(DAY + timedelta(days=1))
    new, _former = store.keys.rotate(NewKey("codes", "codes2.example.gov.cn", store.day), timedelta(0))
    store.keys.leave(key_id, "私钥泄露", store.day)
    assert store.verdict(old).reason is CodeReason.VALID
    with store.database.read() as connection:
        assert signed_by(connection, key_id, store.seconds) > 100
    store.score()
    with store.database.read() as connection:
        assert signed_by(connection, key_id, store.seconds) == 0
    assert {row["key_id"] for row in store.rows(LiveCode)} == {new.id}
    assert store.verdict(store.text(enterprise_id)).reason is CodeReason.VALID
    assert store.verdict(old).reason is CodeReason.VALID
    store.keys.withdraw(key_id, store.day)
    assert store.verdict(old).reason is CodeReason.KEY_WITHDRAWN
    assert store.verdict(store.text(enterprise_id)).reason is CodeReason.VALID
    sound(store)


def test_rotation_leaves_no_code_dark(store: CodedStore) -> None:
    """Through a year of days with a rotation every live code holds by the list of the day, and by that of a fortnight before."""
    lists = [store.trust()]
    for day in range(10, 130, 10):
        store.go_to(DAY + timedelta(days=day))
        if day == 60:
            store.keys.rotate(NewKey("codes", "codes2.example.gov.cn", store.day))
        store.score()
        lists.append(store.trust())
        statuses, earlier = store.statuses(), lists[-2]
        for row in store.rows(LiveCode)[::20]:
            text = store.text(row["enterprise_id"])
            for trust in (lists[-1], earlier):
                assert check(text, trust, store.seconds, statuses).is_valid, (day, row)
    assert len({row["key_id"] for row in store.rows()}) == 2

"""Records joined, parted, confirmed and hidden by a court, and copies of one act that are restored together."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from stores import ACTOR, DAY, READER, REVIEWERS, StoreHarness

from scoring.errors import StoreError, UsageError
from scoring.store.audit.replay import replay
from scoring.store.audit.verify import verify
from scoring.store.standing.matter_facts import MatterFacts
from scoring.store.tables.orm import AuditEvent, RecordVersion, table_of

ANNA = REVIEWERS[0]
PENALTY = {
    "kind": "administrative_penalty",
    "severity": "general",
    "decided_on": "2025-11-20",
    "document_no": "虚市监罚〔2025〕88号",
}


def facts(harness: StoreHarness) -> MatterFacts:
    """Facts of the day."""
    return MatterFacts(harness.day, READER)


def latest(harness: StoreHarness, record_id: str) -> dict[str, Any]:
    """The latest version of a record."""
    table = table_of(RecordVersion)
    query = select(table).where(table.c.record_id == record_id).order_by(table.c.seq.desc()).limit(1)
    with harness.database.read() as connection:
        return dict(connection.execute(query).mappings().one())


def logged(harness: StoreHarness) -> str:
    """The kind of the last entry of the log."""
    with harness.database.read() as connection:
        return str(
            connection.execute(select(AuditEvent.kind).order_by(AuditEvent.seq.desc()).limit(1)).scalar()
        )


def entered(harness: StoreHarness, record_id: str = "own:1", **columns: str) -> tuple[str, str]:
    """A green enterprise with one more penalty, and the penalty."""
    who = harness.one("green")
    harness.add(who, **{**PENALTY, "record_id": record_id, "authority": "甲局", **columns})
    return who, record_id


def test_joining_waits_for_a_second_account(scored: StoreHarness) -> None:
    """One's own word disputes the record; another account joins it, and the log says so."""
    _, record_id = entered(scored)
    scored.enter(facts(scored).join(record_id, "案1", "同一案件"))
    assert ("disputed", None, "record disputed") == (
        latest(scored, record_id)["contest"],
        latest(scored, record_id)["matter_id"],
        logged(scored),
    )
    with pytest.raises(StoreError, match="second_account_needed"):
        scored.enter(facts(scored).second(record_id, "我也说", ACTOR))
    scored.enter(facts(scored).second(record_id, "核对无误", ANNA), ANNA)
    assert (None, "案1", "record joined") == (
        latest(scored, record_id)["contest"],
        latest(scored, record_id)["matter_id"],
        logged(scored),
    )


def test_what_another_decided_joins_at_once(scored: StoreHarness) -> None:
    """With a decision and its document one account is enough."""
    _, record_id = entered(scored)
    scored.enter(facts(scored).join(record_id, "案1", "判决认定", "（2026）浙08行终1号", "court"))
    assert ("案1", "record joined") == (latest(scored, record_id)["matter_id"], logged(scored))


@pytest.mark.parametrize("against", [True, False])
def test_parting_and_confirming_need_a_second_account_only_where_they_can_help(
    scored: StoreHarness, against: bool
) -> None:
    """What speaks against the enterprise counts by itself on one account's word; what speaks for it does not."""
    columns = (
        {} if against else {"kind": "inspection", "severity": "", "document_no": "", "result": "no_problem"}
    )
    _, record_id = entered(scored, **columns)
    scored.enter(facts(scored).part(record_id, "另案"))
    parted = latest(scored, record_id)
    assert (("-", None) if against else (None, "disputed")) == (parted["matter_id"], parted["contest"])
    _, other = entered(scored, "own:2", **columns)
    scored.enter(facts(scored).confirm(other, scored.day, "经复核仍成立"))
    confirmed = latest(scored, other)
    expected = (scored.day, None) if against else (None, "disputed")
    assert expected == (confirmed["confirmed_on"], confirmed["contest"])
    assert ("record confirmed" if against else "record disputed") == logged(scored)


def test_masking_needs_the_number_of_a_ruling(scored: StoreHarness) -> None:
    """Without it, or with an end before the beginning, nothing is hidden."""
    _, record_id = entered(scored)
    mine = facts(scored)
    with pytest.raises(UsageError, match="mask_without_ruling"):
        mine.mask(record_id, scored.day, None, "重整", " ")
    with pytest.raises(UsageError, match="mask_ends_first"):
        mine.mask(record_id, scored.day, scored.day, "重整", "（2026）浙08破1号")


def test_a_masked_record_counts_until_it_is_seen_again(scored: StoreHarness) -> None:
    """From the day of the ruling it costs nothing; on the day of its end it counts again."""
    who = scored.one("green")
    before = scored.latest(who)["points"]
    scored.add(who, **{**PENALTY, "record_id": "own:1", "authority": "甲局"})
    with_it = scored.latest(who)["points"]
    end = DAY + timedelta(days=30)
    scored.enter(facts(scored).mask("own:1", scored.day, end, "重整计划", "（2026）浙08破1号"))
    assert (before, "record masked") == (scored.latest(who)["points"], logged(scored))
    assert "（2026）浙08破1号" == latest(scored, "own:1")["document"]
    assert before != with_it
    scored.go_to(end)
    scored.score()
    assert "masked_until" in latest(scored, "own:1") and scored.latest(who)["points"] < before  # type: ignore[operator]


@pytest.mark.parametrize("column", ["matter_id", "confirmed_on", "masked_from", "masked_until"])
def test_a_correction_does_none_of_it(scored: StoreHarness, column: str) -> None:
    """What has a command of its own, with its own conditions, is no correction."""
    _, record_id = entered(scored)
    with pytest.raises(UsageError, match="correction_of_fixed_column"):
        scored.facts.correct(record_id, {column: "2026-01-01"}, "test", "文1号", "court")


@pytest.mark.parametrize("matter", ["", " ", "-"])
def test_a_matter_has_a_number(scored: StoreHarness, matter: str) -> None:
    """Without one nothing is joined; a dash is what parts."""
    with pytest.raises(UsageError, match="matter_missing"):
        facts(scored).join("own:1", matter, "同一案件")


def test_copies_of_an_act_are_found(scored: StoreHarness) -> None:
    """The same decision of the day under another writing of its number is one act; another number or day is not."""
    who, record_id = entered(scored)
    others = {
        "own:copy": {"authority": "乙局", "document_no": "虚市监罚(2025)第88号"},
        "own:year": {"authority": "乙局", "document_no": "虚市监罚2025年88号"},
        "own:number": {"document_no": "虚市监罚〔2025〕89号"},
        "own:day": {"decided_on": "2025-11-21", "authority": "乙局"},
        "own:none": {"document_no": "〔2025〕"},
    }
    for other, columns in others.items():
        scored.add(who, **{**PENALTY, "record_id": other, "authority": "甲局", **columns})
    with scored.database.read() as connection:
        copies = facts(scored).copies(connection, record_id)
    assert ["own:copy", "own:year"] == copies


def test_the_log_is_sound_and_all_is_replayed(scored: StoreHarness) -> None:
    """After each of these entries the store verifies, and every result follows from what was known."""
    _, record_id = entered(scored)
    mine = facts(scored)
    scored.enter(mine.part(record_id, "另案"))
    scored.enter(mine.confirm(record_id, scored.day, "仍成立"))
    scored.enter(mine.mask(record_id, scored.day, None, "重整计划", "（2026）浙08破1号"))
    with scored.database.read() as connection:
        assert [] == verify(connection).findings
    assert [] == replay(scored.database, None, scored.clock).different

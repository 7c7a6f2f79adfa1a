"""The three faces of a code online: what an officer and a partner are told of it, whatever became of its enterprise."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from coded_stores import HOST, CodedStore
from stores import DAY

from scoring.administration.credential.code_claims import DAY as SECONDS
from scoring.administration.credential.not_a_code import CodeReason
from scoring.administration.credential.profile import OpaqueCode, decode, encode
from scoring.administration.credential.scan import (
    EnterpriseToday,
    PartnerScan,
    officer_scan,
    partner_scan,
)
from scoring.errors import StoreError
from scoring.explain.public_result import PublishedRecord
from scoring.store.audit.verify import verify
from scoring.store.standing.code_faces import issue_plates, show_code
from scoring.store.standing.code_issuing import renew_codes
from scoring.store.standing.code_records import RecordedCode, plate_owner, recorded_code
from scoring.store.standing.gone import gone_among

RECORD = PublishedRecord("r1", "administrative_penalty", date(2026, 5, 1), "某局", "罚〔2026〕1号", None)


@pytest.fixture
def store(tmp_path: Path, built: Path) -> Iterator[CodedStore]:
    """A copy of it."""
    made = CodedStore.copied(built, tmp_path / "copy", DAY)
    yield made
    made.database.close()


def shown(store: CodedStore, enterprise_id: str) -> str:
    """The text of a code on a screen."""
    return encode(HOST, show_code(store.database, store.office, enterprise_id, "tester", store.clock))


def today_of(store: CodedStore, enterprise_id: str) -> EnterpriseToday:
    """What the store says of an enterprise."""
    standing = store.standing(enterprise_id)
    with store.database.read() as connection:
        gone = gone_among(connection, [enterprise_id], store.day).get(enterprise_id)
    colour = standing["colour"]
    return EnterpriseToday(enterprise_id, "某企业", str(colour), store.day, bool(standing["proposed"]), gone)


def recorded(store: CodedStore, text: str) -> RecordedCode | None:
    """A code as the store knows it."""
    with store.database.read() as connection:
        return recorded_code(connection, store.claims(text).serial.hex(), store.day)


def test_a_shown_code_has_no_colour_and_ends_within_a_day(store: CodedStore) -> None:
    """A code on a screen verifies offline, names the enterprise and no colour, and is the same for half a day."""
    enterprise_id = store.coded("green")
    text = shown(store, enterprise_id)
    claims = store.claims(text)
    assert claims.colour is None and claims.subject == enterprise_id
    assert claims.expires - claims.issued == SECONDS
    assert store.verdict(text).reason is CodeReason.VALID
    assert shown(store, enterprise_id) == text
    store.clock.now += timedelta(hours=13)
    later = shown(store, enterprise_id)
    assert later != text and store.claims(later).index == claims.index
    store.clock.now += timedelta(hours=12)
    assert store.verdict(text).reason is CodeReason.EXPIRED
    with store.database.read() as connection:
        assert [] == verify(connection).findings


def test_a_plate_is_one_id_for_good(store: CodedStore) -> None:
    """An enterprise keeps the id of its plate; nobody else has it, and nothing can be read off it."""
    ids = [store.coded(colour) for colour in ("blue", "green", "yellow")]
    plates = issue_plates(store.database, store.office, ids, "tester", store.clock)
    assert plates == issue_plates(store.database, store.office, ids, "tester", store.clock)
    assert len(set(plates.values())) == 3
    with store.database.read() as connection:
        for enterprise_id, token in plates.items():
            assert plate_owner(connection, token) == enterprise_id
            code = decode(encode(HOST, token))
            assert isinstance(code, OpaqueCode) and code.token == token
        assert plate_owner(connection, bytes(16)) is None
        assert [] == verify(connection).findings
    assert store.verdict(encode(HOST, plates[ids[0]])).reason is CodeReason.OPAQUE


@pytest.mark.parametrize(
    ("kind", "entity_type", "area"),
    [("sole trader", "sole_trader", "330802"), ("elsewhere", "company", "110101")],
)
def test_who_may_have_none_gets_none(store: CodedStore, kind: str, entity_type: str, area: str) -> None:
    """Neither a plate nor a code on a screen is given to a sole trader or outside the division."""
    enterprise_id = store.coded("green")
    with store.database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE directory SET entity_type = ?, area = ? WHERE enterprise_id = ?",
            (entity_type, area, enterprise_id),
        )
    assert issue_plates(store.database, store.office, [enterprise_id, "nobody"], "tester", store.clock) == {}
    with pytest.raises(StoreError, match="no_code_for"):
        shown(store, enterprise_id)


CASES = {
    "valid": (None, None, False, CodeReason.VALID),
    "superseded": ("superseded", None, False, CodeReason.SUPERSEDED),
    "revoked": ("revoked", None, False, CodeReason.REVOKED),
    "under review": (None, None, True, CodeReason.UNDER_REVIEW),
    "sold": (None, "new_owner", False, CodeReason.REVOKED),
    "closed": (None, "deregistered", False, CodeReason.REVOKED),
    "merged": ("superseded", "merged", False, CodeReason.REVOKED),
    "expired": (None, None, False, CodeReason.EXPIRED),
}
FACES = ("sticker", "shown", "opaque")


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("case", CASES)
def test_online_matrix(case: str, face: str) -> None:
    """State by face: an officer gets the colour of today and its day, a partner never a colour, and who is gone is dark to both."""
    state, gone, waits, expected = CASES[case]
    at = 2_000_000_000
    ends = at - 1 if case == "expired" else at + SECONDS
    code = None
    if face != "opaque":
        said = "blue" if face == "sticker" else None
        code = RecordedCode(
            "X", face, said, DAY, ends, state, "colour" if state else None, DAY if state else None
        )
    today = EnterpriseToday("X", "某企业", "yellow", DAY, waits, gone)
    if face == "opaque" and case in ("superseded", "revoked", "expired"):
        # A plate says nothing that could be old; it is dark where its enterprise is gone.
        expected = CodeReason.VALID
    seen = officer_scan(today, code, at)
    assert seen.reason is expected
    assert (seen.colour, seen.as_of) == ((None, None) if expected is CodeReason.REVOKED else ("yellow", DAY))
    partner = partner_scan(today, code, [RECORD], at)
    dark = expected is CodeReason.REVOKED
    assert partner.records == (() if dark else (RECORD,))
    assert partner.reason is (
        expected if expected in (CodeReason.REVOKED, CodeReason.EXPIRED) else CodeReason.VALID
    )
    assert not mentions_colour(partner)


def mentions_colour(scan: Any) -> bool:
    """Whether anything in an answer names a colour."""
    values = [getattr(scan, field.name) for field in fields(scan)] if is_dataclass(scan) else [scan]
    return bool(re.search(r"\b(blue|green|yellow|red|superseded|under_review)\b", str(values)))


def test_a_partner_is_told_the_same_of_every_colour(store: CodedStore) -> None:
    """Two enterprises of different colours differ, for a partner, in nothing but their names and records."""
    answers = set()
    for colour in ("blue", "green", "yellow", "red"):
        enterprise_id = store.coded(colour)
        answer = partner_scan(
            today_of(store, enterprise_id), recorded(store, store.text(enterprise_id)), [], store.seconds
        )
        assert isinstance(answer, PartnerScan) and answer.enterprise_id == enterprise_id
        answers.add((answer.reason, answer.name, answer.records))
    assert len(answers) == 1


def test_an_old_sticker_tells_since_when_it_is_old(store: CodedStore) -> None:
    """After a change the officer's scan of the old sticker has the new colour, what the sticker said, and the day."""
    enterprise_id = store.coded("green")
    text = store.text(enterprise_id)
    seen = officer_scan(today_of(store, enterprise_id), recorded(store, text), store.seconds)
    assert (seen.reason, seen.colour, seen.said) == (CodeReason.VALID, "green", None)
    store.go_to(DAY + timedelta(days=3))
    with store.database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE standing SET colour = 'blue' WHERE enterprise_id = ?", (enterprise_id,)
        )
    renew_codes(store.database, store.version, store.day, "tester", store.clock)
    seen = officer_scan(today_of(store, enterprise_id), recorded(store, text), store.seconds)
    assert (seen.reason, seen.colour, seen.said) == (CodeReason.SUPERSEDED, "blue", "green")
    assert seen.ended_on == store.day


def test_a_code_that_was_never_issued_is_unknown(store: CodedStore) -> None:
    """Whoever signs beside the log is noticed at the first scan online."""
    with store.database.read() as connection:
        assert recorded_code(connection, "00" * 8, store.day) is None

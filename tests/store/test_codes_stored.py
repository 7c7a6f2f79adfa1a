"""Codes on SQLite and on PostgreSQL: issued, superseded, listed, bound by the log, and back from a backup."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from coded_stores import SETTINGS, key_folder
from stores import ACTOR, DAY, StoreHarness

from scoring.administration.credential.issuing_office import IssuingOffice
from scoring.administration.credential.list_of_statuses import signed_status_list
from scoring.administration.credential.profile import encode
from scoring.administration.credential.status_list import read_status_list
from scoring.administration.credential.verdict import check
from scoring.errors import StoreError
from scoring.store.audit.verify import verify
from scoring.store.keep.transfer import backup, unpacked
from scoring.store.standing.code_faces import issue_plates, show_code
from scoring.store.standing.code_issuing import renew_codes
from scoring.store.standing.code_records import live_code, plate_owner, recorded_code, without_code
from scoring.store.tables import migrate
from scoring.store.tables.database import Database


@pytest.fixture
def office(scored: StoreHarness, tmp_path: Path) -> IssuingOffice:
    """The office of a store that was scored without codes."""
    scored.database.codes = made = IssuingOffice(SETTINGS, key_folder(tmp_path / "keys"))
    return made


def issue(store: StoreHarness) -> int:
    """Issues what is due; how many codes."""
    counts = renew_codes(store.database, store.version, store.day, ACTOR, store.clock)
    return counts.issued + counts.renewed


def count(store: StoreHarness, query: str) -> int:
    """A number that a query gives."""
    with store.database.read() as connection:
        return int(connection.exec_driver_sql(query).scalar_one())


def test_codes_are_issued_ended_and_listed(
    scored: StoreHarness, office: IssuingOffice, tmp_path: Path
) -> None:
    """Everybody's code is issued once; another colour ends it; the list says so; a backup has it all."""
    issued = issue(scored)
    assert issued > 40 and issue(scored) == 0
    assert (
        count(scored, "SELECT count(*) FROM code")
        == issued
        == count(scored, "SELECT count(*) FROM code_live")
    )
    with scored.database.read() as connection:
        (enterprise_id,) = connection.exec_driver_sql(
            "SELECT enterprise_id FROM code_live WHERE colour = 'green' ORDER BY enterprise_id LIMIT 1"
        ).scalars()
        old = live_code(connection, enterprise_id, "sticker")
        assert without_code(connection, "quzhou-demo") < 10
    with scored.database.write() as connection:
        connection.exec_driver_sql(
            f"UPDATE standing SET colour = 'blue' WHERE enterprise_id = '{enterprise_id}'"
        )
    scored.go_to(DAY + timedelta(days=1))
    assert issue(scored) == 1
    token, statuses = signed_status_list(scored.database, office, scored.clock)
    trust = office.keys.trust_list([SETTINGS.printed_host], int(scored.clock().timestamp()), scored.day)
    at = int(scored.clock().timestamp())
    read = read_status_list(token, trust, at)
    assert read == statuses and statuses.count() == 1
    assert old is not None
    assert str(check(encode(SETTINGS.printed_host, old), trust, at, read).reason) == "superseded"
    with scored.database.write() as connection:
        connection.exec_driver_sql(
            f"UPDATE standing SET colour = 'green' WHERE enterprise_id = '{enterprise_id}'"
        )
    with scored.database.read() as connection:
        assert [] == verify(connection).findings
        serial = (
            connection.exec_driver_sql(f"SELECT serial FROM code WHERE enterprise_id = '{enterprise_id}'")
            .scalars()
            .first()
        )
        known = recorded_code(connection, str(serial), scored.day)
        assert known is not None and (known.state, known.cause, known.ended_on) == (
            "superseded",
            "colour",
            scored.day,
        )
    backup(scored.database, tmp_path / "b.db")
    with unpacked(tmp_path / "b.db") as copy, copy.read() as connection:
        assert [] == verify(connection).findings
        assert connection.exec_driver_sql("SELECT count(*) FROM code").scalar_one() == issued + 1


def test_plates_and_shown_codes_are_kept(scored: StoreHarness, office: IssuingOffice) -> None:
    """A plate has its owner, a shown code its end; both are bound by the log."""
    with scored.database.read() as connection:
        ids = list(
            connection.exec_driver_sql(
                "SELECT enterprise_id FROM standing WHERE colour = 'green' ORDER BY 1"
            ).scalars()
        )
    plates = issue_plates(scored.database, office, ids, ACTOR, scored.clock)
    shown = [show_code(scored.database, office, member, ACTOR, scored.clock) for member in list(plates)[:2]]
    assert len(set(shown)) == 2 and len(plates) > 10
    with scored.database.read() as connection:
        assert all(plate_owner(connection, token) == member for member, token in plates.items())
        assert live_code(connection, next(iter(plates)), "shown") == shown[0]
        assert [] == verify(connection).findings


def test_forged_codes_are_found(scored: StoreHarness, office: IssuingOffice) -> None:
    """A code that was changed, removed or added by hand is named by the audit, and a removed end too."""
    issue(scored)
    changes = (
        "UPDATE code SET colour = 'x' WHERE number = 1",
        "DELETE FROM code WHERE number = 2",
        "UPDATE code SET status_index = status_index + 1 WHERE number = 3",
    )
    for change in changes:
        with scored.database.write() as connection:
            connection.exec_driver_sql(change)
            assert {finding.table for finding in verify(connection).findings} >= {"code"}, change
            connection.rollback()


def test_an_older_programme_is_not_given_codes(scored: StoreHarness, office: IssuingOffice) -> None:
    """The schema goes down while no code was issued, and not any more after that."""
    database: Database = scored.database
    issue(scored)
    with pytest.raises(StoreError, match="store_not_lowered"):
        migrate.change(database, "0013")

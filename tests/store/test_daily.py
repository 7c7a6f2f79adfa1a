"""A batch that goes on from the last one gives what a batch over everybody gives, bit for bit."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

import pyarrow.parquet as pq
import pytest
from hands import Hands
from made_stores import opened
from stores import ACTOR, REVIEWERS, StoreHarness, remove

from scoring.store.facts.deletion import due_for_erasure
from scoring.store.snapshot.generations import newest_generation, place_of
from scoring.store.snapshot.linked_facts import all_file, newer_file
from scoring.store.snapshot.manifest import MANIFEST
from scoring.store.standing.assessing import ScoredStore, score_store
from scoring.store.standing.recording import Recorder
from scoring.store.tables.database import Database

DAYS = int(os.environ.get("SISE_DAILY", "24"))
"""Random days; a campaign sets a greater number."""
LONGEST = 40
"""Days from one batch to the next at most, now and then."""
RESULTS = """
SELECT a.number, a.enterprise_id, a.policy_id, a.rules_sha256, a.as_of, a.prior_band, a.points, a.band, a.colour, a.status,
    a.status_reason, a.reasons, a.vetoes, a.caps, a.coverage, a.n_records, a.contributions, a.given, a.fields, a.state,
    a.reviewers, a.proposal, s.in_effect, s.rated_band, s.name, s.proposed
FROM assessment a JOIN standing s ON s.policy_id = a.policy_id AND s.enterprise_id = a.enterprise_id
ORDER BY a.number
"""


@pytest.fixture
def city(scored_folder: Path, tmp_path: Path) -> Iterator[StoreHarness]:
    """A store in a file in which the district is scored."""
    with opened(scored_folder, str(tmp_path / "city.db"), tmp_path) as store:
        yield store


def results(store: StoreHarness) -> list[tuple[object, ...]]:
    """Every assessment, and where its enterprise stands."""
    with store.database.read() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(RESULTS)]


def scored(store: StoreHarness, *, full: bool) -> ScoredStore:
    """Scores a store on its day; what the law has deleted goes."""
    with store.database.read() as connection:
        due = len(due_for_erasure(connection, store.day))
    return score_store(store.database, store.version, store.day, ACTOR, store.clock, agreed=due, full=full)


def twin_of(store: StoreHarness) -> StoreHarness:
    """A copy of a store without what is kept beside it."""
    file = Path(store.database.place)
    with store.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    twin = file.with_name("twin.db")
    for left in file.parent.glob("twin.db*"):
        remove(left)
    shutil.copyfile(file, twin)
    copied = StoreHarness(Database(str(twin)), store.day, store.folder)
    copied.clock.now = store.clock.now
    return copied


def test_each_day_is_as_a_batch_over_everybody(city: StoreHarness, tmp_path: Path) -> None:
    """Facts, corrections, restorations, deletions, steps, files, dates that fall due: nothing tells the two batches apart."""
    chance = Random(7)
    recorder = Recorder(city.database, ACTOR, city.clock)
    hands = Hands(city, (ACTOR, REVIEWERS[0]), chance, tmp_path, recorder)
    scored(city, full=True)
    looked_at = there = 0
    for number in range(DAYS):
        for _ in range(chance.randint(0, 6)):
            hands.one()
        step = chance.choice((0, 1, 1, 1, 1, chance.randint(2, LONGEST)))
        city.go_to(city.day + timedelta(days=step))
        twin = twin_of(city)
        run, whole = scored(city, full=False), scored(twin, full=True)
        assert results(twin) == results(city), (number, city.day, hands.done[-6:])
        told = [
            (each.seq, each.enterprises, each.changed, each.proposed, each.bands) for each in (run, whole)
        ]
        assert told[0] == told[1]
        assert whole.looked_at == whole.enterprises
        twin.database.close()
        looked_at, there = looked_at + run.looked_at, there + run.enterprises
    print(f"{DAYS} days, {len(hands.done)} commands: {looked_at} of {there} looked at")
    assert 0 < looked_at < there


def test_nothing_new_is_nobody_looked_at(city: StoreHarness) -> None:
    """A second batch of one day without news scores nobody, and counts all."""
    first = scored(city, full=True)
    again = scored(city, full=False)
    assert (0, 0) == (again.looked_at, again.changed)
    assert (first.enterprises, first.bands, first.not_rated) == (
        again.enterprises,
        again.bands,
        again.not_rated,
    )


def test_one_fact_links_its_own_family(city: StoreHarness) -> None:
    """After one fact the files of the whole stay, and a few enterprises stand beside them."""
    scored(city, full=True)
    city.add(city.one("green"), kind="administrative_penalty", severity="serious", decided_on=str(city.day))
    run = scored(city, full=False)
    place = place_of(city.database, city.version.law.relations)
    kept = newest_generation(place)
    assert kept is not None
    assert newer_file(kept.folder, "records").exists()
    kept.close()
    assert 1 <= run.looked_at < 10
    assert ["2"] == [folder.name for folder in place.iterdir()]


@pytest.mark.parametrize("damage", ["lost", "edited", "stale", "manifest", "other_store", "writable"])
def test_a_damaged_snapshot_is_made_anew(city: StoreHarness, damage: str) -> None:
    """What is lost, edited, of an older programme, of another store or open to others is not used, and the results are right."""
    scored(city, full=True)
    place = place_of(city.database, city.version.law.relations)
    folder = next(place.iterdir())
    if damage == "lost":
        shutil.rmtree(place.parent)
    elif damage == "edited":
        records = all_file(folder, "records")
        records.write_bytes(records.read_bytes()[:-1] + b"\0")
    elif damage == "stale":
        text = (folder / MANIFEST).read_text(encoding="utf-8")
        (folder / MANIFEST).write_text(text.replace('"seq": ', '"seq": 9'), encoding="utf-8")
    elif damage == "manifest":
        (folder / MANIFEST).unlink()
    elif damage == "other_store":
        text = (folder / MANIFEST).read_text(encoding="utf-8")
        (folder / MANIFEST).write_text(text.replace('"leaf": "', '"leaf": "00'), encoding="utf-8")
    else:
        place.chmod(0o777)
    city.add(city.one("green"), kind="administrative_penalty", severity="serious", decided_on=str(city.day))
    city.go_to(city.day + timedelta(days=1))
    twin = twin_of(city)
    scored(city, full=False)
    scored(twin, full=True)
    assert results(twin) == results(city)
    twin.database.close()


def test_a_deleted_record_stays_in_no_file(city: StoreHarness) -> None:
    """What the law has deleted is in none of the files beside the store after the batch that deletes it."""
    city.go_to(city.day + timedelta(days=800))
    scored(city, full=True)
    city.go_to(city.day + timedelta(days=400))
    with city.database.read() as connection:
        gone = {version.record_id for version in due_for_erasure(connection, city.day)}
    assert gone
    scored(city, full=False)
    place = place_of(city.database, city.version.law.relations)
    kept = newest_generation(place)
    assert kept is not None
    assert [kept.folder] == list(place.iterdir())
    for file in kept.folder.glob("*records.parquet"):
        left = pq.read_table(file, columns=["record_id"]).column(0).to_pylist()
        assert not gone & {str(record_id).partition("@")[0] for record_id in left}
    kept.close()


def test_the_files_are_their_owners_alone(city: StoreHarness) -> None:
    """Nobody else reads what is kept beside a store, whatever the process would allow."""
    own_mask = os.umask(0)
    try:
        scored(city, full=True)
    finally:
        os.umask(own_mask)
    place = place_of(city.database, city.version.law.relations)
    assert {0o700} == {stat.S_IMODE(folder.stat().st_mode) for folder in (place, place.parent)}
    assert 0 == scored(city, full=False).looked_at


def test_a_file_system_without_second_names(city: StoreHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a file can have one name alone, it is copied, and the results are those of a batch over everybody."""

    def refuse(target: Path, file: Path) -> None:
        """As such a file system answers."""
        raise OSError(errno.EPERM, "Operation not permitted")

    scored(city, full=True)
    city.add(city.one("green"), kind="administrative_penalty", severity="serious", decided_on=str(city.day))
    twin = twin_of(city)
    monkeypatch.setattr(Path, "hardlink_to", refuse)
    assert scored(city, full=False).looked_at < 10
    scored(twin, full=True)
    assert results(twin) == results(city)
    twin.database.close()

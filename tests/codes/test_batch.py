"""Many sheets at once: each enterprise once, the same bytes after whatever kills, and nothing that may not be printed."""

from __future__ import annotations

import csv
import io
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

import pytest
import zxingcpp
from coded_stores import CodedStore
from PIL import Image
from stores import DAY

from scoring.administration.credential.batch_plan import PlannedSheet, SheetOrder, SheetPlanner, read_plan
from scoring.administration.credential.batch_work import INDEX, SheetBatch
from scoring.errors import InputError

COUNT = int(os.environ.get("SISE_BATCH", "520"))
"""Sheets of the batch that is killed; the campaign has 20,000."""
KILLS = int(os.environ.get("SISE_BATCH_KILLS", "3"))


@pytest.fixture
def store(built: Path, tmp_path: Path) -> Iterator[CodedStore]:
    """A copy of a district with codes."""
    made = CodedStore.copied(built, tmp_path / "copy", DAY)
    yield made
    made.database.close()


def planner(store: CodedStore, *, with_grounds: bool = False) -> SheetPlanner:
    """Plans sheets of a store; where grounds are asked about, every second colour is public."""
    states = (
        (lambda ids: ["shown" if n % 2 else "not_public" for n in range(len(ids))]) if with_grounds else None
    )
    return SheetPlanner(store.database, store.office, store.version, store.day, True, states)  # type: ignore[arg-type]


def sheets(store: CodedStore, asked: SheetOrder = SheetOrder(), **how: bool) -> list[PlannedSheet]:
    """The sheets of a batch."""
    return list(planner(store, **how).sheets(asked, "tester", store.clock))


def test_each_code_once(store: CodedStore, tmp_path: Path) -> None:
    """In an archive with a list: every live sticker once, and each picture holds the code of its enterprise."""
    batch = SheetBatch(tmp_path / "codes.zip", SheetOrder(), is_archive=True)
    assert not batch.prepare(sheets(store))
    count = batch.draw(workers=1)
    live = {row["enterprise_id"] for row in store.rows() if row["face"] == "sticker"}
    with ZipFile(tmp_path / "codes.zip") as archive:
        names = archive.namelist()
        index = list(csv.DictReader(io.StringIO(archive.read(INDEX).decode("utf-8-sig"))))
        first = archive.read(index[0]["file"])
    assert len(live) == count == len(index) and len(names) == len(set(names)) == count + 1
    assert {row["enterprise_id"] for row in index} == live
    text = zxingcpp.read_barcodes(Image.open(io.BytesIO(first)).convert("L"))[0].text
    assert text == store.text(index[0]["enterprise_id"])
    assert not batch.work.exists()


def test_since_a_day(store: CodedStore) -> None:
    """What was issued before the day is left out."""
    assert [] == sheets(store, SheetOrder(DAY + timedelta(days=1)))
    assert len(sheets(store)) == len(sheets(store, SheetOrder(DAY))) > 50
    plates = CodedStore.settle
    plates(store, mode="opaque")
    given = sheets(store)
    assert len(given) == len({planned.text for planned in given}) > 50
    assert all(planned.face.is_plain and planned.face.colour is None for planned in given)
    assert [] == sheets(store, SheetOrder(DAY + timedelta(days=1)))


def test_no_colour_that_is_not_public(store: CodedStore) -> None:
    """Where the public sees colours with their grounds alone, the others have no sticker."""
    every, shown = sheets(store), sheets(store, with_grounds=True)
    assert 0 < len(shown) < len(every)


def test_a_plan_is_read_as_it_was_written(store: CodedStore, tmp_path: Path) -> None:
    """Nothing of a face is lost in the file."""
    batch = SheetBatch(tmp_path / "out", SheetOrder(), is_archive=False)
    planned = sheets(store)
    batch.prepare(planned)
    asked, lines = read_plan(batch.plan)
    assert (batch.order.words, planned) == (asked, [PlannedSheet.of_line(line) for line in lines])


def test_another_batch_is_not_gone_on_with(store: CodedStore, tmp_path: Path) -> None:
    """Options that differ from those of what lies there unfinished, and somebody's folder, are refused."""
    out = tmp_path / "out"
    SheetBatch(out, SheetOrder(), is_archive=False).prepare(sheets(store)[:3])
    with pytest.raises(InputError, match="batch_of_other"):
        SheetBatch(out, SheetOrder(form="pdf"), is_archive=False).prepare([])
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("x")
    with pytest.raises(InputError, match="folder_foreign"):
        SheetBatch(tmp_path / "mine", SheetOrder(), is_archive=False).prepare([])


DRAW = """
import sys
from pathlib import Path
from scoring.administration.credential.batch_plan import SheetOrder
from scoring.administration.credential.batch_work import SheetBatch
if __name__ == "__main__":
    batch = SheetBatch(Path(sys.argv[1]), SheetOrder(), is_archive=sys.argv[2] == "zip")
    # Whoever was killed after the end has nothing to go on with.
    if batch.plan.exists():
        batch.draw()
"""


def many(planned: list[PlannedSheet], count: int) -> Iterator[PlannedSheet]:
    """So many sheets of enterprises that are none's twice."""
    from dataclasses import replace

    for number in range(count):
        one = planned[number % len(planned)]
        yield PlannedSheet(replace(one.face, enterprise_id=f"made:{number:06d}"), one.text)


@pytest.mark.parametrize(("form", "kills"), [("zip", KILLS), ("folder", 1)])
def test_kills_leave_no_trace(store: CodedStore, tmp_path: Path, form: str, kills: int) -> None:
    """Killed at any moment and begun again, it ends with the bytes of a run that nobody disturbed."""
    planned, script = sheets(store), tmp_path / "draw.py"
    script.write_text(DRAW)
    seed, digests, lasted = random.Random(5), [], 0.0
    for name, times in (("whole", 0), ("killed", kills)):
        out = tmp_path / f"{name}.out"
        SheetBatch(out, SheetOrder(), is_archive=form == "zip").prepare(many(planned, COUNT))
        command = [sys.executable, str(script), str(out), form]
        began = time.monotonic()
        for _ in range(times):
            with subprocess.Popen(command, start_new_session=True) as child:
                time.sleep(seed.uniform(0.4, 0.4 + lasted * 0.9))
                # The workers too: what goes on drawing alone would not have been killed.
                os.killpg(child.pid, signal.SIGKILL)
        subprocess.run(command, check=True, timeout=3000)
        lasted = time.monotonic() - began
        digests.append(digest(out))
        assert not out.with_name(f"{out.name}.work").exists()
    assert digests[0] == digests[1]
    print(f"\n{COUNT:,} sheets, {kills} kills: the same bytes")


def digest(out: Path) -> str:
    """Of an archive's bytes, or of all files of a folder."""
    if out.is_file():
        return sha256(out.read_bytes()).hexdigest()
    whole = sha256()
    for file in sorted(out.iterdir()):
        whole.update(file.name.encode() + sha256(file.read_bytes()).digest())
    return whole.hexdigest()


def test_days_are_real(store: CodedStore) -> None:
    """The sheet says the day of the code and until when it holds."""
    planned = sheets(store)[0]
    claims = store.claims(planned.text)
    assert planned.face.as_of == claims.as_of and planned.face.colour == claims.colour
    assert planned.face.printed is not None and planned.face.printed.valid_until is not None
    assert planned.face.printed.valid_until > date(2026, 9, 30)

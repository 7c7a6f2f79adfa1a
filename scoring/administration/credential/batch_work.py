"""Draws the sheets of a plan, by all processors, in parts that are written whole: whoever was killed goes on.

The same plan gives the same bytes, in whatever order and by however many hands its parts are drawn.
"""

from __future__ import annotations

import csv
import io
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from itertools import islice
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from scoring.administration.credential.batch_plan import (
    PlannedSheet,
    SheetOrder,
    read_plan,
    write_plan,
)
from scoring.administration.credential.render import draw_sheet, sheet_of
from scoring.disk import atomic_file, atomic_folder, disk_faults, refuse_foreign, spreadsheet_cell
from scoring.entities import Progress, silent
from scoring.errors import InputError

TOGETHER = 250
"""Sheets of a part."""
WAITING = 4
"""Parts that wait for each processor: the plan is never read whole."""
INDEX = "index.csv"
"""Lists what was drawn, and is the mark by which an older batch is known."""
PLAN = "plan.jsonl"
MOMENT = (1980, 1, 1, 0, 0, 0)
"""Of all files in an archive: the same sheets are the same bytes."""
BOM = "\ufeff"


class SheetBatch:
    """A batch of sheets that is being drawn into a folder or an archive.

    Args:
        out: The folder, or the archive.
        is_archive: Which of the two.
        order: What is asked for.
    """

    def __init__(self, out: Path, order: SheetOrder, *, is_archive: bool) -> None:
        self.out, self.order, self.is_archive = out, order, is_archive
        self.work = out.with_name(f"{out.name}.work")

    @property
    def plan(self) -> Path:
        """The file of its plan."""
        return self.work / PLAN

    def prepare(self, sheets: Iterable[PlannedSheet]) -> bool:
        """Fixes what will be drawn, unless an earlier run has; gives whether this run goes on with it.

        Raises:
            InputError: An earlier run that was not finished was asked for something else, or somebody's files
                stand where the result is to be.
        """
        if self.is_archive:
            if self.out.is_dir():
                raise InputError("batch_not_archive", place=str(self.out))
        else:
            refuse_foreign(self.out, INDEX)
        if self.plan.exists():
            before, lines = read_plan(self.plan)
            for _ in lines:
                break
            if before != self.order.words:
                raise InputError("batch_of_other", place=str(self.work))
            return True
        with disk_faults(self.work):
            self.work.mkdir(parents=True, exist_ok=True)
            write_plan(self.plan, self.order, iter(sheets))
        return False

    def draw(self, progress: Progress = silent, workers: int | None = None) -> int:
        """Draws what is not drawn yet, and puts it all together; gives how many sheets there are.

        Args:
            progress: Called with ``drawing`` and ``packing`` and the share done.
            workers: Processes; by default one for each processor.
        """
        with disk_faults(self.work):
            parts = self._draw_parts(progress, workers or os.cpu_count() or 1)
            count = self._put_together(parts, progress)
            shutil.rmtree(self.work)
        return count

    def _draw_parts(self, progress: Progress, workers: int) -> list[Path]:
        whole = max(sum(1 for _ in read_plan(self.plan)[1]), 1)
        _, lines = read_plan(self.plan)
        parts: list[Path] = []
        pending: set[Future[int]] = set()
        done = 0
        with ProcessPoolExecutor(workers) as pool:
            # Handed out piece by piece: a plan of a whole city would not fit beside the pictures.
            while some := list(islice(lines, TOGETHER)):
                part = self.work / f"part-{len(parts):05d}.zip"
                parts.append(part)
                if part.exists():
                    done += len(some)
                    continue
                pending.add(pool.submit(draw_part, part, some, self.order))
                if len(pending) >= WAITING * workers:
                    finished, pending = wait(pending, return_when=FIRST_COMPLETED)
                    done += sum(future.result() for future in finished)
                    progress("drawing", done / whole)
            for future in pending:
                done += future.result()
                progress("drawing", done / whole)
        return parts

    def _put_together(self, parts: Sequence[Path], progress: Progress) -> int:
        """All parts as one folder or archive."""
        index = io.StringIO()
        table = csv.writer(index, lineterminator="\r\n")
        table.writerow(("file", "enterprise_id", "name", "colour", "as_of", "valid_until", "without_shape"))
        count = sum(1 for row in self._rows() if table.writerow(row))
        written = (BOM + index.getvalue()).encode()
        if self.is_archive:
            with atomic_file(self.out) as part, ZipFile(part, "w", ZIP_STORED) as archive:
                archive.writestr(_entry(INDEX), written)
                for name, content in _members(parts, progress):
                    archive.writestr(_entry(name), content)
        else:
            with atomic_folder(self.out) as folder:
                (folder / INDEX).write_bytes(written)
                for name, content in _members(parts, progress):
                    (folder / name).write_bytes(content)
        return count

    def _rows(self) -> Iterator[Sequence[str]]:
        """A row of the index for each sheet."""
        for line in read_plan(self.plan)[1]:
            planned = PlannedSheet.of_line(line)
            face, printed = planned.face, planned.face.printed
            until = printed.valid_until if printed else None
            missing = sheet_of(face, planned.text, self.order.kind).unprintable
            yield (
                file_name(face.enterprise_id, self.order),
                face.enterprise_id,
                spreadsheet_cell(face.name or ""),
                str(face.colour or ""),
                str(face.as_of),
                str(until or ""),
                "".join(missing),
            )


def file_name(enterprise_id: str, order: SheetOrder) -> str:
    """The file of a sheet; a colon, as in local ids, is no letter of a file's name on Windows."""
    return f"{enterprise_id.replace(':', '_')}.{order.form}"


def draw_part(part: Path, lines: Sequence[str], order: SheetOrder) -> int:
    """Draws some sheets into one file, whole or not at all; gives how many."""
    with atomic_file(part) as written, ZipFile(written, "w", ZIP_STORED) as archive:
        for line in lines:
            planned = PlannedSheet.of_line(line)
            drawn = draw_sheet(sheet_of(planned.face, planned.text, order.kind), order.form)
            archive.writestr(_entry(file_name(planned.face.enterprise_id, order)), drawn)
    return len(lines)


def _entry(name: str) -> ZipInfo:
    entry = ZipInfo(name, MOMENT)
    # Without rights of its own an unpacked file is nobody's to read.
    entry.external_attr = 0o644 << 16
    return entry


def _members(parts: Sequence[Path], progress: Progress) -> Iterator[tuple[str, bytes]]:
    """The sheets of all parts in order."""
    for number, part in enumerate(parts, 1):
        with ZipFile(part) as archive:
            for name in archive.namelist():
                yield name, archive.read(name)
        progress("packing", number / len(parts))

"""Visits that are told of twice, on the screen and by the city's file, the same or not, from a seed."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from random import Random

from casework import DAY, MARKET, OWN, firm
from visits import FIRE, VisitTown, answers, items_of, quiet, visit

from scoring.administration.inspection.new_visit import DepartmentPart, ItemAnswer, NewVisit

HEADER = (
    *(
        "结果编号",
        "行政行为码",
        "任务编号",
        "统一社会信用代码",
        "企业名称",
        "对象类型",
        "检查机关",
        "检查领域",
    ),
    *("检查日期", "检查事由", "检查结果", "问题程度", "复查的结果编号", "归集日期", "检查人员"),
)
RESULTS = {"no_problem": "未发现问题", "corrected": "发现问题经责令已改正", "problem": "发现问题待后续处理"}
SEVERITIES = {None: "", "minor": "轻微", "general": "一般", "serious": "严重"}
PLACES = (
    (OWN, "food", "食品"),
    (OWN, "market", "市场监管"),
    (OWN, "special_equipment", "特种设备"),
    (FIRE, "fire", "消防"),
)
NAMES = {OWN: MARKET, FIRE: "柯城区虚构消防救援局"}
FINDINGS = ("problem", "corrected")


@dataclass(frozen=True)
class Told:
    """What one side says of a visit."""

    day: date
    result: str
    severity: str | None
    act: str
    task: str


@dataclass(frozen=True)
class Twice:
    """A visit as both sides tell of it.

    Attributes:
        number: Its number.
        name: The enterprise.
        place: Authority, field and the field's word.
        screen: What is recorded on the spot.
        file: What the file says.
        is_file_first: Whether the file came first.
    """

    number: int
    name: str
    place: tuple[str, str, str]
    screen: Told
    file: Told
    is_file_first: bool

    @property
    def differs(self) -> bool:
        """Whether the two contradict each other."""
        one, other = self.screen, self.file
        same_gravity = None in (one.severity, other.severity) or one.severity == other.severity
        return one.day != other.day or one.result != other.result or not same_gravity

    @property
    def first(self) -> Told:
        """What was told first, and so stands."""
        return self.file if self.is_file_first else self.screen

    @property
    def second(self) -> Told:
        """What was told later."""
        return self.screen if self.is_file_first else self.file

    @property
    def row(self) -> dict[str, str]:
        """The row of the file."""
        office, _field, word = self.place
        told = self.file
        values = (
            *(
                f"R{self.number}",
                told.act,
                told.task,
                firm(self.name),
                f"虚构{self.name}公司",
                "企业",
                NAMES[office],
                word,
            ),
            *(
                told.day.isoformat(),
                "日常检查",
                RESULTS[told.result],
                SEVERITIES[told.severity],
                "",
                DAY.isoformat(),
                "某某",
            ),
        )
        return dict(zip(HEADER, values, strict=True))

    @property
    def visit(self) -> NewVisit:
        """What is typed on the spot."""
        office, field, _word = self.place
        told = self.screen
        finding = (
            {items_of(field, office)[0]: ItemAnswer(told.result, told.severity)}
            if told.result in FINDINGS
            else {}
        )
        return visit(
            self.name,
            visited_on=told.day,
            late_reason="test",
            act_no=told.act,
            task_no=told.task,
            departments=(DepartmentPart(office, answers(field, office, **finding)),),
        )


def told_twice(seed: int, count: int, enterprises: int) -> list[Twice]:
    """Visits that follow from a seed; no two of an enterprise are of one authority, field and day without numbers."""
    chance, taken, plain = Random(seed), set[tuple[str, str, date]](), set[tuple[str, str, date]]()
    made: list[Twice] = []
    while len(made) < count:
        name, place = chance.choice(quiet(enterprises)), chance.choice(PLACES)
        day, number = DAY - timedelta(days=chance.randrange(8)), len(made)
        at = (name, place[1], day)
        is_numbered = chance.random() < 0.6 or at in taken
        # Beside a visit without a number of its act nobody could tell which of the two is meant.
        if at in plain:
            continue
        taken.add(at)
        if not is_numbered:
            plain.add(at)
        result = chance.choice(("no_problem", "no_problem", "problem", "corrected"))
        severity = chance.choice(("minor", "general", "serious")) if result in FINDINGS else None
        act = f"行为{seed}-{number}" if is_numbered else ""
        # Without a number of the act that of the task is all there is, and no other visit has it.
        told = Told(day, result, severity, act, f"任务{seed}-{number}")
        made.append(Twice(number, name, place, told, _again(chance, told), chance.random() < 0.5))
    return made


def _again(chance: Random, told: Told) -> Told:
    """The same as somebody else writes it, or something else."""
    other = replace(told, act=told.act.replace("-", " - ") if chance.random() < 0.3 else told.act)
    if told.act and chance.random() < 0.3:
        other = replace(other, task="")
    turn = chance.random()
    if turn < 0.6:
        return other
    if turn < 0.7:
        return replace(other, day=other.day - timedelta(days=1))
    if turn < 0.8 and told.result in FINDINGS:
        return replace(
            other, severity=None if chance.random() < 0.5 else chance.choice(("minor", "general", "serious"))
        )
    result = chance.choice([known for known in RESULTS if known != told.result])
    severity = (told.severity or "general") if result in FINDINGS else None
    return replace(other, result=result, severity=severity)


def write_results(folder: Path, visits: Iterable[Twice]) -> Path:
    """The file of a night."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "inspection-results.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, HEADER)
        writer.writeheader()
        writer.writerows(one.row for one in visits)
    return folder


def take_both_ways(town: VisitTown, visits: Sequence[Twice], folder: Path) -> None:
    """Imports what the file had first, records every visit, and imports the whole file, twice."""
    early = [one for one in visits if one.is_file_first]
    town.take(write_results(folder / "early", early), "inspection-results")
    for one in visits:
        town.visits(one.visit, f"visit key {one.number}")
    town.take(write_results(folder / "night", visits), "inspection-results")
    town.take(write_results(folder / "again", [*visits[1:], visits[0]]), "inspection-results")

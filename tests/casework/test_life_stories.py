"""Some thirty enterprises live through a quarter in one town, each as its story in ``stories.toml`` says."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from casework import (
    CLERK,
    DAY,
    FINDING,
    FOREIGN,
    OFFICER,
    OTHER,
    OWN,
    Counter,
    firm,
    make_counter,
    record,
    row_of,
)
from stores import ACTOR

from scoring.administration.casework.parties import Presence
from scoring.errors import SiseError
from scoring.store.audit.replay import replay
from scoring.store.audit.verify import verify

STORIES = tomllib.loads((Path(__file__).parent / "stories.toml").read_text(encoding="utf-8"))["story"]
PEOPLE = {"clerk": CLERK, "officer": OFFICER, "other": OTHER, "importer": ACTOR}
OFFICES = {"own": OWN, "foreign": FOREIGN}
OPENINGS = ("statement", "recheck", "person_review", "recalculation", "matter_request")
FOLLOWING = ("accepted", "sent", "extended", "answer", "dropped")
CAME = Presence("张三", ("identity_card", "letter_of_authority"), "委托书.pdf", "0" * 64)
Story = Mapping[str, Any]
Moment = Mapping[str, Any]


class Life:
    """The story of one enterprise as it goes."""

    def __init__(self, town: Counter, story: Story) -> None:
        self.town, self.story = town, story
        self.name = f"{story['record']}-{story['id']}"
        self.cases: dict[str, int] = {}
        self.faults: list[str] = []

    @property
    def first_row(self) -> dict[str, Any]:
        """What stands on record of it."""
        return row_of(self.name)

    def rows(self, moment: Moment) -> Iterator[dict[str, Any]]:
        """What a file tells of it that day."""
        if "file" in moment:
            yield row_of(self.name, known_on=self.town.day, **moment["file"])
        if "visit" in moment:
            visit = {"record_id": f"{record(self.name)}:visit", "refers_to": record(self.name)}
            told = {"result": moment["visit"], "occasion": "followup", "occurred_on": self.town.day}
            yield row_of(self.name, **FINDING | visit | told | {"known_on": self.town.day, "document_no": ""})

    def act(self, moment: Moment) -> None:
        """What somebody does; a refusal must be the one that is expected."""
        if "do" not in moment:
            return
        refusal = ""
        try:
            self._do(moment)
        except SiseError as error:
            refusal = error.code
        if refusal != moment.get("refused", ""):
            self.faults.append(f"{moment['on']} {moment['do']}: {refusal or 'done'}")

    def _do(self, moment: Moment) -> None:
        town, what, who = self.town, moment["do"], firm(self.name)
        by = PEOPLE[moment.get("by", "officer" if what in FOLLOWING else "clerk")]
        window: dict[str, Any] = {}
        if moment.get("window"):
            window = {"by": "window", "presence": None if moment.get("unseen") else CAME}
        if what == "serve":
            town.step("served", who, by, how="handed_over")
        elif what == "confirm":
            town.step("confirm", who, by)
        elif what == "claim":
            town.enter_by(by).record(
                town.facts.end("withdrawn", record(self.name), town.day, "x"), town.version, town.day
            )
        elif what in FOLLOWING:
            more = {key: moment[key] for key in ("outcome", "document", "columns") if key in moment}
            more |= {"record_id": record(self.name)} if moment.get("returns") else {}
            more |= {"office": OFFICES[moment.get("office", "own")]} if what in ("answer", "sent") else {}
            town.follow(what, self.cases.get(moment["of"], 0), by, **more, **window)
        else:
            self._open(moment, by, window)

    def _open(self, moment: Moment, by: str, window: Mapping[str, Any]) -> None:
        what = "objection" if moment["do"] == "object" else moment["do"]
        more = {key: moment[key] for key in ("document", "matter") if key in moment}
        if what in ("objection", "recheck", "matter_request"):
            more["record_id"] = record(self.name)
        if what == "objection":
            more["reason"] = moment.get("reason", "wrong")
        number = self.town.open(what, firm(self.name), by, **more, **window)
        self.cases[moment.get("as", "last")] = number

    def look(self, moment: Moment) -> None:
        """Whether all is as the story says."""
        expected = dict(moment.get("expect", {}))
        standing = self.town.standing(firm(self.name))
        latest = self.town.latest_version(record(self.name))
        seen: dict[str, Any] = {
            "colour": standing["colour"] or "",
            "proposed": bool(standing["proposed"]),
            "contest": latest["contest"] or "",
            "matter": latest["matter_id"],
        }
        if "of" in expected:
            number = self.cases.get(expected.pop("of"))
            seen |= vars(self.town.case(number).state) if number else {}
        wrong = {key: (seen.get(key), value) for key, value in expected.items() if seen.get(key) != value}
        if wrong:
            self.faults.append(f"{moment['on']}: {wrong}")


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Counter, dict[str, Life]]]:
    """The town after all its stories."""
    folder = tmp_path_factory.mktemp("lives")
    named = [f"{story['record']}-{story['id']}" for story in STORIES if "entity_type" not in story]
    town = make_counter(folder, named)
    persons = [f"{story['record']}-{story['id']}" for story in STORIES if "entity_type" in story]
    town.take(town.file("persons", *[row_of(name) for name in persons], entity_type="sole_trader"))
    town.score()
    lives = {story["id"]: Life(town, story) for story in STORIES}
    by_day: dict[date, list[tuple[Life, Moment]]] = defaultdict(list)
    for life in lives.values():
        for moment in life.story["steps"]:
            by_day[moment["on"]].append((life, moment))
    for day in sorted(by_day):
        live(town, day, by_day[day])
    yield town, lives
    town.database.close()


def live(town: Counter, day: date, moments: list[tuple[Life, Moment]]) -> None:
    """One day of the town: files, what people do, the day's work on cases, scoring, and a look at everybody."""
    if day != DAY:
        town.go_to(day)
    rows = [row for life, moment in moments for row in life.rows(moment)]
    if rows:
        town.take(town.file(f"of-{day}", *rows))
        town.score()
    for life, moment in moments:
        life.act(moment)
    town.daily()
    town.score()
    for life, moment in moments:
        life.look(moment)


def test_there_are_thirty_of_them() -> None:
    """Thirty stories at least, each with a name of its own."""
    assert len({story["id"] for story in STORIES}) == len(STORIES) >= 30


@pytest.mark.parametrize("story", [story["id"] for story in STORIES])
def test_a_life(lived: tuple[Counter, dict[str, Life]], story: str) -> None:
    """Every step is done or refused as the story says, and all stands as it says after each of its days."""
    assert [] == lived[1][story].faults


def test_the_whole_quarter_is_sealed_and_replayed(lived: tuple[Counter, dict[str, Life]]) -> None:
    """After all lives every row is sealed and every result follows from what was known."""
    town, _lives = lived
    with town.database.read() as connection:
        assert [] == verify(connection).findings
    assert [] == replay(town.database, None, town.clock).different

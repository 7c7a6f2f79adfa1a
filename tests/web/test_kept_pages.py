"""Pages that are kept: made once, made anew with everything that they follow from, gone with a restoration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from casework import Counter, firm, make_counter, record
from readers import keep_nothing
from sqlalchemy import select
from town_pages import NAMES, Town

from scoring.administration.results.page_views import PageView
from scoring.store.tables import kept_views
from scoring.store.tables.kept_views import forget_facts_of, forget_views, unpacked
from scoring.store.tables.orm_access import KeptView
from web.parts import pages

WHO = firm("penalty-a")
NUMBER = "虚〔2026〕penalty-a号"
READERS = {"owner": f"/firm/e/{WHO}", "chief": f"/desk/e/{WHO}", "officer": f"/desk/e/{WHO}"}
"""Who reads, and where: all records of its own, all of everybody's, those of a department."""


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """A town."""
    counter = make_counter(tmp_path, NAMES)
    yield Town(counter)
    counter.database.close()


def main_part(town: Town, account: str) -> str:
    """The page without its frame, which has a token of the session."""
    answer = town.browser(account).get(READERS[account])
    assert 200 == answer.status_code
    return answer.text.partition("<main")[2].partition("</main>")[0]


def kept(town: Town) -> list[dict[str, Any]]:
    """What the store keeps."""
    with town.counter.database.read() as connection:
        return [unpacked(content) for content in connection.execute(select(KeptView.content)).scalars()]


@pytest.mark.parametrize("account", READERS)
def test_a_page_is_made_once(town: Town, account: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the same again, in this process and in the next, where nobody may explain anything."""
    first = main_part(town, account)
    assert WHO in first
    monkeypatch.setattr(pages, "enterprise_view", lambda *what: pytest.fail("made again"))
    assert first == main_part(town, account)
    assert first == main_part(Town(town.counter), account)


def objected(counter: Counter) -> None:
    """Somebody objects to the record."""
    counter.object_to("penalty-a", "chief")


def asked(counter: Counter) -> None:
    """A case that touches no record."""
    counter.open("recalculation", WHO, "chief")


def recorded(counter: Counter) -> None:
    """Another record."""
    counter.reuse()
    day = counter.day.isoformat()
    counter.add(WHO, kind="honour", record_id="source:another", decided_on=day, known_on=day)


def served(counter: Counter) -> None:
    """A later day is scored, and the clock with it."""
    counter.go_to(counter.day + timedelta(days=30))
    counter.score()


def waited(counter: Counter) -> None:
    """A day passes."""
    counter.go_to(counter.day + timedelta(days=1))


EVENTS: dict[str, Callable[[Counter], None]] = {
    "objected": objected,
    "asked": asked,
    "recorded": recorded,
    "scored": served,
    "waited": waited,
}


@pytest.mark.parametrize("event", EVENTS)
def test_a_kept_page_is_what_would_be_made(town: Town, event: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """After whatever happens, the page of everybody is the one that is made anew."""
    before = {account: main_part(town, account) for account in READERS}
    EVENTS[event](town.counter)
    after = {account: main_part(town, account) for account in READERS}
    keep_nothing(monkeypatch)
    assert {account: main_part(town, account) for account in READERS} == after
    if event != "waited":
        assert before["chief"] != after["chief"]


def test_views_survive_as_plain_data(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read back is what was made: the twin is the same before and after."""
    made: list[PageView] = []
    real = pages.KeptPages.view

    def view(self: Any, *what: Any) -> PageView:
        """Remembers what it gives."""
        made.append(real(self, *what))
        return made[-1]

    monkeypatch.setattr(pages.KeptPages, "view", view)
    twin = READERS["owner"].replace("/e/", "/api/e/")
    first, second = (town.browser("owner").get(twin).json for _ in range(2))
    assert first == second
    assert made[0].content == made[1].content and made[0].content is not made[1].content


def test_a_restoration_deletes_what_was_kept(town: Town) -> None:
    """With the transaction that restores a record, nothing of it is kept; others' pages stay."""
    counter = town.counter
    for account in READERS:
        main_part(town, account)
    assert 200 == town.browser("chief").get(f"/desk/e/{firm('penalty-b')}").status_code
    assert 2 == sum(NUMBER in str(view) for view in kept(town))
    counter.reuse()
    counter.enter(counter.facts.end("restored", record("penalty-a"), counter.day, "信用修复决定", "修复1号"))
    left = kept(town)
    assert 1 == len(left) and firm("penalty-b") == left[0]["enterprise"]["id"]
    assert NUMBER not in str(left)


def test_pages_of_relatives_go_too(town: Town) -> None:
    """Deleting facts of one enterprise deletes the pages that tell of them, by whole ids; an import deletes all."""
    database = town.counter.database

    def families() -> list[str]:
        """Whose pages are there."""
        with database.read() as connection:
            return sorted(connection.execute(select(KeptView.enterprise_id)).scalars())

    with database.write() as connection:
        for who, family in (
            ("parent", ["parent", "br_nch"]),
            ("branch", ["branch"]),
            ("branch2", ["branch2"]),
        ):
            kept_views.keep_view(connection, "tiny", who, "public", "1", family, b"")
    with database.write() as connection:
        forget_facts_of(connection, ["br_nch"])
    assert ["branch", "branch2"] == families()
    with database.write() as connection:
        forget_views(connection, ["branch"])
    assert ["branch2"] == families()
    folder = town.counter.file("more", {"enterprise_id": WHO, "record_id": "source:more", "kind": "honour"})
    town.counter.take(folder)
    assert [] == families()


def test_they_are_bounded(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """There are never more than may be."""
    monkeypatch.setattr(kept_views, "MOST_VIEWS", 3)
    for name in NAMES:
        town.browser("chief").get(f"/desk/e/{firm(name)}")
        assert len(kept(town)) <= 3


def test_what_a_fact_deleted_does_not_come_back(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that was made while a fact came in is shown, and not kept."""
    real = pages.enterprise_view

    def slow(*what: Any) -> dict[str, Any]:
        """Makes the view while somebody restores the record."""
        view = real(*what)
        counter = town.counter
        counter.reuse()
        counter.enter(
            counter.facts.end("restored", record("penalty-a"), date(2026, 9, 30), "修复", "修复1号")
        )
        return view

    monkeypatch.setattr(pages, "enterprise_view", slow)
    assert NUMBER in main_part(town, "owner")
    assert [] == kept(town)

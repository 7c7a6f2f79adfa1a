"""A town for the matrix of access: enterprises of one area with records, cases and proposals, and people of each kind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from access_table import OFFICERS, PLACES, Right
from answered_once import answer_once
from casework import DAY, Counter, firm, row_of, write_town
from flask.testing import FlaskClient
from public_pages import public_ids
from readers import allow, token_of
from stores import ready
from visits import PROBLEM, found, picture

from scoring.administration.figures.statements import StatementScope, make_statement
from scoring.administration.identity.sessions import end_session
from scoring.administration.inspection.new_visit import request_digest
from scoring.administration.inspection.photo_folder import PhotoFolder
from scoring.administration.inspection.photo_reading import read_photo
from scoring.administration.inspection.visit_recording import KEY_CHARACTERS, record_visit
from scoring.errors import StoreError
from scoring.store.people.grants import Grant
from scoring.store.standing.recording import Recorded
from scoring.store.tables.database import Database
from scoring.store.tables.orm_base import Base, Unsealed
from web import create_app
from web.filing import Filing
from web.reading import COOKIE

HERE, THERE, FIRE = "330802", "330881", frozenset({"330802-fire"})
TARGET = "target"
"""The enterprise at which everybody tries everything."""
RECORDS = {
    "first": "penalty",
    "second": "penalty",
    "third": "penalty",
    "finding": "finding",
    "visited": "finding",
    "foreign": "penalty-foreign",
}
ALL = (
    *("objection", "recalculation", "person_review", "statement"),
    *("recheck", "foreign", "claim", "urgent", "month", "visit"),
)
"""What can be there of an enterprise, beside its records."""
OPENER = "anna"
COUNTED = " UNION ALL ".join(
    f"SELECT '{table.name}', (SELECT count(*) FROM {table.name})"
    for table in (*Base.metadata.sorted_tables, *Unsealed.metadata.sorted_tables)
    if table.name != "kept_view"
)
"""How many rows each table has, but that of pages, which whoever reads one fills."""


class NoProvider:
    """A provider of identities that vouches for nobody."""

    id, label, begins_here = "stub", {"zh": "某", "en": "some"}, False

    def address(self, attempt: Any) -> str:
        """None."""
        raise StoreError("provider_refused", name=self.label)

    def code_in(self, answer: Mapping[str, str]) -> str | None:
        """The code."""
        return answer.get("code")

    def assertion(self, answer: Mapping[str, str], attempt: Any) -> Any:
        """None."""
        raise StoreError("provider_refused", name=self.label)


class OneRecorder:
    """Enters versions of records for an account, by the one recorder of the town, which has planned its query."""

    def __init__(self, counter: Counter, account: str) -> None:
        self.counter, self.account = counter, account

    def record(self, *arguments: Any) -> Recorded:
        """Enters one."""
        return self.counter.enter_by(self.account).record(*arguments)


class AccessTown:
    """The town behind its pages.

    Args:
        folder: Where it may write.
        needs: By enterprise, what must be there beside its records and its proposal.
        patch: Lets all accounts share a recorder, and explains a result once for all who see the same of it.
    """

    def __init__(self, folder: Path, needs: Mapping[str, Iterable[str]], patch: pytest.MonkeyPatch) -> None:
        self.counter = Counter(Database(str(folder / "town.db")), DAY, folder)
        ready(self.counter.database, self.counter.clock)
        self.counter.reuse()
        rows = [self._row(name, which) for name in needs for which in RECORDS]
        self.counter.take(write_town(folder / "first", rows, area=HERE))
        self.counter.score()
        self.numbers: dict[str, dict[str, str]] = {name: {} for name in needs}
        for name, wanted in needs.items():
            for what in wanted:
                self._make(name, what)
        self.store = self.counter.database.place
        patch.setattr(Filing, "_new_recorder", lambda _, account: OneRecorder(self.counter, account))
        self.answers = answer_once(patch)
        self.app = create_app(self.store, clock=self.counter.clock, providers=(NoProvider(),))
        self.database = Database(self.store)
        self.pages = public_ids(self.store)

    def forget(self) -> None:
        """Lets everything be explained anew: something was filed."""
        self.answers.clear()

    def _row(self, name: str, which: str) -> dict[str, Any]:
        of = RECORDS[which]
        spelled = f"{of}{name}{which}" if of.endswith("foreign") else f"{of}-{name}{which}"
        return row_of(spelled, enterprise_id=firm(name), record_id=self.record(name, which))

    def record(self, name: str, which: str) -> str:
        """The id of a record of an enterprise."""
        return f"source:{name}:{which}"

    def _make(self, name: str, what: str) -> None:
        counter, who = self.counter, firm(name)
        if what == "month":
            scope = StatementScope("2026-08", HERE, None)
            made = make_statement(counter.database, counter.version, scope, "tester", counter.clock)
            self.numbers[name][what] = str(made.statement.number)
        elif what == "visit":
            self.numbers[name] |= self._visit(name)
        elif what == "claim":
            ending = counter.facts.end("withdrawn", self.record(name, "third"), DAY, "test")
            counter.enter_by("bert").record(ending, counter.version, DAY)
        elif what == "urgent":
            urgent = row_of(f"penalty-{name}urgent", record_id=f"single:{name}")
            columns = {column: str(value) for column, value in urgent.items() if column != "known_on"}
            counter.enter_by("tester").record(counter.facts.add(who, columns, "test"), counter.version, DAY)
        elif what in ("recalculation", "person_review", "statement"):
            self.numbers[name][what] = str(counter.open(what, who, OPENER))
        else:
            which = {"objection": "first", "recheck": "visited", "foreign": "foreign"}[what]
            procedure = "recheck" if what == "recheck" else "objection"
            more = {"reason": "wrong"} if procedure == "objection" else {}
            number = counter.open(procedure, who, OPENER, record_id=self.record(name, which), **more)
            self.numbers[name][what] = str(number)

    def _visit(self, name: str) -> dict[str, str]:
        """A visit in an emergency, with a photograph of what was found."""
        counter, photos = self.counter, PhotoFolder.of(self.counter.database, {})
        key = request_digest(OPENER, f"visit to {name}")[:KEY_CHARACTERS]
        photo = read_photo(picture())
        photos.keep(key, photo)
        finding = replace(PROBLEM, photos=(photo.sha256,))
        new = found(name, {"food_pests": finding}, order_no="", emergency="燃气泄漏", task_no=f"task {name}")
        recorded = record_visit(
            *(counter.database, counter.version, new, f"visit to {name}", OPENER, counter.clock),
            counter.enter_by(OPENER),
        )
        return {"visit": str(recorded.number), "photo": photo.sha256}

    def filled(self, text: str, name: str, number: int = 0) -> str:
        """An address or a value with what belongs to an enterprise put in, and to a number of somebody's own."""
        values = {which: self.record(name, which) for which in RECORDS}
        free_month = f"{2025 - number // 12}-{number % 12 + 1:02d}"
        values |= {"urgent": f"single:{name}", "who": firm(name), "free_month": free_month}
        values |= self.numbers[name] | {"page": self.pages[firm(name)]}
        return re.sub(r"\{(\w+)\}", lambda part: values.get(part[1], "999999"), text)

    def visitor(self, role: str, place: str, number: int) -> Visitor:
        """Somebody in a browser of his own, at an address of his own.

        Args:
            role: The role.
            place: Where his grants hold.
            number: A number of his own.
        """
        account = f"{role} {number}".replace("_", "-")
        grants = self._grants(role, place)
        client = self.app.test_client()
        client.environ_base["REMOTE_ADDR"] = f"10.0.0.{number}"
        if role != "public":
            allow(self.store, account, *grants)
        token = ""
        if place != "no session":
            token = token_of(self.store, account, self.counter.clock)
            client.set_cookie(COOKIE, token)
            if place == "ended session":
                end_session(self.database, token)
        return Visitor(self, client, number, account, token)

    def _grants(self, role: str, place: str) -> list[Grant]:
        if role == "public":
            return [Grant("", "supervisor", "test")]
        if role == "enterprise":
            own = list(self.numbers) if place == "own" else ["nobody"]
            return [Grant("", role, "test", enterprise_id=firm(name)) for name in own]
        if role not in OFFICERS:
            return [Grant("", role, "test")]
        area = THERE if place == "other area" else HERE
        until = {"expired": DAY - timedelta(days=1), "joint visit": DAY + timedelta(days=3)}.get(place)
        departments = FIRE if place.startswith("other department") else None
        grants = [Grant("", role, "test", frozenset({area}), departments, until=until)]
        if place.endswith("elsewhere"):
            grants += [Grant("", other, "test", frozenset({THERE})) for other in OFFICERS]
        return grants

    def counts(self) -> dict[str, int]:
        """How many rows each table has."""
        with self.database.read() as connection:
            return dict(tuple(row) for row in connection.exec_driver_sql(COUNTED))


class Visitor:
    """Somebody who tries things."""

    def __init__(
        self, town: AccessTown, client: FlaskClient, number: int, account: str, session: str
    ) -> None:
        self.town, self.client, self.number = town, client, number
        self.account, self.session = account, session
        html = client.get("/login").text
        self.token = html.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]

    def tries(self, right: Right, name: str = TARGET) -> Any:
        """The answer to what he reads or sends; what he sends carries the token of its page."""
        path = self.town.filled(right.path, name)
        if right.form is None:
            return self.client.get(path)
        form = {field: self.town.filled(value, name, self.number) for field, value in right.form.items()}
        if right.json is not None:
            headers = {"X-CSRFToken": self.token, "Idempotency-Key": f"matrix {self.number}"}
            return self.client.post(path, json={**right.json, "order_no": form["ground"]}, headers=headers)
        if right.endpoint == "account.log_in":
            form["name"] += str(self.number)
        return self.client.post(path, data={"csrf_token": self.token, **form})


def everybody() -> list[tuple[str, str]]:
    """Everybody in every place."""
    return [(role, place) for role, places in PLACES.items() for place in places]

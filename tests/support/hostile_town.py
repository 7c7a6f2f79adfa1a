"""A town in which every text that somebody else writes would run, were it taken for markup."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

from casework import CLERK, DAY, KINDS, Counter, firm, write_town
from hostile_texts import AS_NAME, PAYLOADS, TOGETHER, in_parts
from readers import allow, token_of
from stores import ready

from scoring.administration.casework.further_steps import FurtherStep, take_step
from scoring.administration.casework.opening import NewCase, open_case
from scoring.administration.identity.invitations import invite_account
from scoring.entities import authorities
from scoring.errors import StoreError
from scoring.rules import shipped_table
from scoring.store.people.grants import Grant, give_grant
from scoring.store.tables.database import Database

WHO, MARKET = "own", "330802-market"
"""The enterprise with all records and cases, and the authority of some of them."""
SEEN = 40
"""Records of it that did not count, each with other texts."""


class HostileProvider:
    """A provider of identities whose name and whose subjects are hostile."""

    id, begins_here = "hostile", True
    label: ClassVar[Mapping[str, str]] = {"zh": TOGETHER, "en": TOGETHER}

    def address(self, attempt: Any) -> str:
        """Nowhere; it says a subject."""
        raise StoreError("provider_not_linked", subject=TOGETHER)

    def code_in(self, answer: Any) -> str | None:
        """None."""
        return None

    def assertion(self, answer: Any, attempt: Any) -> Any:
        """None."""
        raise StoreError("provider_refused", name=self.label)


def rows() -> list[dict[str, Any]]:
    """The records: those that count, those that do not, and one of each other enterprise."""
    kinds = [{**KINDS["penalty"]}, {**KINDS["finding"]}, {**KINDS["listing"]}]
    records = [_row(WHO, number, kinds[number % 3]) for number in range(6)]
    visit = {"kind": "inspection", "result": "no_problem", "field": "food"}
    for number in range(SEEN):
        day = DAY - timedelta(days=30 + number)
        days = {"occurred_on": day.isoformat(), "known_on": day.isoformat()}
        records.append(_row(WHO, 6 + number, {**visit, **days}))
    records += [_row(f"named{number}", number, KINDS["penalty"]) for number in range(len(PAYLOADS))]
    return records


def _row(name: str, number: int, columns: Any) -> dict[str, Any]:
    texts = [PAYLOADS[(number * step + 5 * step) % len(PAYLOADS)] for step in (1, 2, 3, 5)]
    own = {"authority": "柯城区虚构市场监管局"} if number < 3 else {"authority": texts[0]}
    return {
        "record_id": f"source:{name}:{number}" if number % 4 else f"source:{name}:{number}{texts[3]}"[:110],
        "enterprise_id": firm(name),
        "document_no": texts[1],
        "refers_to": texts[2],
        "officer_note": texts[3],
        **own,
        **columns,
    }


@contextmanager
def hostile_register() -> Iterator[None]:
    """The register of authorities with hostile contacts, as a deployment may have written it."""
    table = copy.deepcopy(shipped_table("authorities"))
    both = {"zh": TOGETHER, "en": TOGETHER}
    for entry in table["authorities"].values():
        entry |= {"office": both, "telephone": TOGETHER, "address": both, "hours": both, "fictitious": False}
        entry["en"] = TOGETHER
    table["every"]["fictitious"] = False
    before = authorities.shipped_table
    authorities.shipped_table = lambda name: table  # type: ignore[assignment]
    authorities.register.cache_clear()
    try:
        yield
    finally:
        authorities.shipped_table = before
        authorities.register.cache_clear()


class HostileTown:
    """The town: its store, the numbers of its cases, and the people who look at its pages."""

    def __init__(self, folder: Path) -> None:
        self.counter = Counter(Database(str(folder / "town.db")), DAY, folder)
        ready(self.counter.database, self.counter.clock)
        self.counter.reuse()
        first = write_town(folder / "first", rows())
        self._name(first / "enterprises.csv")
        self.counter.take(first)
        self.counter.score()
        self.store = self.counter.database.place
        self.cases = [self._case("statement", text) for text in in_parts(6)]
        self.objection = self._case("objection", TOGETHER[:3_900], record_id=self.record(1), reason="wrong")
        self.foreign = self._case("objection", PAYLOADS[0], record_id=self.record(3), reason="wrong")
        sent = FurtherStep("sent", self.foreign, TOGETHER[:3_900], document=PAYLOADS[34], office=MARKET)
        self._step(sent)
        give_grant(self.counter.database, Grant("bert", "admin", TOGETHER), "tester", self.counter.clock)
        self.code = invite_account(self.counter.database, "cleo", TOGETHER, "bert", self.counter.clock)
        own = [firm(WHO), *(firm(f"named{number}") for number in range(len(PAYLOADS)))]
        grants = [Grant("", "enterprise", TOGETHER, enterprise_id=who) for who in own]
        officer = [Grant("", role, TOGETHER) for role in ("supervisor", "window_clerk", "auditor", "analyst")]
        allow(self.store, AS_NAME, *grants, *officer)
        self.token = token_of(self.store, AS_NAME, self.counter.clock)

    def record(self, number: int) -> str:
        """The id of a record of the enterprise."""
        return str(rows()[number]["record_id"])

    def _name(self, file: Path) -> None:
        """Gives each enterprise a hostile name."""
        import csv

        with file.open(encoding="utf-8", newline="") as stream:
            named = list(csv.DictReader(stream))
        for number, row in enumerate(named):
            row["name"] = (
                TOGETHER[:190] if row["enterprise_id"] == firm(WHO) else PAYLOADS[number % len(PAYLOADS)]
            )
        with file.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(named[0]))
            writer.writeheader()
            writer.writerows(named)

    def _case(self, procedure: str, ground: str, **more: Any) -> int:
        counter = self.counter
        opening = NewCase(procedure, firm(WHO), ground, document=PAYLOADS[35], **more)
        recorder = counter.enter_by(CLERK)
        return open_case(
            counter.database, counter.version, opening, CLERK, counter.clock, recorder=recorder
        ).number

    def _step(self, step: FurtherStep) -> None:
        counter = self.counter
        take_step(
            counter.database, counter.version, step, "bert", counter.clock, recorder=counter.enter_by("bert")
        )

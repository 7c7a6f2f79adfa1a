"""One situation on one day: its facts as canonical rows, and what is expected of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from scoring.entities import RECORD_COLUMNS

Table = dict[str, Any]

VISIT = "visit"
"""Id of the clean visit that everybody has unless said otherwise."""
VISIT_AGE = timedelta(days=10)
"""It took place so long before the day asked about."""
OTHERS = ("branch", "predecessor")
"""Enterprises that a situation may have besides: one of its own, and one that it has succeeded."""
_HUNDREDTHS = (("yuan", "amount_fen"), ("score", "value_x100"))


@dataclass(frozen=True)
class SituationCase:
    """One situation on one day.

    Attributes:
        id: Readable and unique: file, situation and day.
        situation: The situation as written, with what its file says for all.
        expect: What is expected on the day.
    """

    id: str
    situation: Table
    expect: Table

    @property
    def on(self) -> date:
        """The day that is asked about."""
        day: date = self.expect["on"]
        return day

    @property
    def policy(self) -> str:
        """The policy that applies on the day."""
        return str(self.expect.get("policy", self.situation.get("policy")))

    @property
    def covers(self) -> frozenset[str] | None:
        """Kinds that the sources cover; all where nothing is said."""
        return frozenset(self.situation["covers"]) if "covers" in self.situation else None

    @property
    def visited(self) -> bool:
        """Whether the clean visit is on record."""
        return bool(self.situation["visit"])

    @property
    def enterprise_id(self) -> str:
        """Id of who is asked about."""
        return self._id(self.expect.get("of"))

    def only_visited(self) -> SituationCase:
        """The same day of an enterprise that has the clean visit and nothing else."""
        expect = {key: value for key, value in self.expect.items() if key in ("on", "policy")}
        kept = {key: value for key, value in self.situation.items() if key in ("policy", "covers", "visit")}
        return SituationCase(f"{self.id}/visited", kept, expect)

    def enterprises(self) -> Iterator[Table]:
        """Rows of the enterprise, of its branch and of its predecessor, every version."""
        yield from self._versions(None, self.situation.get("enterprise", {}), {"entity_type": "company"})
        if "branch" in self.situation:
            facts = {"entity_type": "branch", "parent_id": self._id(None)}
            yield from self._versions("branch", self.situation["branch"], facts)
        if "predecessor" in self.situation:
            yield from self._versions(
                "predecessor", self.situation["predecessor"], {"entity_type": "company"}
            )

    def records(self) -> Iterator[Table]:
        """Rows of its records, known on the day they are decided unless said otherwise."""
        for given in self.situation.get("records", []):
            yield self._record(given)
        if self.visited:
            day = self.on - VISIT_AGE
            visit = {"id": VISIT, "kind": "inspection", "result": "no_problem", "occurred_on": day}
            yield self._record(visit | ({"of": self.expect["of"]} if "of" in self.expect else {}))

    def plain(self, record_id: str) -> str:
        """The id of a record as it was written.

        The copy that the legal person has of a branch's record ends in ``@branch``, that of a record which
        followed from the predecessor in ``@predecessor``.
        """
        name, _, copied = record_id.removeprefix(f"{self.id}/").partition("@")
        whose = copied.partition("@")[0].rpartition("/")[2]
        return f"{name}@{whose}" if copied else name

    def _id(self, of: str | None) -> str:
        return f"case:{self.id}" + (f"/{of}" if of else "")

    def _versions(self, of: str | None, given: Table | list[Table], facts: Table) -> Iterator[Table]:
        for version in given if isinstance(given, list) else [given]:
            yield {"enterprise_id": self._id(of), "name": self.id, "status": "active", **facts, **version}

    def _record(self, given: Table) -> Table:
        row = {key: value for key, value in given.items() if key in RECORD_COLUMNS}
        row |= {"record_id": f"{self.id}/{given['id']}", "enterprise_id": self._id(given.get("of"))}
        row |= {column: round(given[word] * 100) for word, column in _HUNDREDTHS if word in given}
        if "refers_to" in given:
            row["refers_to"] = self._named(given["refers_to"])
        return {"known_on": given.get("decided_on", given.get("occurred_on")), **row}

    def _named(self, name: str) -> str:
        """What a record refers to: the predecessor, a record of the situation, or else a document's number."""
        if name == "predecessor":
            return self._id(name)
        is_record = any(name == given["id"] for given in self.situation.get("records", []))
        return f"{self.id}/{name}" if is_record else name

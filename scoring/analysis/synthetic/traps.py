"""The table of traps (``traps.toml``): what is planted in a district, and what must become of it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from scoring.analysis.synthetic.places import FIELDS
from scoring.analysis.synthetic.streams import STREAMS, Stream

TABLE = Path(__file__).with_name("traps.toml")

Values = Mapping[str, str | int | None]
"""Canonical columns of one row, written as the header of the table says."""


class PlantedRow(NamedTuple):
    """One row to plant.

    Attributes:
        expect: What must become of it, as in the ledger; ``""`` for a row without a line there.
        values: The row.
        same_id_as: The row of the same trap whose record id it bears, for versions and duplicates.
    """

    expect: str
    values: Values
    same_id_as: int | None = None


class Trap(NamedTuple):
    """Rows planted together on one enterprise, with the note of the ledger."""

    name: str
    note: str
    rows: tuple[PlantedRow, ...]


class Peculiarity(NamedTuple):
    """What lies in an enterprise itself, and what must become of that enterprise."""

    note: str
    expect: str


class TrapTable:
    """``traps.toml`` as it is read: records to start from, traps, and peculiar enterprises.

    Args:
        content: The parsed file.
    """

    def __init__(self, content: Mapping[str, Any]) -> None:
        self._content = content

    def traps(self) -> Iterator[Trap]:
        """The traps in the order of the file, which is the order of the ledger."""
        for name, entry in self._content["traps"].items():
            shared = {key: value for key, value in entry.items() if key not in ("zh", "en", "rows")}
            rows = (self._row({**shared, **changed}) for changed in entry.get("rows", [{}]))
            yield Trap(name, _note(entry), tuple(rows))

    def one_of_each_kind(self) -> Iterator[Trap]:
        """A plain record of each kind: every kind and every field occurs in every chunk."""
        note = _note(self._content["each_kind"])
        for number, stream in enumerate(STREAMS):
            penalty = stream.kind == "administrative_penalty"
            plain = self.record("penalty") if penalty else self._plain_record(stream)
            row = PlantedRow("counted", {**plain, "field": FIELDS[number % len(FIELDS)]})
            yield Trap("each_kind", note, (row,))

    def peculiarities(self) -> Mapping[str, Peculiarity]:
        """What lies in the enterprises themselves, by name."""
        return {
            name: Peculiarity(_note(entry), entry["expect"])
            for name, entry in self._content["enterprises"].items()
        }

    def record(self, name: str) -> Values:
        """A record of ``[records]``, with what it takes over from the record that it is like."""
        columns = dict(self._content["records"][name])
        model = columns.pop("like", None)
        return {**(self.record(model) if model else {}), **columns}

    def _row(self, entry: Mapping[str, Any]) -> PlantedRow:
        directions = ("expect", "same_id_as", "like", "without")
        changed = {column: value for column, value in entry.items() if column not in directions}
        emptied: Values = dict.fromkeys(entry.get("without", ()))
        values = {**self.record(entry["like"]), **changed, **emptied}
        return PlantedRow(entry.get("expect", ""), values, entry.get("same_id_as"))

    def _plain_record(self, stream: Stream) -> Values:
        decided = bool(stream.mark) or stream.annual
        return {
            "kind": stream.kind,
            "authority": self.record("visit")["authority"],
            "known_on": -55,
            "result": _result_that_counts(stream),
            "severity": _usual_severity(stream),
            "decided_on" if decided else "occurred_on": -60,
            "document_no": f"虚市{stream.mark}〔2026〕9{{n}}号" if stream.mark else None,
            "value_x100": 85_000 if stream.kind == "public_credit_score" else None,
        }


_SAID_BY_LEVEL = {"accident": "ordinary_accident", "public_credit_score": "grade_b"}
"""Results of kinds whose grade follows from something else than an outcome."""


def _note(entry: Mapping[str, str]) -> str:
    return f"{entry['zh']} / {entry['en']}"


def _result_that_counts(stream: Stream) -> str | None:
    """A result that counts: a substantiated complaint, a broken promise; of other kinds a good one."""
    if stream.kind in _SAID_BY_LEVEL:
        return _SAID_BY_LEVEL[stream.kind]
    outcome = stream.outcome
    if outcome is None or outcome.at >= 0:
        return None
    return next(iter(outcome.bad if stream.kind in ("complaint", "commitment") else outcome.good))


def _usual_severity(stream: Stream) -> str | None:
    if stream.severity is None or stream.kind == "accident":
        return None
    return ("minor", "general", "serious")[stream.severity.index(max(stream.severity))]


_TABLE = TrapTable(tomllib.loads(TABLE.read_text(encoding="utf-8")))

TRAPS = (*_TABLE.traps(), *_TABLE.one_of_each_kind())
PECULIARITIES = _TABLE.peculiarities()

"""Somebody who can write to the database and knows how everything in it is made.

Digests, entries, leaves and projections are made again after each deed, so that the store agrees
with itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, select, update

from scoring.store.audit.sealed_rows import sealed_tables
from scoring.store.log.canonical_json import dumps
from scoring.store.log.entry import event_row, sealed_columns, sealer_of
from scoring.store.log.merkle import Frontier, leaf_hash
from scoring.store.log.verify_proof import commitment, leaf_data
from scoring.store.tables.orm import (
    Assessment,
    AuditEvent,
    CaseStep,
    EnterpriseVersion,
    Erased,
    Head,
    ImportRun,
    RecordVersion,
    Standing,
    table_of,
)

Row = Mapping[str, Any]
EVENTS, ERASED, RECORDS = table_of(AuditEvent), table_of(Erased), table_of(RecordVersion)
STANDINGS, ASSESSMENTS = table_of(Standing), table_of(Assessment)


class Forger:
    """Rewrites a store whole, on a connection that is writing."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def rows(self, table: Table, condition: Any = True) -> list[Row]:
        """Rows of a table, in the order of its key."""
        query = select(table).where(condition).order_by(*table.primary_key)
        return [dict(row) for row in self.connection.execute(query).mappings()]

    def digest(self, table: Table, row: Row) -> bytes:
        """The digest that a row has."""
        return sealer_of(table).digest(row["salt"], [row[name] for name in sealed_columns(table)])

    def put(self, table: Table, row: Row) -> None:
        """Writes a sealed row with a digest that fits, in the place of the one with its key, if any."""
        key = next(iter(table.primary_key))
        self.connection.execute(delete(table).where(key == row[key.name]))
        self.connection.execute(insert(table).values({**row, "digest": self.digest(table, row)}))

    def rebind(self, numbers: Iterable[int]) -> None:
        """Lets entries commit to the rows that say they are theirs."""
        for number in numbers:
            (entry,) = self.rows(EVENTS, EVENTS.c.seq == number)
            self.put_entry({**entry, "sealed": dumps(self._brought(number)).decode()})

    def put_entry(self, entry: dict[str, Any]) -> None:
        """Writes an entry with the hashes that fit."""
        if entry["payload"] is not None:
            entry["payload_hash"] = commitment(entry["salt"], entry["payload"].encode())
        header = (entry[name] for name in ("seq", "kind", "actor", "at", "sealed", "payload_hash", "signer"))
        entry["leaf_hash"] = leaf_hash(leaf_data(*header))
        self.connection.execute(update(EVENTS).where(EVENTS.c.seq == entry["seq"]).values(entry))

    def _brought(self, number: int) -> dict[str, Any]:
        brought: dict[str, Any] = {}
        for table in sealed_tables():
            key = next(iter(table.primary_key)).name
            digests = [(row[key], row["digest"]) for row in self.rows(table, table.c.event == number)]
            if table.name == "record_version":
                gone = self.rows(ERASED, ERASED.c.brought_by == number)
                digests += [(row["seq"], row["row_digest"]) for row in gone]
            if digests:
                tree = Frontier().extend(leaf_hash(digest) for _, digest in sorted(digests))
                brought[table.name] = {"count": tree.size, "root": tree.root().hex()}
        return brought

    def append(self, kind: str, payload: Mapping[str, Any], at: str | None = None) -> int:
        """An entry of the forger's own, which binds the rows that say they are its; its number."""
        last = self.rows(EVENTS)[-1]
        number = last["seq"] + 1
        entry = event_row(number, kind, "scorer", at or last["at"], payload, {})
        self.connection.execute(insert(EVENTS).values(entry))
        self.rebind([number])
        self.project()
        return number

    def project(self, enterprise_ids: Sequence[str] = ()) -> None:
        """Lets the head, and the standings of some enterprises, follow from the rows."""
        facts = (EnterpriseVersion.seq, RecordVersion.seq, Erased.seq, ImportRun.seq)
        last_facts = [self.connection.execute(select(func.max(column))).scalar() or 0 for column in facts]
        last = self.rows(EVENTS)[-1]
        numbers = {
            "seq": max(last_facts),
            "assessment": self.connection.execute(select(func.max(Assessment.number))).scalar() or 0,
            "step": self.connection.execute(select(func.max(CaseStep.number))).scalar() or 0,
            "event": last["seq"],
            "at": last["at"],
        }
        self.connection.execute(update(Head).values(numbers))
        for enterprise_id in enterprise_ids:
            for standing in self.rows(STANDINGS, STANDINGS.c.enterprise_id == enterprise_id):
                self._stand(standing)

    def _stand(self, standing: Row) -> None:
        """Writes one standing again from the assessments."""
        mine = self.rows(
            ASSESSMENTS,
            (ASSESSMENTS.c.enterprise_id == standing["enterprise_id"])
            & (ASSESSMENTS.c.policy_id == standing["policy_id"]),
        )
        place = (STANDINGS.c.enterprise_id == standing["enterprise_id"]) & (
            STANDINGS.c.policy_id == standing["policy_id"]
        )
        if not mine:
            self.connection.execute(delete(STANDINGS).where(place))
            return
        effective = [row for row in mine if row["state"] == "in_effect"]
        shown = effective[-1] if effective else dict.fromkeys(("colour", "band", "number"))
        values = {
            "colour": shown["colour"],
            "band": shown["band"],
            "in_effect": shown["number"],
            "latest": mine[-1]["number"],
            "proposed": mine[-1]["state"] == "proposed",
        }
        self.connection.execute(update(STANDINGS).where(place).values(values))

    def delete_versions(
        self, versions: Sequence[Row], kind: str, day: str, at: str | None = None, **opened: str
    ) -> None:
        """Deletes versions of records as the programme does where the law has them deleted.

        Args:
            versions: The versions.
            kind: The kind of the entry that says so.
            day: By which day they are said to have been due.
            at: When, by that entry.
            opened: What is written into their openings instead of what they were.
        """
        number = self.rows(EVENTS)[-1]["seq"] + 1
        for version in versions:
            cells = [version[name] for name in sealed_columns(RECORDS)]
            opening = sealer_of(RECORDS).opening(version["salt"], cells)
            content = opening.content.decode()
            for name, value in opened.items():
                old = f"{name}={len(str(version[name]))}:{version[name]}\n"
                content = content.replace(old, f"{name}={len(value)}:{value}\n")
            self.connection.execute(delete(RECORDS).where(RECORDS.c.seq == version["seq"]))
            trace = {
                "seq": version["seq"],
                "fact": "record",
                "enterprise_id": version["enterprise_id"],
                "brought_by": version["event"],
                "row_digest": version["digest"],
                "opened": content,
                "opened_salt": opening.salt,
                "closed": opening.closed,
                "event": number,
                "salt": b"0123456789abcdef",
            }
            self.put(ERASED, trace)
        seqs = [version["seq"] for version in versions]
        self.append(kind, {"rules": {}, "due": {day: seqs}, "entries": []}, at)

    def truncate(self, last: int) -> None:
        """Removes the end of the log, with everything that it brought."""
        touched = {row["enterprise_id"] for row in self.rows(ASSESSMENTS, ASSESSMENTS.c.event > last)}
        for table in sealed_tables():
            self.connection.execute(delete(table).where(table.c.event > last))
        self.connection.execute(delete(EVENTS).where(EVENTS.c.seq > last))
        self.project(sorted(touched))

    def payload(self, number: int) -> dict[str, Any]:
        """The payload of an entry."""
        (entry,) = self.rows(EVENTS, EVENTS.c.seq == number)
        return dict(json.loads(entry["payload"]))

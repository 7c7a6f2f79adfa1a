"""Stores that issue codes, for tests: a district with its keys, its office, and short names for what is asked."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from stores import StoreHarness, ready

from scoring.administration.credential.code_claims import Claims
from scoring.administration.credential.deployment import QrSettings
from scoring.administration.credential.issuing_office import IssuingOffice
from scoring.administration.credential.profile import SignedCode, decode, encode
from scoring.administration.credential.status_list import StatusList, pack_states
from scoring.administration.credential.verdict import CodeVerdict, check
from scoring.administration.keys.key_store import KeyStore, NewKey
from scoring.administration.keys.trust_list import TrustList
from scoring.store.standing.code_indexes import places_of_list
from scoring.store.standing.code_records import status_states
from scoring.store.tables.database import Database
from scoring.store.tables.orm import Standing, table_of
from scoring.store.tables.orm_codes import IssuedCode, LiveCode

SETTINGS = QrSettings(host="sise.example.gov.cn", issuer="330800", mode="sticker")
HOST = SETTINGS.printed_host


def key_folder(folder: Path, since: date = date(2026, 9, 1), **more: Any) -> KeyStore:
    """A folder with a root key, a key for codes and one for lists."""
    keys = KeyStore(folder)
    keys.create("root.example.gov.cn")
    for purpose in ("codes", "tokens"):
        keys.add(NewKey(purpose, f"{purpose}.example.gov.cn", since, district="330800", **more))  # type: ignore[arg-type]
    return keys


class CodedStore(StoreHarness):
    """A store that issues codes."""

    def __init__(
        self, place: Path, day: date, settings: QrSettings = SETTINGS, *, is_new: bool = True
    ) -> None:
        super().__init__(Database(str(place / "sise.db")), day, place)
        self.keys = key_folder(place / "keys") if is_new else KeyStore(place / "keys")
        self.database.codes = self.office = IssuingOffice(settings, self.keys)
        if is_new:
            ready(self.database, self.clock)

    @classmethod
    def copied(cls, place: Path, to: Path, day: date) -> CodedStore:
        """A copy of a store that was closed, a minute later."""
        shutil.copytree(place, to)
        store = cls(to, day, is_new=False)
        store.clock.now += timedelta(minutes=1)
        return store

    @property
    def seconds(self) -> int:
        """The present moment."""
        return int(self.clock.now.timestamp())

    def settle(self, **values: Any) -> None:
        """Other settings from now on."""
        self.database.codes = self.office = IssuingOffice(replace_settings(self.office, **values), self.keys)

    def rows(self, model: type[Any] = IssuedCode, **where: Any) -> list[Mapping[str, Any]]:
        """Rows of a table of codes, in the order of their numbers."""
        table = table_of(model)
        query = select(table).where(*(table.c[name] == value for name, value in where.items()))
        with self.database.read() as connection:
            found = [dict(row) for row in connection.execute(query).mappings()]
        return sorted(found, key=lambda row: row["number"])

    def rows_of_standings(self) -> list[Mapping[str, Any]]:
        """Every standing under the shown policy."""
        with self.database.read() as connection:
            return [dict(row) for row in connection.execute(select(table_of(Standing))).mappings()]

    def live(self, enterprise_id: str, face: str = "sticker") -> Mapping[str, Any] | None:
        """The code by which an enterprise is known."""
        rows = self.rows(LiveCode, enterprise_id=enterprise_id, face=face)
        return rows[0] if rows else None

    def coded(self, colour: str) -> str:
        """An enterprise with a sticker of a colour."""
        return str(self.rows(LiveCode, colour=colour)[0]["enterprise_id"])

    def text(self, enterprise_id: str, face: str = "sticker") -> str:
        """The text of the last code of an enterprise."""
        return encode(HOST, self.rows(enterprise_id=enterprise_id, face=face)[-1]["content"])

    def claims(self, text: str) -> Claims:
        """What a code says."""
        code = decode(text)
        assert isinstance(code, SignedCode)
        return code.claims

    def trust(self) -> TrustList:
        """The trust list of today."""
        return self.keys.trust_list([HOST], self.seconds, self.day)

    def statuses(self, under_review: tuple[str, ...] = ()) -> StatusList:
        """The status list of now."""
        with self.database.read() as connection:
            states = status_states(connection, self.seconds, under_review)
            packed = pack_states(states, places_of_list(connection))
        return StatusList("CN-330800", self.seconds, 86_400, packed)

    def verdict(self, text: str, under_review: tuple[str, ...] = ()) -> CodeVerdict:
        """What a code comes to now, by the lists of now."""
        return check(text, self.trust(), self.seconds, self.statuses(under_review))


def replace_settings(office: IssuingOffice, **values: Any) -> QrSettings:
    """The settings of an office with other values."""
    return office.settings.model_copy(update=values)

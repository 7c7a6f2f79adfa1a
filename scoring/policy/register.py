"""The register of a policy's versions: what may change beside a released file (status, reviews, suspension)."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from scoring.policy.extend import POLICIES
from scoring.policy.read import read_or_raise
from scoring.policy.schema import Model, Text

__all__ = ["FILE_NAME", "POLICIES", "Entry", "Register", "Status", "read_register"]

Status = Literal["demonstration", "in force"]
FILE_NAME = "register.toml"


class Entry(Model):
    """One version of a policy.

    ``in force`` is a statement of an authority; anything else is a demonstration and every view says so.
    """

    valid_from: date
    status: Status
    checked_on: date
    suspended_on: date | None = None
    repealed_on: date | None = None
    note: Text | None = None

    def in_force(self, as_of: date) -> bool:
        """Whether the version has begun on the day and is neither suspended nor repealed on it."""
        ends = [d for d in (self.suspended_on, self.repealed_on) if d is not None]
        return self.valid_from <= as_of and all(as_of < end for end in ends)

    @property
    def file_name(self) -> str:
        """Name of the version's file in the register's folder."""
        return f"{self.valid_from.isoformat()}.toml"


class Register(Model):
    """All versions of one policy, oldest first."""

    versions: Annotated[tuple[Entry, ...], Field(min_length=1)]

    def at(self, as_of: date | None) -> Entry | None:
        """The version in force on a day, the newest one when no day is given, ``None`` if there is none."""
        entries = [e for e in self.versions if as_of is None or e.in_force(as_of)]
        return max(entries, key=lambda e: e.valid_from, default=None)

    def entry(self, valid_from: date) -> Entry | None:
        """The entry of one version."""
        return next((e for e in self.versions if e.valid_from == valid_from), None)


def read_register(folder: Path) -> Register:
    """Read the register of a policy's folder.

    Raises:
        PolicyError: It is missing or not valid.
    """
    return read_or_raise(folder / FILE_NAME, Register).model

"""The register of a policy's versions: what may change beside a released file (status, reviews, suspension)."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from scoring.policy.language.forms import teach
from scoring.policy.language.schema import Form, Text
from scoring.policy.read.document import read_or_raise

__all__ = ["FILE_NAME", "Register", "RegisteredVersion", "Status", "read_register"]

Status = Literal["demonstration", "in force"]
FILE_NAME = "register.toml"
EXAMPLE = 'e.g. [[versions.reviews]] kind = "legality", issuer = "…", number = "…", date = 2026-06-01'


ReviewKind = Literal["legality", "fair_competition", "public_comment"]
NEEDED: tuple[ReviewKind, ...] = ("legality", "fair_competition", "public_comment")


class Reviewed(Form):
    """One review that a version has passed before it was put in force: 合法性审核, 公平竞争审查, 公开征求意见."""

    kind: ReviewKind
    issuer: Annotated[str, Field(min_length=1)]
    number: Annotated[str, Field(min_length=1)]
    date: date
    opinions: Text | None = None


class RegisteredVersion(Form):
    """One version of a policy.

    ``in force`` is a statement of an authority and needs its reviews; anything else is a demonstration and every view says so.
    """

    valid_from: date
    status: Status
    checked_on: date
    suspended_on: date | None = None
    repealed_on: date | None = None
    note: Text | None = None
    reviews: tuple[Reviewed, ...] = ()

    @model_validator(mode="after")
    def _reviewed(self) -> RegisteredVersion:
        missing = [kind for kind in NEEDED if kind not in {review.kind for review in self.reviews}]
        if self.status == "in force" and missing:
            raise teach(
                f'status = "in force" 须先完成合法性审核、公平竞争审查、公开征求意见，还缺 {"、".join(missing)}；{EXAMPLE}',
                f'status = "in force" needs the reviews of legality, fair competition and public comment; missing: {", ".join(missing)}; '
                f"{EXAMPLE}",
            )
        unheard = any(
            review.kind == "fair_competition" and review.opinions is None for review in self.reviews
        )
        if self.status == "in force" and unheard:
            raise teach(
                '公平竞争审查须写明听取意见的情况，例如 opinions = { zh = "听取了……的意见。", en = "Heard: …" }',
                'the fair-competition review must say whose opinions were heard, e.g. opinions = { zh = "…", en = "Heard: …" }',
            )
        late = next((review for review in self.reviews if review.date > self.valid_from), None)
        if self.status == "in force" and late is not None:
            raise teach(
                f"{late.kind} 的日期 {late.date} 晚于 valid_from {self.valid_from}；审核须在施行之前，例如 date = {self.valid_from}",
                f"{late.kind} is dated {late.date}, after valid_from {self.valid_from}; reviews come first, e.g. date = {self.valid_from}",
            )
        return self

    def in_force(self, as_of: date) -> bool:
        """Whether the version has begun on the day and is neither suspended nor repealed on it."""
        ends = [d for d in (self.suspended_on, self.repealed_on) if d is not None]
        return self.valid_from <= as_of and all(as_of < end for end in ends)

    @property
    def file_name(self) -> str:
        """Name of the version's file in the register's folder."""
        return f"{self.valid_from.isoformat()}.toml"


class Register(Form):
    """All versions of one policy, oldest first."""

    versions: Annotated[tuple[RegisteredVersion, ...], Field(min_length=1)]

    def at(self, as_of: date | None) -> RegisteredVersion | None:
        """The version in force on a day, the newest one when no day is given, ``None`` if there is none."""
        entries = [e for e in self.versions if as_of is None or e.in_force(as_of)]
        return max(entries, key=lambda e: e.valid_from, default=None)

    def entry(self, valid_from: date) -> RegisteredVersion | None:
        """The entry of one version."""
        return next((e for e in self.versions if e.valid_from == valid_from), None)


def read_register(folder: Path) -> Register:
    """Read the register of a policy's folder.

    Raises:
        PolicyError: It is missing or not valid.
    """
    return read_or_raise(folder / FILE_NAME, Register).model

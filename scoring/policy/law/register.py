"""The register of a policy's versions: what may change beside a released file.

That is status, reviews, suspension and repeal.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from scoring.policy.language.forms import Form, Text, teach
from scoring.policy.read.document import read_or_raise

__all__ = ["FILE_NAME", "Register", "RegisteredVersion", "Status", "read_register"]

Status = Literal["demonstration", "in force"]
FILE_NAME = "register.toml"

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
ReviewKind = Literal["legality", "fair_competition", "public_comment"]
NEEDED: tuple[ReviewKind, ...] = ("legality", "fair_competition", "public_comment")


class Reviewed(Form):
    """One review that a version has passed before it was put in force.

    It is one of 合法性审核, 公平竞争审查, 公开征求意见.
    """

    kind: ReviewKind
    issuer: Annotated[str, Field(min_length=1)]
    number: Annotated[str, Field(min_length=1)]
    date: date
    opinions: Text | None = None


class RegisteredVersion(Form):
    """One version of a policy.

    ``in force`` is a statement of an authority and needs its reviews; anything else is a
    demonstration and every view says so. ``rules_sha256`` pins policy, law and closed lists: without
    it, or where they are not what it says, the version can simulate but write to no store.
    """

    valid_from: date
    status: Status
    checked_on: date
    rules_sha256: Sha256 | None = None
    suspended_on: date | None = None
    repealed_on: date | None = None
    note: Text | None = None
    reviews: tuple[Reviewed, ...] = ()

    @model_validator(mode="after")
    def _reviewed_before_in_force(self) -> RegisteredVersion:
        if self.status != "in force":
            return self
        passed = {review.kind for review in self.reviews}
        missing = [kind for kind in NEEDED if kind not in passed]
        if missing:
            raise teach("review_missing", missing=missing)
        for review in self.reviews:
            # 公平竞争审查条例: interested parties must have been heard
            if review.kind == "fair_competition" and review.opinions is None:
                raise teach("review_without_opinions")
        for review in self.reviews:
            if review.date > self.valid_from:
                raise teach("review_late", kind=review.kind, day=review.date, valid_from=self.valid_from)
        return self

    def in_force(self, as_of: date) -> bool:
        """Whether the version has begun on the day and is neither suspended nor repealed on it."""
        end_days = [day for day in (self.suspended_on, self.repealed_on) if day is not None]
        return self.valid_from <= as_of and all(as_of < end for end in end_days)

    @property
    def file_name(self) -> str:
        """Name of the version's file in the register's folder."""
        return f"{self.valid_from.isoformat()}.toml"


class Register(Form):
    """All versions of one policy, oldest first."""

    versions: Annotated[tuple[RegisteredVersion, ...], Field(min_length=1)]

    def at(self, as_of: date | None) -> RegisteredVersion | None:
        """The version that holds on a day, if there is one; the newest one when no day is given.

        Where an authority has put one in force, only those in force follow it: a demonstration must
        be named.
        """
        candidates = self.versions
        if as_of is not None:
            candidates = tuple(version for version in candidates if version.in_force(as_of))
            official = tuple(version for version in candidates if version.status == "in force")
            candidates = official or candidates
        return max(candidates, key=lambda registered: registered.valid_from, default=None)

    def entry(self, valid_from: date) -> RegisteredVersion | None:
        """The entry of one version."""
        same_day = (version for version in self.versions if version.valid_from == valid_from)
        return next(same_day, None)


def read_register(folder: Path) -> Register:
    """Reads the register of a policy's folder.

    Raises:
        PolicyError: It is missing or not valid.
    """
    return read_or_raise(folder / FILE_NAME, Register).model

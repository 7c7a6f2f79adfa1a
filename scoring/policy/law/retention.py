"""The law of use and restoration: how long a record may count, and how it ends, by kind, class, field and day.

One file per instrument (``rules/retention``), with the days it is in force. The snapshot applies what is in force on
``as_of``; where several instruments apply, a record counts only while every one of them lets it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import cache, lru_cache
from typing import Annotated, Literal

from pydantic import Field

from scoring.policy.language.forms import Code, Form, Identifier, Text
from scoring.policy.language.schema import Legal, Select, Tag
from scoring.policy.read.document import read_or_raise
from scoring.rules import RETENTION
from scoring.workdays import add_months

NOT_IN_FORCE = date(1, 1, 1)
"""Oldest day that a rule lets count when it is not in force: all of them."""

Severity = Literal["minor", "general", "serious"]
CLASSES: tuple[Severity, ...] = ("minor", "general", "serious")
_DAY = timedelta(days=1)


class Scope(Form):
    """What a rule is about: kinds and, where given, classes (``info_class``, else ``severity``) and fields; null never matches."""

    id: Identifier
    kinds: Annotated[tuple[Code, ...], Field(min_length=1)]
    classes: tuple[Severity, ...] | None = None
    fields: tuple[Code, ...] | None = None
    until: date | None = None
    article: str
    tag: Tag

    def fits(self, kind: object, info_class: object, field: object) -> bool:
        """Whether it is about a record of this kind, class and field."""
        in_class = self.classes is None or info_class in self.classes
        return kind in self.kinds and in_class and (self.fields is None or field in self.fields)


class UsePeriod(Scope):
    """A record counts for at most so many months after its day; the corresponding day is the last one (Civil Code art. 202)."""

    months: Annotated[int, Field(ge=1, le=240)]


class Exit(Scope):
    """How a record ends before its time: restored after a minimum of months, or cured at once; decided within working days."""

    how: Literal["restore", "cure"]
    months: Annotated[int, Field(ge=0, le=240)]
    workdays: Annotated[int, Field(ge=0, le=60)]
    conditions: Text


class Instrument(Form):
    """The form of ``rules/retention/<id>.toml``: what one instrument says on use, on deletion and on restoration."""

    legal: Legal
    use: tuple[UsePeriod, ...] = ()
    erase: tuple[UsePeriod, ...] = ()
    exit: tuple[Exit, ...] = ()

    @property
    def begins(self) -> date:
        """The first day on which it is in force."""
        return self.legal.effective_on or self.legal.issued_on

    def in_force(self, rule: Scope, day: date) -> bool:
        """Whether a rule of it is in force on a day."""
        ends = [end for end in (self.legal.repealed_on, rule.until) if end is not None]
        return self.begins <= day and all(day < end for end in ends)


def retention_ids() -> list[str]:
    """Ids of the shipped instruments, sorted."""
    return sorted(path.stem for path in RETENTION.glob("*.toml"))


@cache
def read_instrument(instrument_id: str) -> Instrument:
    """One instrument.

    Raises:
        PolicyError: Its file is missing or not valid.
    """
    return read_or_raise(RETENTION / f"{instrument_id}.toml", Instrument).model


def use_rules(instruments: Sequence[Instrument]) -> tuple[tuple[Instrument, UsePeriod], ...]:
    """All rules of use of some instruments, in order."""
    return tuple((instrument, rule) for instrument in instruments for rule in instrument.use)


def erase_rules(day: date) -> tuple[tuple[Instrument, UsePeriod], ...]:
    """All shipped rules of deletion in force on a day: such a record is deleted once its months are over.

    Deletion is ordered by law and not by a policy, so every shipped instrument is asked.
    """
    instruments = map(read_instrument, retention_ids())
    return tuple(
        (instrument, rule)
        for instrument in instruments
        for rule in instrument.erase
        if instrument.in_force(rule, day)
    )


@lru_cache(maxsize=65_536)  # a forecast asks for three years of days, for every length of use
def oldest_used(as_of: date, months: int) -> date:
    """Oldest day from which a period of months has not run out on ``as_of``: its last day is the corresponding day."""
    day = add_months(as_of, -months)
    while add_months(day, months) < as_of:
        day += _DAY
    while add_months(day - _DAY, months) >= as_of:
        day -= _DAY
    return day


def limits(instruments: Sequence[Instrument], as_of: date) -> dict[str, date]:
    """For each rule of use the oldest day that it lets count on ``as_of``; any day where it is not in force."""
    return {
        rule.id: oldest_used(as_of, rule.months) if instrument.in_force(rule, as_of) else NOT_IN_FORCE
        for instrument, rule in use_rules(instruments)
    }


def exits(
    instruments: Sequence[Instrument], kind: object, info_class: object, field: object, day: date
) -> Iterator[tuple[Instrument, Exit]]:
    """The ways in which such a record can end under the law of a day: of each instrument the first that fits."""
    for instrument in instruments:
        for rule in instrument.exit:
            if instrument.in_force(rule, day) and rule.fits(kind, info_class, field):
                yield instrument, rule
                break


@cache
def shortest_days(months: int) -> int:
    """Length in days of the shortest period of months: no window of so many days outlives one (three months: 89)."""
    days = [date(2023, 1, 1) + n * _DAY for n in range(1461)]
    return min((add_months(day, months) - day).days for day in days)


def longest_use(
    select: Select, day: date, instruments: Sequence[Instrument]
) -> tuple[int, Instrument, UsePeriod] | None:
    """The longest lawful use, in days, of what a selection can hold, with the rule that sets it; ``None`` where no rule is known.

    Args:
        select: The records; severity, class and field narrow them.
        day: The policy's ``valid_from``.
        instruments: Instruments that the policy's profile applies.
    """
    rules = [(found, rule) for found, rule in use_rules(instruments) if found.in_force(rule, day)]
    classes = [
        c for c in CLASSES if c in (select.severity or CLASSES) and c in (select.info_class or CLASSES)
    ]
    longest: list[tuple[int, Instrument, UsePeriod]] = []
    for kind in select.kind:
        for info_class in classes:
            for field in select.field or (None,):
                fitting = [
                    (shortest_days(rule.months), found, rule)
                    for found, rule in rules
                    if rule.fits(kind, info_class, field)
                ]
                if not fitting:
                    return None
                longest.append(min(fitting, key=lambda found: found[0]))
    return max(longest, key=lambda found: found[0]) if longest else None

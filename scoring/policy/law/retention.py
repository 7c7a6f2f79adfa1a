"""The law of use and restoration: how long a record may count, and how it ends.

One file per instrument (``rules/retention``), with the days it is in force. The snapshot applies
what is in force on ``as_of``; where several instruments apply, a record counts only while every one
of them lets it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import cache, lru_cache
from itertools import product
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from scoring.policy.language.forms import Code, Form, Identifier, Text
from scoring.policy.language.legal import Legal, Pinpoint, Tag
from scoring.policy.language.schema import Select
from scoring.policy.read.document import read_or_raise
from scoring.rules import RETENTION
from scoring.workdays import add_months

NOT_IN_FORCE = date(1, 1, 1)
"""Oldest day that a rule lets count when it is not in force: all of them."""

RecordClass = Literal["minor", "general", "serious"]
CLASSES: tuple[RecordClass, ...] = ("minor", "general", "serious")
_DAY = timedelta(days=1)


class Scope(Pinpoint):
    """What a rule is about, and where it stands in its instrument; null never matches.

    Attributes:
        kinds: Kinds of records.
        classes: Where given, their classes: ``info_class``, else ``severity``.
        fields: Where given, their fields of supervision.
        until: First day on which the rule no longer holds, though its instrument does.
    """

    id: Identifier
    kinds: Annotated[tuple[Code, ...], Field(min_length=1)]
    classes: tuple[RecordClass, ...] | None = None
    fields: tuple[Code, ...] | None = None
    until: date | None = None
    tag: Tag

    def fits(self, kind: object, info_class: object, field: object) -> bool:
        """Whether it is about a record of this kind, class and field."""
        in_class = self.classes is None or info_class in self.classes
        return kind in self.kinds and in_class and (self.fields is None or field in self.fields)


class UsePeriod(Scope):
    """A record counts for at most so many months after its day.

    The corresponding day is the last one (Civil Code art. 202).
    """

    months: Annotated[int, Field(ge=1, le=240)]


class Exit(Scope):
    """How a record ends before its time.

    Attributes:
        how: Restored after a minimum of months, or cured at once.
        months: That minimum.
        workdays: Working days within which it is decided.
        conditions: What must have been done.
    """

    how: Literal["restore", "cure"]
    months: Annotated[int, Field(ge=0, le=240)]
    workdays: Annotated[int, Field(ge=0, le=60)]
    conditions: Text


class Instrument(Form):
    """The form of ``rules/retention/<id>.toml``: what one instrument says on use, deletion, restoration."""

    legal: Legal
    use: tuple[UsePeriod, ...] = ()
    erase: tuple[UsePeriod, ...] = ()
    exit: tuple[Exit, ...] = ()

    @property
    def begins(self) -> date:
        """The first day on which it is in force."""
        return self.legal.effective_on or self.legal.issued_on

    def ends(self, rule: Scope) -> date:
        """The first day on which a rule of it is in force no longer."""
        return min(self.legal.repealed_on or date.max, rule.until or date.max)

    def in_force(self, rule: Scope, day: date) -> bool:
        """Whether a rule of it is in force on a day."""
        return self.begins <= day < self.ends(rule)


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


class UseRule(NamedTuple):
    """A rule of use or of deletion, with the instrument that sets it."""

    instrument: Instrument
    rule: UsePeriod

    @property
    def cited(self) -> str:
        """The document and the article; the document alone where no article is known."""
        return f"{self.instrument.legal.document} {self.rule.article or ''}".rstrip()


class ExitRule(NamedTuple):
    """A way in which a record can end, with the instrument that opens it."""

    instrument: Instrument
    rule: Exit


class LawfulUse(NamedTuple):
    """The longest lawful use of some records in days, with the rule that sets it."""

    days: int
    instrument: Instrument
    rule: UsePeriod


def use_rules(instruments: Sequence[Instrument]) -> tuple[UseRule, ...]:
    """All rules of use of some instruments, in order."""
    return tuple(_rules_of_use(instruments))


def _rules_of_use(instruments: Sequence[Instrument]) -> Iterator[UseRule]:
    for instrument in instruments:
        for rule in instrument.use:
            yield UseRule(instrument, rule)


def erase_rules(day: date) -> tuple[UseRule, ...]:
    """All shipped rules of deletion in force on a day.

    Such a record is deleted once its months are over. Deletion is ordered by law and not by a
    policy, so every shipped instrument is asked.
    """
    return tuple(_rules_of_deletion(day))


def _rules_of_deletion(day: date) -> Iterator[UseRule]:
    for instrument in map(read_instrument, retention_ids()):
        for rule in instrument.erase:
            if instrument.in_force(rule, day):
                yield UseRule(instrument, rule)


# a forecast asks for three years of days, for every length of use
@lru_cache(maxsize=65_536)
def oldest_used(as_of: date, months: int) -> date:
    """Oldest day from which a period of months has not run out on ``as_of``.

    The last day of the period is the corresponding day.
    """
    # months differ in length, so going back and forth may miss by days: look on both sides
    day = add_months(as_of, -months)
    while add_months(day, months) < as_of:
        day += _DAY
    while add_months(day - _DAY, months) >= as_of:
        day -= _DAY
    return day


class UseSpan(NamedTuple):
    """The days on which a rule of use is in force: its id, its months, the first day, and the day on which it ends."""

    rule_id: str
    months: int
    begins: date
    ends: date

    def oldest(self, as_of: date) -> date:
        """The oldest day that it lets count on ``as_of``: any, if not in force."""
        is_in_force = self.begins <= as_of < self.ends
        return oldest_used(as_of, self.months) if is_in_force else NOT_IN_FORCE


def use_spans(instruments: Sequence[Instrument]) -> tuple[UseSpan, ...]:
    """The rules of use of some instruments, in order, with when they are in force."""
    return tuple(
        UseSpan(rule.id, rule.months, instrument.begins, instrument.ends(rule))
        for instrument, rule in use_rules(instruments)
    )


def exits(
    instruments: Sequence[Instrument], kind: object, info_class: object, field: object, day: date
) -> Iterator[ExitRule]:
    """The ways in which such a record can end under the law of a day.

    Of each instrument the first that fits: its special rules stand before the general ones.
    """
    for instrument in instruments:
        for rule in instrument.exit:
            if instrument.in_force(rule, day) and rule.fits(kind, info_class, field):
                yield ExitRule(instrument, rule)
                break


@cache
def shortest_days(months: int) -> int:
    """Length in days of the shortest period of months; three months: 89.

    No window of so many days outlives a period.
    """
    # four years hold every place that the leap day can have in a period
    starts = [date(2023, 1, 1) + number * _DAY for number in range(1461)]
    return min((add_months(start, months) - start).days for start in starts)


def longest_use(select: Select, day: date, instruments: Sequence[Instrument]) -> LawfulUse | None:
    """The longest lawful use of what a selection can hold; ``None`` where no rule is known.

    Args:
        select: The records; severity, class and field narrow them.
        day: The policy's ``valid_from``.
        instruments: Instruments that the policy's profile applies.
    """
    in_force = [
        use_rule for use_rule in use_rules(instruments) if use_rule.instrument.in_force(use_rule.rule, day)
    ]
    longest: LawfulUse | None = None
    for kind, info_class, field in product(select.kind, _classes(select), select.field or (None,)):
        fitting = [use_rule for use_rule in in_force if use_rule.rule.fits(kind, info_class, field)]
        if not fitting:
            return None
        # a record counts only while every instrument lets it: the shortest period binds
        binding = min(fitting, key=lambda use_rule: shortest_days(use_rule.rule.months))
        days = shortest_days(binding.rule.months)
        if longest is None or days > longest.days:
            longest = LawfulUse(days, binding.instrument, binding.rule)
    return longest


def _classes(select: Select) -> list[RecordClass]:
    """The classes that the selected records can have."""
    severities, info_classes = select.severity or CLASSES, select.info_class or CLASSES
    return [name for name in CLASSES if name in severities and name in info_classes]

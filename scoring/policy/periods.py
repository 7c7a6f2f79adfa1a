"""How long information may be used, by kind, class and date: the law behind an indicator's window."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Annotated, Literal

from pydantic import Field

from scoring.policy.finality import RETENTION
from scoring.policy.read import read_or_raise
from scoring.policy.schema import Code, Model, Select, Text

SEVERITIES: tuple[Literal["minor", "general", "serious"], ...] = ("minor", "general", "serious")


class Period(Model):
    """One longest use period; without ``kinds`` or ``severity`` it holds for all of them."""

    kinds: tuple[Code, ...] | None = None
    severity: Literal["minor", "general", "serious"] | None = None
    from_: Annotated[date, Field(alias="from")]
    max_days: Annotated[int, Field(ge=1)]
    basis: Text

    def fits(self, kind: str, severity: str, day: date) -> bool:
        """Whether it holds for a record of this kind and class under a policy valid from ``day``."""
        return (self.kinds is None or kind in self.kinds) and self.severity in (None, severity) and self.from_ <= day


class Periods(Model):
    """The form of ``rules/retention/use-periods.toml``."""

    periods: tuple[Period, ...]


@cache
def use_periods() -> tuple[Period, ...]:
    """The shipped periods, in order of precedence.

    Raises:
        PolicyError: The file is not valid.
    """
    return read_or_raise(RETENTION / "use-periods.toml", Periods).model.periods


def longest_use(select: Select, day: date) -> Period | None:
    """The longest lawful use period of what a selection can hold, ``None`` where no rule is known.

    Args:
        select: The records; severity and information class narrow the classes.
        day: The policy's ``valid_from``.
    """
    classes = [s for s in SEVERITIES if s in (select.severity or SEVERITIES) and s in (select.info_class or SEVERITIES)]
    fitting = [next((p for p in use_periods() if p.fits(k, s, day)), None) for k in select.kind for s in classes]
    known = [p for p in fitting if p is not None]
    return max(known, key=lambda p: p.max_days) if len(known) == len(fitting) and known else None

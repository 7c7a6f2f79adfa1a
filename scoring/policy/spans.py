"""Which version of a policy was in force over a span of days."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from itertools import groupby
from types import MappingProxyType
from typing import NamedTuple

from scoring.policy.law.register import Register, RegisteredVersion
from scoring.policy.load import load_policy, shipped_versions
from scoring.policy.resolved import ResolvedPolicy


class Span(NamedTuple):
    """A version and the days, both inclusive, on which it holds."""

    version: ResolvedPolicy
    start: date
    end: date


class OwnVersion(NamedTuple):
    """A version that a store has registered beside the shipped ones: its entry, and what reads it."""

    registered: RegisteredVersion
    read: Callable[[], ResolvedPolicy]


def spans(
    version: ResolvedPolicy, start: date, end: date, own: Mapping[date, OwnVersion] = MappingProxyType({})
) -> list[Span]:
    """The versions in force from ``start`` to ``end``, oldest first.

    Args:
        version: The version that holds on ``end``. When the register would choose another one, or
            knows none, it was pinned: then it alone stands for all days from its first one on.
        start: First day; days before the first version are left out.
        end: Last day.
        own: Versions of the same policy that a store has registered beside the shipped ones, by their
            first day; those of other days are not read.
    """
    known = _Versions(version.policy.id, own)
    if not known.chosen_on(end, version):
        first = max(start, version.policy.valid_from)
        return [Span(version, first, end)] if first <= end else []
    days = [start + timedelta(days=number) for number in range((end - start).days + 1)]
    in_force = []
    for registered, group in groupby(days, key=known.at):
        if registered is not None:
            same_version = list(group)
            in_force.append(Span(known.load(registered), same_version[0], same_version[-1]))
    return in_force


class _Versions:
    """The versions of a policy by their first day: those of a store, and the shipped ones beside them."""

    def __init__(self, policy_id: str, own: Mapping[date, OwnVersion]) -> None:
        self._policy_id, self._own = policy_id, own
        entries = {registered.valid_from: registered for registered in shipped_versions(policy_id)}
        entries |= {day: version.registered for day, version in own.items()}
        in_order = tuple(entries[day] for day in sorted(entries))
        self._register = Register(versions=in_order) if in_order else None

    def at(self, day: date) -> RegisteredVersion | None:
        """The entry that holds on a day."""
        return self._register.at(day) if self._register else None

    def load(self, registered: RegisteredVersion) -> ResolvedPolicy:
        """The version of an entry."""
        own = self._own.get(registered.valid_from)
        return own.read() if own else load_policy(f"{self._policy_id}@{registered.valid_from}", None)

    def chosen_on(self, day: date, version: ResolvedPolicy) -> bool:
        """Whether just this version holds on a day."""
        registered = self.at(day)
        return registered is not None and self.load(registered).rules_sha256 == version.rules_sha256

"""Which version of a policy was in force over a span of days."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import groupby
from typing import NamedTuple

from scoring.policy.law.register import Register
from scoring.policy.load import load_policy, shipped_versions
from scoring.policy.resolved import ResolvedPolicy


class Span(NamedTuple):
    """A version and the days, both inclusive, on which it holds."""

    version: ResolvedPolicy
    start: date
    end: date


def spans(version: ResolvedPolicy, start: date, end: date) -> list[Span]:
    """The versions in force from ``start`` to ``end``, oldest first.

    Args:
        version: The version that holds on ``end``. When the register would choose another one, or
            knows none, it was pinned: then it alone stands for all days from its first one on.
        start: First day; days before the first version are left out.
        end: Last day.
    """
    policy_id = version.policy.id
    shipped = shipped_versions(policy_id)
    register = Register(versions=shipped) if shipped else None
    if register is None or not _chosen_by(register, version, end):
        first = max(start, version.policy.valid_from)
        return [Span(version, first, end)] if first <= end else []
    days = [start + timedelta(days=number) for number in range((end - start).days + 1)]
    in_force = []
    for registered, group in groupby(days, key=register.at):
        if registered is not None:
            same_version = list(group)
            loaded = load_policy(f"{policy_id}@{registered.valid_from}", None)
            in_force.append(Span(loaded, same_version[0], same_version[-1]))
    return in_force


def _chosen_by(register: Register, version: ResolvedPolicy, day: date) -> bool:
    """Whether the register puts just this version in force on a day."""
    registered = register.at(day)
    if registered is None:
        return False
    chosen = load_policy(f"{version.policy.id}@{registered.valid_from}", None)
    return chosen.rules_sha256 == version.rules_sha256

"""Which version of a policy was in force over a span of days."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import groupby
from typing import NamedTuple

from scoring.policy.law.register import read_register
from scoring.policy.load import load_policy, policy_ids
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules import POLICIES


class Span(NamedTuple):
    """A version and the days, both inclusive, on which it holds."""

    version: ResolvedPolicy
    start: date
    end: date


def spans(version: ResolvedPolicy, start: date, end: date) -> list[Span]:
    """The versions in force from ``start`` to ``end``, oldest first.

    Args:
        version: The version that holds on ``end``. When the register would choose another one, or knows none, it was pinned:
            then it alone stands for the whole span from its first day on.
        start: First day; days before the first version are left out.
        end: Last day.
    """
    policy_id = version.policy.id
    register = read_register(POLICIES / policy_id) if policy_id in policy_ids() else None
    entry = register.at(end) if register else None
    if (
        register is None
        or entry is None
        or load_policy(f"{policy_id}@{entry.valid_from}", None).sha256 != version.sha256
    ):
        first = max(start, version.policy.valid_from)
        return [Span(version, first, end)] if first <= end else []
    days = [start + timedelta(days=n) for n in range((end - start).days + 1)]
    found = []
    for held, of in groupby(days, key=register.at):
        inside = list(of)
        if held is not None:
            found.append(Span(load_policy(f"{policy_id}@{held.valid_from}", None), inside[0], inside[-1]))
    return found

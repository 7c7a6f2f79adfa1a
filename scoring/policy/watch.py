"""The law watch: which instruments policies rest on, when somebody last looked, and what is unread."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from scoring.policy.language.legal import Legal, LegalInstrument, Pinpoint
from scoring.policy.language.schema import Policy
from scoring.policy.law.finality import finality_ids, load_finality
from scoring.policy.law.retention import read_instrument
from scoring.policy.read.instruments import instruments

STALE_DAYS = 90
"""Days after which somebody has to look again whether an instrument still says what it said."""


@dataclass(frozen=True)
class Ground:
    """An instrument and one place in it, as something rests on it.

    Attributes:
        where: Policy and version, profile or file of retention.
        instrument: Its id.
        article: The article; ``None`` where it is to be checked.
        role: What it is the ground of.
    """

    where: str
    instrument: str
    article: str | None
    role: str | None


@dataclass(frozen=True)
class Watched:
    """An instrument with all that rests on it.

    Attributes:
        instrument: The instrument.
        age: Days since somebody last looked.
        grounds: What rests on it.
    """

    instrument: LegalInstrument
    age: int
    grounds: tuple[Ground, ...]

    @property
    def is_stale(self) -> bool:
        """Whether somebody has to look again."""
        return self.age > STALE_DAYS

    @property
    def distinct(self) -> int:
        """Number of distinct articles that are rested on; one that is to be checked is one."""
        return len({ground.article for ground in self.grounds})

    @property
    def places(self) -> tuple[str, ...]:
        """Where it is used, each place once, sorted."""
        return tuple(sorted({ground.where for ground in self.grounds}))


def watched(grounds: Iterable[Ground], day: date) -> list[Watched]:
    """The instruments of some grounds as they stand on a day, in the order of ``rules/law``."""
    by_instrument: dict[str, list[Ground]] = {}
    for ground in grounds:
        by_instrument.setdefault(ground.instrument, []).append(ground)
    return [
        Watched(instrument, (day - instrument.checked_on).days, tuple(by_instrument[name]))
        for name, instrument in instruments().items()
        if name in by_instrument
    ]


def grounds_of(policies: Sequence[Policy]) -> Iterator[Ground]:
    """What some policies rest on: their own citations, their profiles of finality and the law of use."""
    for policy in policies:
        yield from _grounds(f"{policy.id}@{policy.version}", policy.legal)
    for profile_id in sorted({policy.finality for policy in policies} & set(finality_ids())):
        profile = load_finality(profile_id)
        yield from _grounds(f"finality/{profile_id}", profile.legal)
        for file_id in profile.retention:
            yield from retention_grounds(file_id)


def retention_grounds(file_id: str) -> Iterator[Ground]:
    """What one file of the law of use rests on: its instrument, and the article of each rule."""
    instrument = read_instrument(file_id)
    rules: list[Pinpoint] = [instrument.legal, *instrument.use, *instrument.erase, *instrument.exit]
    for rule in rules:
        if instrument.legal.instrument is not None:
            legal = instrument.legal
            yield Ground(f"retention/{file_id}", str(legal.instrument), rule.article, legal.role)


def _grounds(where: str, legal: Iterable[Legal]) -> Iterator[Ground]:
    for citation in legal:
        # one that is written out in a file of somebody's own is watched by its owner
        if citation.instrument is not None and citation.instrument in instruments():
            yield Ground(where, citation.instrument, citation.article, citation.role)


def stale_on(policy: Policy, day: date) -> list[Watched]:
    """The instruments that a policy itself cites and that nobody has looked at for too long on a day."""
    cited = watched(_grounds(policy.version, policy.legal), day)
    return [entry for entry in cited if entry.is_stale]

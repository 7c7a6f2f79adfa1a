"""Computed results as the store keeps them, from the engine's rows; no point is computed here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from scoring.engine import results
from scoring.engine.results import HYSTERESIS, Wide
from scoring.policy.resolved import ResolvedPolicy

KEPT = ("points", "band", "colour", "status", "status_reason", "vetoes", "caps", "contributions")
"""What makes two results the same: values that count days change daily and move nobody by themselves."""
LISTS = ("reasons", "vetoes", "caps")


@dataclass(frozen=True)
class Computed:
    """The result of one enterprise; lists are JSON (see ``models.Assessment``). ``band_no`` is 0 for the best, ``None`` if not rated."""

    enterprise_id: str
    name: str | None
    points: int | None
    band: str | None
    colour: str | None
    status: str
    status_reason: str | None
    reasons: str
    vetoes: str
    caps: str
    coverage: int
    n_records: int
    contributions: str
    given: str

    @property
    def key(self) -> tuple[object, ...]:
        """What is compared with an earlier result."""
        return key_of([getattr(self, name) for name in KEPT])


def key_of(kept: Sequence[Any]) -> tuple[object, ...]:
    """Values of ``KEPT`` as they are compared: that the band before held it back tells nothing where the band is the same."""
    caps = kept[KEPT.index("caps")].replace(f',"{HYSTERESIS}"', "").replace(f'"{HYSTERESIS}"', "")
    return tuple(caps if name == "caps" else value for name, value in zip(KEPT, kept, strict=True))


def computed(wide: Wide, version: ResolvedPolicy) -> Iterator[Computed]:
    """Results of the engine's rows, in their order."""
    scores, parts = results.scores(wide, version), results.contributions(wide)
    own = iter(
        zip(
            *(
                parts.column(name).to_pylist()
                for name in ("enterprise_id", "indicator_id", "points", "unknown", "value")
            ),
            strict=True,
        )
    )
    names = (
        "enterprise_id",
        "name",
        "points",
        "band",
        "colour",
        "status",
        "status_reason",
        "coverage",
        "n_records",
    )
    columns = [scores.column(name).to_pylist() for name in names]
    lists = [scores.column(name).to_pylist() for name in LISTS]
    part = next(own, None)
    for n, enterprise_id in enumerate(columns[0]):
        given: list[list[Any]] = []
        values: list[int | None] = []
        while part is not None and part[0] == enterprise_id:
            given.append([part[1], part[2], part[3]])
            values.append(part[4])
            part = next(own, None)
        own_values: dict[str, Any] = dict(zip(names, [column[n] for column in columns], strict=True))
        own_values |= {name: text_of(column[n]) for name, column in zip(LISTS, lists, strict=True)}
        yield Computed(**own_values, contributions=text_of(given), given=text_of(values))


def text_of(value: object) -> str:
    """JSON without blanks."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

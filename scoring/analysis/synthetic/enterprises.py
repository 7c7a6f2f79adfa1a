"""Enterprises of one chunk, with what no table shows.

That is their latent risk, how often they are recorded, and the days on which they are open.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scoring.analysis.synthetic.codes import social_credit_codes
from scoring.analysis.synthetic.columns import (
    NAT,
    NULL,
    Column,
    Days,
    Floats,
    Ints,
    Rng,
    after,
    cut,
    day_where,
    draw,
    labels,
    table,
)
from scoring.analysis.synthetic.places import (
    DISTRICTS,
    ENTITY_TYPES,
    GONE,
    INDUSTRIES,
    SIZE_ACTIVITY,
    SIZE_RISK,
    SIZES,
    STATUS_SHARES,
    STATUSES,
    SYLLABLES,
    ZONES,
    District,
)
from scoring.analysis.synthetic.plan import Chunk
from scoring.entities import ENTERPRISE_COLUMNS, FICTITIOUS_SOURCE

YEARS = 4
SPAN = YEARS * 365
"""Days of history before ``as_of``."""

MEAN_AGE = 8 * 365
THIN = 0.02
"""Share of enterprises that nobody has a record of, besides the very young.

In the food hygiene ratings of the UK 7.5 % await inspection (2026-06).
"""

EARLY_CODES = 0.02
"""Share of the codes of October 2015 to December 2016 that fail the check digit, as genuine ones do."""


def _townships(district: District) -> list[str]:
    return [f"{district.code}-T{number:02d}" for number in range(1, district.townships + 1)]


TYPES = [entity.code for entity in ENTITY_TYPES]
COMPANY, BRANCH = TYPES.index("company"), TYPES.index("branch")
TOWNSHIPS = list(chain.from_iterable(map(_townships, DISTRICTS)))
FIRST_TOWNSHIP = np.cumsum([0, *(district.townships for district in DISTRICTS)])


@dataclass(frozen=True)
class Firms:
    """Enterprises of a chunk as arrays of one entry each.

    Attributes:
        id: Unified social credit codes.
        type: Index into ``ENTITY_TYPES``.
        status: Index into ``STATUSES``, as of the plan's day.
        industry: Index into ``INDUSTRIES``.
        size: Index into ``SIZES``.
        district: Index into ``DISTRICTS`` of who supervises; its length for a functional zone.
        parent: Row of the legal person, -1 for none.
        risk: Latent risk z, about standard normal; it drives every record and stands in no table.
        activity: Factor on the number of records, mean about 1; 0 for those without any.
        opened: First day on which something can happen, at earliest four years before the day.
        closed: Last such day.
        early_code: Whether the code fails its check digit.
    """

    id: Column
    type: Ints
    status: Ints
    industry: Ints
    size: Ints
    district: Ints
    parent: Ints
    risk: Floats
    activity: Floats
    opened: Days
    closed: Days
    early_code: NDArray[np.bool_]

    @property
    def gone(self) -> NDArray[np.bool_]:
        """Whether the enterprise is revoked, deregistered or moved away."""
        return np.isin(self.status, [STATUSES.index(code) for code in GONE])


@dataclass(frozen=True)
class _Registration:
    """What the register says besides: seats, supervising areas, days of registration and change."""

    seat: Ints
    area: Column
    registered: Days
    changed: Days


def make_enterprises(chunk: Chunk) -> tuple[pd.DataFrame, Firms]:
    """Canonical enterprises (one row a version, in random order) and the arrays behind them."""
    rng = chunk.rng(0)
    firms, registration = _draw_firms(rng, chunk)
    names = _names(rng, firms, registration.seat)
    frame = table(
        {
            "enterprise_id": firms.id,
            "name": names,
            "entity_type": labels(TYPES, firms.type),
            "status": labels(STATUSES, firms.status),
            "registered_on": registration.registered,
            "industry_code": labels([industry.code for industry in INDUSTRIES], firms.industry),
            "district_code": labels([district.code for district in DISTRICTS], registration.seat),
            "supervised_by": registration.area,
            "parent_id": firms.id.take(firms.parent, allow_fill=True),
            "size_band": labels(SIZES, firms.size),
            "source": labels([FICTITIOUS_SOURCE], np.zeros(chunk.size, dtype=np.int64)),
            "known_on": np.where(
                np.isnat(registration.changed), registration.registered, registration.changed
            ),
        },
        ENTERPRISE_COLUMNS,
        chunk.size,
    )
    return _with_earlier_versions(frame, registration, rng), firms


def _draw_firms(rng: Rng, chunk: Chunk) -> tuple[Firms, _Registration]:
    # The order of the draws is part of what a seed gives: a draw that moves changes every district.
    count = chunk.size
    entity_type = draw(rng, [entity.share for entity in ENTITY_TYPES], count)
    seat = draw(rng, [district.share for district in DISTRICTS], count)
    industry = draw(rng, [trade.share for trade in INDUSTRIES], count)
    size = _sizes(rng, entity_type)
    status = draw(rng, STATUS_SHARES, count)
    age = np.clip(rng.exponential(MEAN_AGE, count), 20, 35 * 365).astype(np.int64)
    registered = after(np.full(count, chunk.as_of), -age)
    days_since_change = (rng.random(count) * np.minimum(age, SPAN) * 0.75).astype(np.int64)
    changed = day_where(status > 0, after(np.full(count, chunk.as_of), -days_since_change))
    area, supervisor, township = _supervision(rng, seat)
    early = _early(rng, registered)
    kinds_and_places = product(ENTITY_TYPES, DISTRICTS)
    prefixes = [entity.prefix + district.code for entity, district in kinds_and_places]
    prefix = entity_type * len(DISTRICTS) + seat
    parent = _parents(rng, entity_type)
    risk = _risk(rng, industry, size, age, township)
    activity_of_firm = np.exp(rng.normal(-0.08, 0.4, count))
    recorded = rng.random(count) >= THIN
    firms = Firms(
        id=social_credit_codes(prefixes, prefix, chunk.first + np.arange(count), early),
        type=entity_type,
        status=status,
        industry=industry,
        size=size,
        district=supervisor,
        parent=parent,
        risk=risk,
        activity=np.array(SIZE_ACTIVITY)[size] * activity_of_firm * recorded,
        opened=np.maximum(registered, after(chunk.as_of, -SPAN + 1)),
        closed=np.where(np.isnat(changed), chunk.as_of, changed),
        early_code=early,
    )
    return firms, _Registration(seat, area, registered, changed)


def _sizes(rng: Rng, entity_type: Ints) -> Ints:
    """Sizes by the shares of each type."""
    size = np.empty(len(entity_type), dtype=np.int64)
    for index, entity in enumerate(ENTITY_TYPES):
        of_type = entity_type == index
        size[of_type] = draw(rng, entity.sizes, int(of_type.sum()))
    return size


def _early(rng: Rng, registered: Days) -> NDArray[np.bool_]:
    """Whose code fails its check digit: a share of the first codes, at least one of them."""
    start, end = np.datetime64("2015-10-01"), np.datetime64("2017-01-01")
    first_codes = (registered >= start) & (registered < end)
    drawn = rng.random(len(registered)) < EARLY_CODES
    early: NDArray[np.bool_] = first_codes & (drawn | (np.cumsum(first_codes) == 1))
    return early


def _supervision(rng: Rng, seat: Ints) -> tuple[Column, Ints, Ints]:
    """Areas that supervise, the district of each (see ``Firms``), and the township.

    A township of the seat supervises 92 %, one of elsewhere 2 %, a functional zone 4 %, a district 2 %.
    """
    count = len(seat)
    case = draw(rng, (0.92, 0.02, 0.04, 0.02), count)
    elsewhere = (seat + 1 + rng.integers(0, len(DISTRICTS) - 1, count)) % len(DISTRICTS)
    district = np.where(case == 1, elsewhere, seat)
    townships = np.array([place.townships for place in DISTRICTS])[district]
    # ** 1.5: the first townships are the towns, where most enterprises are.
    township = FIRST_TOWNSHIP[district] + (rng.random(count) ** 1.5 * townships).astype(np.int64)
    zone = len(TOWNSHIPS) + draw(rng, (0.6, 0.4), count)
    whole_district = len(TOWNSHIPS) + len(ZONES) + district
    areas = [*TOWNSHIPS, *ZONES, *(place.code for place in DISTRICTS)]
    area = labels(areas, np.select([case == 2, case == 3], [zone, whole_district], township))
    supervisor = np.where(case == 2, len(DISTRICTS), district)
    return area, supervisor, township


def _risk(rng: Rng, industry: Ints, size: Ints, age: Ints, township: Ints) -> Floats:
    """Latent risk, about standard normal: mostly chance; then trade, size, youth and township."""
    # A fixed wave, so that a township is the same in every chunk and seed.
    of_township = np.sin(np.arange(len(TOWNSHIPS)) * 2.4) * 0.25
    of_industry = np.array([trade.risk for trade in INDUSTRIES])
    pulls = of_industry[industry] + np.array(SIZE_RISK)[size] + of_township[township]
    youth = 0.3 * np.exp(-age / (2 * 365)) - 0.06
    risk: Floats = rng.normal(0, 0.9, len(industry)) + pulls - 0.12 + youth
    return risk


def _parents(rng: Rng, entity_type: Ints) -> Ints:
    """Legal persons of branches: a random company of the chunk (a tiny chunk may have none)."""
    parent = np.full(len(entity_type), NULL)
    companies = np.flatnonzero(entity_type == COMPANY)
    branches = np.flatnonzero(entity_type == BRANCH)
    if len(companies):
        parent[branches] = rng.choice(companies, len(branches))
    return parent


def _names(rng: Rng, firms: Firms, seat: Ints) -> Column:
    """Names with 虚构 in them; a branch is called after its legal person."""
    places = labels([district.name + "虚构" for district in DISTRICTS], seat)
    pairs = [first + second for first, second in product(SYLLABLES, SYLLABLES)]
    trade_names = labels(pairs, cut(rng.random(len(seat)), [1.0] * len(pairs)))
    nouns = [trade.noun + entity.ending for trade, entity in product(INDUSTRIES, ENTITY_TYPES)]
    names = places + trade_names + labels(nouns, firms.industry * len(ENTITY_TYPES) + firms.type)
    of_branch = names.take(firms.parent, allow_fill=True) + "分公司"
    return pd.Series(names).where(firms.parent < 0, of_branch).array


def _with_earlier_versions(frame: pd.DataFrame, registration: _Registration, rng: Rng) -> pd.DataFrame:
    """Add what was believed before a change of status: active from registration until that day."""
    has_changed = ~np.isnat(registration.changed)
    before = frame[has_changed].assign(
        status="active",
        known_on=registration.registered[has_changed],
        known_until=registration.changed[has_changed],
    )
    latest = frame.assign(known_until=np.full(len(frame), NAT))
    versions = pd.concat([latest, before], ignore_index=True)
    return versions.take(rng.permutation(len(versions))).reset_index(drop=True)

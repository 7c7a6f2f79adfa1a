"""Enterprises of one chunk, with what no table shows: their latent risk, their trade and the days they are open."""

from __future__ import annotations

from dataclasses import dataclass

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
)
from scoring.analysis.synthetic.plan import Chunk
from scoring.entities import ENTERPRISE_COLUMNS

YEARS = 4
SPAN = YEARS * 365
"""Days of history before ``as_of``."""

MEAN_AGE = 8 * 365
THIN = 0.02
"""Share of enterprises that nobody holds a record of, besides the very young (awaiting inspection: UK FHRS 2026-06 has 7.5 %)."""

EARLY_CODES = 0.02
"""Share of the codes issued up to the end of 2016 (from October 2015) that fail the check digit, as genuine early ones do."""

TYPES = [t.code for t in ENTITY_TYPES]
COMPANY, BRANCH = TYPES.index("company"), TYPES.index("branch")
TOWNSHIPS = [f"{d.code}-T{number + 1:02d}" for d in DISTRICTS for number in range(d.townships)]
FIRST_TOWNSHIP = np.cumsum([0, *(d.townships for d in DISTRICTS)])


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
        activity: Factor on the number of records, mean about 1; 0 for those that nobody holds a record of.
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


def make_enterprises(chunk: Chunk) -> tuple[pd.DataFrame, Firms]:
    """Canonical enterprises of a chunk (one row a version, in random order) and the arrays behind them."""
    rng, n = chunk.rng(0), chunk.size
    kind = draw(rng, [t.share for t in ENTITY_TYPES], n)
    seat = draw(rng, [d.share for d in DISTRICTS], n)
    industry = draw(rng, [i.share for i in INDUSTRIES], n)
    size = np.empty(n, dtype=np.int64)
    for index, entity in enumerate(ENTITY_TYPES):
        size[kind == index] = draw(rng, entity.sizes, int((kind == index).sum()))
    status = draw(rng, STATUS_SHARES, n)
    age = np.clip(rng.exponential(MEAN_AGE, n), 20, 35 * 365).astype(np.int64)
    registered = after(np.full(n, chunk.as_of), -age)
    changed = day_where(
        status > 0,
        after(np.full(n, chunk.as_of), -(rng.random(n) * np.minimum(age, SPAN) * 0.75).astype(np.int64)),
    )
    area, supervisor, township = _supervision(rng, seat)
    early = _early(rng, registered)
    prefixes = [t.prefix + d.code for t in ENTITY_TYPES for d in DISTRICTS]
    firms = Firms(
        id=social_credit_codes(prefixes, kind * len(DISTRICTS) + seat, chunk.first + np.arange(n), early),
        type=kind,
        status=status,
        industry=industry,
        size=size,
        district=supervisor,
        parent=_parents(rng, kind),
        risk=_risk(rng, industry, size, age, township),
        activity=np.array(SIZE_ACTIVITY)[size] * np.exp(rng.normal(-0.08, 0.4, n)) * (rng.random(n) >= THIN),
        opened=np.maximum(registered, after(chunk.as_of, -SPAN + 1)),
        closed=np.where(np.isnat(changed), chunk.as_of, changed),
        early_code=early,
    )
    frame = table(
        {
            "enterprise_id": firms.id,
            "name": _names(rng, firms, seat),
            "entity_type": labels(TYPES, kind),
            "status": labels(STATUSES, status),
            "registered_on": registered,
            "industry_code": labels([i.code for i in INDUSTRIES], industry),
            "district_code": labels([d.code for d in DISTRICTS], seat),
            "supervised_by": area,
            "parent_id": firms.id.take(firms.parent, allow_fill=True),
            "size_band": labels(SIZES, size),
            "source": labels(["synthetic"], np.zeros(n, dtype=np.int64)),
            "known_on": np.where(np.isnat(changed), registered, changed),
        },
        ENTERPRISE_COLUMNS,
        n,
    )
    return _with_earlier_versions(frame, registered, changed, rng), firms


def _early(rng: np.random.Generator, registered: Days) -> NDArray[np.bool_]:
    """Whose code fails its check digit: a share of the first codes, at least one of them."""
    first_codes = (registered >= np.datetime64("2015-10-01")) & (registered < np.datetime64("2017-01-01"))
    early: NDArray[np.bool_] = first_codes & (
        (rng.random(len(registered)) < EARLY_CODES) | (np.cumsum(first_codes) == 1)
    )
    return early


def _supervision(rng: np.random.Generator, seat: Ints) -> tuple[Column, Ints, Ints]:
    """Areas that supervise: a township of the seat (92 %), of elsewhere (2 %), a functional zone (4 %), or only a district (2 %)."""
    n = len(seat)
    case = draw(rng, (0.92, 0.02, 0.04, 0.02), n)
    district = np.where(case == 1, (seat + 1 + rng.integers(0, len(DISTRICTS) - 1, n)) % len(DISTRICTS), seat)
    counts = np.array([d.townships for d in DISTRICTS])[district]
    township = FIRST_TOWNSHIP[district] + (rng.random(n) ** 1.5 * counts).astype(
        np.int64
    )  # ** 1.5: the first townships are the towns
    zone = len(TOWNSHIPS) + draw(rng, (0.6, 0.4), n)
    only = len(TOWNSHIPS) + len(ZONES) + district
    area = np.select([case == 2, case == 3], [zone, only], township)
    supervisor = np.where(case == 2, len(DISTRICTS), district)
    return labels([*TOWNSHIPS, *ZONES, *(d.code for d in DISTRICTS)], area), supervisor, township


def _risk(rng: np.random.Generator, industry: Ints, size: Ints, age: Ints, township: Ints) -> Floats:
    """Latent risk: 0.9 of own making, the rest from trade, size, youth and township; about standard normal."""
    place = (
        np.sin(np.arange(len(TOWNSHIPS)) * 2.4) * 0.25
    )  # fixed, so that a township is the same in every chunk and seed
    pulls = np.array([i.risk for i in INDUSTRIES])[industry] + np.array(SIZE_RISK)[size] + place[township]
    young = 0.3 * np.exp(-age / (2 * 365)) - 0.06
    risk: Floats = rng.normal(0, 0.9, len(industry)) + pulls - 0.12 + young
    return risk


def _parents(rng: np.random.Generator, kind: Ints) -> Ints:
    """Legal persons of branches: a random company of the chunk (a tiny chunk may have none)."""
    parent = np.full(len(kind), NULL)
    companies, branches = np.flatnonzero(kind == COMPANY), np.flatnonzero(kind == BRANCH)
    if len(companies):
        parent[branches] = rng.choice(companies, len(branches))
    return parent


def _names(rng: np.random.Generator, firms: Firms, seat: Ints) -> Column:
    """Names with 虚构 in them; a branch is called after its legal person."""
    n = len(seat)
    places = labels([d.name + "虚构" for d in DISTRICTS], seat)
    trade_names = labels(
        [a + b for a in SYLLABLES for b in SYLLABLES], cut(rng.random(n), [1.0] * len(SYLLABLES) ** 2)
    )
    nouns = [i.noun + t.ending for i in INDUSTRIES for t in ENTITY_TYPES]
    own = places + trade_names + labels(nouns, firms.industry * len(ENTITY_TYPES) + firms.type)
    return pd.Series(own).where(firms.parent < 0, own.take(firms.parent, allow_fill=True) + "分公司").array


def _with_earlier_versions(
    frame: pd.DataFrame, registered: Days, changed: Days, rng: np.random.Generator
) -> pd.DataFrame:
    """Add what was believed before a change of status: the enterprise was active from its registration until that day."""
    known = ~np.isnat(changed)
    before = frame[known].assign(status="active", known_on=registered[known], known_until=changed[known])
    whole = pd.concat([frame.assign(known_until=np.full(len(frame), NAT)), before], ignore_index=True)
    return whole.take(rng.permutation(len(whole))).reset_index(drop=True)

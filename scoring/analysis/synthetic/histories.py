"""Records of one chunk: per kind a Poisson stream that follows the latent risk, drawn in codes and labelled at the end."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scoring.analysis.synthetic.columns import (
    NAT,
    NULL,
    Column,
    Days,
    Floats,
    Ints,
    after,
    chance,
    cut,
    day_where,
    draw,
    labels,
    numbers,
    table,
    whole,
)
from scoring.analysis.synthetic.enterprises import SPAN, THIN, Firms
from scoring.analysis.synthetic.places import DEPARTMENTS, DISTRICTS, FIELDS, INDUSTRIES
from scoring.analysis.synthetic.plan import Chunk
from scoring.analysis.synthetic.streams import OCCASIONS, STREAMS, Outcome, Stream
from scoring.entities import RECORD_COLUMNS

MEAN_OPEN = 0.79
"""Mean of ``time_open`` below (ages are exponential, some close), found by measuring: keeps ``records_per`` an average."""

KINDS = [s.kind for s in STREAMS]
SEVERITIES = ("minor", "general", "serious")
RESULTS = sorted({code for s in STREAMS if s.outcome for code in (*s.outcome.bad, *s.outcome.good)})
CONTESTS = ("none", "review", "lawsuit", "upheld", "altered", "annulled", "unknown")
PROCEDURES = ("ordinary", "summary", "unknown")
COURT = len(DEPARTMENTS)
AUTHORITIES = [
    f"{place}虚构{office}"
    for place in (*(d.name for d in DISTRICTS), "衢州市")
    for office in (*DEPARTMENTS, "人民法院")
]
MARKS = [
    f"虚{place}{mark}"
    for place in (*(d.mark for d in DISTRICTS), "直")
    for mark in (*(m for m, _ in DEPARTMENTS.values()), "法")
]
OFFICE_OF_FIELD = np.array([office for office, (_, owned) in enumerate(DEPARTMENTS.values()) for _ in owned])
TRADE_FIELDS = np.array([[FIELDS.index(f) for f in i.fields] for i in INDUSTRIES])
COURT_KINDS = ("judgment_default", "criminal_judgment", "compulsory_enforcement")
NOTES = ("虚构备注：现场核查情况见检查表。", "虚构备注：负责人不在场，已电话告知。")
FINALITY_DAYS = 184
PENALTY = KINDS.index("administrative_penalty")

Block = dict[str, Column]


def make_records(chunk: Chunk, firms: Firms) -> pd.DataFrame:
    """Canonical records of a chunk, without ids and in the order of the streams: about ``records_per`` an enterprise."""
    rng = chunk.rng(1)
    blocks = [_block(rng, chunk, firms, kind) for kind in range(len(STREAMS))]
    codes = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
    return _labelled(
        rng, firms, codes | {"occasion": _occasion(chunk.rng(4), firms.risk[codes["firm"]], codes["kind"])}
    )


def _block(rng: np.random.Generator, chunk: Chunk, firms: Firms, kind: int) -> Block:
    """All records of one kind, in codes (-1 is null)."""
    stream = STREAMS[kind]
    firm, base = _yearly(rng, chunk, firms, stream) if stream.annual else _spread(rng, chunk, firms, stream)
    n, risk = len(firm), firms.risk[firm]
    result, bad = _outcome(rng, stream.outcome, risk)
    severity = _severity(rng, stream, risk, bad)
    field = np.full(n, FIELDS.index(stream.field)) if stream.field else _trade_field(rng, firms, firm)
    office = np.full(n, COURT) if stream.kind in COURT_KINDS else OFFICE_OF_FIELD[field]
    block: Block = {
        "kind": np.full(n, kind),
        "firm": firm,
        "field": field,
        "result": result,
        "severity": severity,
        "authority": firms.district[firm] * (COURT + 1) + office,
        "base": base,
        "decided": np.full(n, bool(stream.mark) or stream.annual),
        "numbered": np.full(n, bool(stream.mark)),
        "lag": rng.integers(1, 8, n),
        "lead": rng.integers(5, 120, n),
        "publish_until": _published(stream, severity, base),
        "withdrawn_on": _past(chunk, rng, base, (30, 400), stream.lifted),
        "amount": _amount(rng, stream, severity),
        "value": _value(rng, stream, risk),
    }
    return block | _procedure(rng, chunk, block)


def _rate(plan_rate: float, stream: Stream, firms: Firms) -> Floats:
    """Expected records of a stream per enterprise; ``exp(slope·z - slope²/2)`` has mean 1 for a standard normal z."""
    tilt = np.exp(stream.slope * firms.risk - stream.slope**2 / 2)
    time_open = np.sqrt(
        (firms.closed - firms.opened).astype(np.int64) / SPAN
    )  # the root: newcomers are visited and licensed first
    rate: Floats = plan_rate * stream.share * firms.activity * tilt * time_open / (MEAN_OPEN * (1 - THIN))
    return rate


def _spread(rng: np.random.Generator, chunk: Chunk, firms: Firms, stream: Stream) -> tuple[Ints, Days]:
    firm = np.repeat(np.arange(chunk.size), rng.poisson(_rate(chunk.plan.records_per, stream, firms)))
    width = (firms.closed[firm] - firms.opened[firm]).astype(np.int64) + 1
    return firm, after(firms.opened[firm], (rng.random(len(firm)) * width).astype(np.int64))


def _yearly(rng: np.random.Generator, chunk: Chunk, firms: Firms, stream: Stream) -> tuple[Ints, Days]:
    """At most one a calendar year, dated January to June, within the days the enterprise is open."""
    rate = _rate(chunk.plan.records_per, stream, firms)
    drawn, back = np.nonzero(rng.random((chunk.size, 4)) < np.minimum(rate, 4.0)[:, None] / 4)
    base = np.datetime64(f"{chunk.plan.as_of.year - 3}-01-01") + back * 365 + rng.integers(5, 179, len(drawn))
    open_then = (base >= firms.opened[drawn]) & (base <= firms.closed[drawn])
    return drawn[open_then], base[open_then]


def _outcome(rng: np.random.Generator, outcome: Outcome | None, risk: Floats) -> tuple[Ints, Column]:
    n = len(risk)
    if outcome is None:
        return np.full(n, NULL), np.zeros(n, dtype=np.bool_)
    bad = chance(rng, outcome.at + outcome.slope * risk)
    bad_code = np.array([RESULTS.index(c) for c in outcome.bad])[draw(rng, list(outcome.bad.values()), n)]
    good_code = np.array([RESULTS.index(c) for c in outcome.good])[draw(rng, list(outcome.good.values()), n)]
    return np.where(bad, bad_code, good_code), bad


def _occasion(rng: np.random.Generator, risk: Floats, kind: Ints) -> Ints:
    """Why each visit took place, likelier a targeted one where risk is high; other records have none."""
    share, slope = np.array(list(OCCASIONS.values())).T
    steps = np.cumsum(share * np.exp(np.outer(risk, slope)), axis=1)
    drawn: Ints = (rng.random(len(risk)) * steps[:, -1] >= steps.T).sum(axis=0)
    return np.where(kind == KINDS.index("inspection"), drawn, NULL)


def _severity(rng: np.random.Generator, stream: Stream, risk: Floats, bad: Column) -> Ints:
    """Severity by weights, graver where risk is high; visits and tests have one only where something was found."""
    graver = rng.random(len(risk)) ** np.exp(-0.25 * np.maximum(risk, 0))
    if stream.severity is not None:
        return cut(graver, stream.severity)
    found = bad & (stream.kind in ("inspection", "sampling_test"))
    return np.where(found, cut(graver, (0.62, 0.33, 0.05)), NULL)


def _trade_field(rng: np.random.Generator, firms: Firms, firm: Ints) -> Ints:
    """A field of the enterprise's trade (85 %), or any."""
    own = TRADE_FIELDS[firms.industry[firm], draw(rng, (0.6, 0.25, 0.15), len(firm))]
    return np.where(rng.random(len(firm)) < 0.85, own, rng.integers(0, len(FIELDS), len(firm)))


def _published(stream: Stream, severity: Ints, base: Days) -> Days:
    days = np.array([*stream.publish, 0])[severity]
    return day_where(days > 0, after(base, days))


def _past(chunk: Chunk, rng: np.random.Generator, base: Days, span: tuple[int, int], share: float) -> Days:
    """A later day for ``share`` of the records, null where it would lie after the plan's day."""
    day = after(base, rng.integers(*span, len(base)))
    return day_where((rng.random(len(base)) < share) & (day <= chunk.as_of), day)


def _amount(rng: np.random.Generator, stream: Stream, severity: Ints) -> Ints:
    """Amounts in fen, log-normal around the median of the severity, in whole 100 yuan; -1 where there is none (a warning only)."""
    if stream.fen is None:
        return np.full(len(severity), NULL)
    median = np.array(stream.fen)[severity]
    drawn = (median * np.exp(rng.normal(0, 0.9, len(severity))) / 10_000).astype(np.int64) * 10_000
    warning_only = (severity == 0) & (rng.random(len(severity)) < 0.35)
    return np.where(warning_only | (drawn == 0), NULL, np.minimum(drawn, 10**11))


def _value(rng: np.random.Generator, stream: Stream, risk: Floats) -> Ints:
    """Public credit scores in hundredths (mean about 850.00 of 1000), -1 for other kinds."""
    if stream.kind != "public_credit_score":
        return np.full(len(risk), NULL)
    return (np.clip(850 - 45 * risk + rng.normal(0, 22, len(risk)), 406, 960) * 100).astype(
        np.int64
    )  # range: Zhejiang 2018


def _procedure(rng: np.random.Generator, chunk: Chunk, block: Block) -> Block:
    """What only decisions have: service, finality, contest, procedure and, for penalties, restoration."""
    n, base, severity = len(block["kind"]), block["base"], block["severity"]
    penalty, order = block["kind"] == PENALTY, block["kind"] == KINDS.index("rectification_order")
    served = day_where(penalty | order, after(base, rng.integers(1, 8, n)))
    disputes = draw(rng, (0.93, 0.015, 0.01, 0.025, 0.006, 0.008, 0.006), n)
    decided_long_ago = (base < after(chunk.as_of, -400)) & np.isin(disputes, (1, 2))
    contest = np.where(penalty, np.where(decided_long_ago, CONTESTS.index("upheld"), disputes), NULL)
    summary = cut(rng.random(n), (0.55, 0.40, 0.05))
    procedure = np.where(
        penalty, np.where(severity == 0, summary, cut(rng.random(n), (0.98, 0.0, 0.02))), NULL
    )
    final = penalty & (contest == 0) & (rng.random(n) < 0.6)
    restored = np.where(
        severity == 1, _past(chunk, rng, base, (95, 360), 0.3), _past(chunk, rng, base, (380, 1000), 0.25)
    )
    return {
        "served_on": served,
        "contest": contest,
        "procedure": procedure,
        "final_on": day_where(
            final | (contest == 3), after(served, np.where(contest == 3, 240, FINALITY_DAYS))
        ),
        "restored_on": day_where(penalty & (severity > 0), restored),
    }


def _labelled(rng: np.random.Generator, firms: Firms, codes: Block) -> pd.DataFrame:
    """The canonical frame of a block in codes; days after the base day are the days on which it became known."""
    n, base, severity = len(codes["kind"]), codes["base"], codes["severity"]
    penalty = codes["kind"] == PENALTY
    decided = codes["decided"]
    found = np.where(
        penalty | (codes["kind"] == KINDS.index("rectification_order")), after(base, -codes["lead"]), NAT
    )
    note = np.where((codes["kind"] == 0) & (rng.random(n) < 0.02), codes["lag"] % len(NOTES), NULL)
    return table(
        {
            "enterprise_id": firms.id.take(codes["firm"]),
            "kind": labels(KINDS, codes["kind"]),
            "field": labels(FIELDS, codes["field"]),
            "result": labels(RESULTS, codes["result"]),
            "severity": labels(SEVERITIES, severity),
            "info_class": labels(SEVERITIES, np.where(penalty, severity, NULL)),
            "scope": labels(["own"], np.zeros(n, dtype=np.int64)),
            "occasion": labels(list(OCCASIONS), codes["occasion"]),
            "occurred_on": np.where(decided, found, base),
            "decided_on": day_where(decided, base),
            "contest": labels(CONTESTS, codes["contest"]),
            "procedure": labels(PROCEDURES, codes["procedure"]),
            "amount_fen": whole(codes["amount"], codes["amount"] > NULL),
            "value_x100": whole(codes["value"], codes["value"] > NULL),
            "authority": labels(AUTHORITIES, codes["authority"]),
            "document_no": _document_numbers(codes),
            "officer_note": labels(NOTES, note),
            "source": labels(["synthetic"], np.zeros(n, dtype=np.int64)),
            "known_on": after(base, codes["lag"]),
        }
        | {
            name: codes[name]
            for name in ("served_on", "final_on", "publish_until", "restored_on", "withdrawn_on")
        },
        RECORD_COLUMNS,
        n,
    )


def _document_numbers(codes: Block) -> Column:
    """Numbers like 虚衢市监罚〔2025〕000123号: unlike within a chunk, null for visits and other records without a decision."""
    marks = labels([s.mark for s in STREAMS], codes["kind"])
    years = codes["base"].astype("datetime64[Y]").astype(np.int64) + 1970
    text = (
        labels(MARKS, codes["authority"])
        + marks
        + "〔"
        + numbers(years, 4)
        + "〕"
        + numbers(np.arange(len(years)), 6)
        + "号"
    )
    return labels(["", None], np.where(codes["numbered"], 0, NULL)) + text

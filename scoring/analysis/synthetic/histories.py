"""Records of one chunk: per kind a Poisson stream that follows the latent risk.

All is drawn in codes and labelled at the end.
"""

from __future__ import annotations

from itertools import chain, product

import numpy as np
import pandas as pd

from scoring.analysis.synthetic.columns import (
    NAT,
    NULL,
    Column,
    Days,
    Floats,
    Ints,
    Rng,
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
from scoring.analysis.synthetic.places import DEPARTMENTS, DISTRICTS, FIELDS, INDUSTRIES, Industry
from scoring.analysis.synthetic.plan import Chunk
from scoring.analysis.synthetic.streams import OCCASIONS, STREAMS, Outcome, Stream
from scoring.entities import FICTITIOUS_SOURCE, RECORD_COLUMNS

MEAN_OPEN = 0.79
"""Mean of ``time_open`` below, by measuring: with it ``records_per`` is an average."""


def _result_codes(stream: Stream) -> tuple[str, ...]:
    return (*stream.outcome.bad, *stream.outcome.good) if stream.outcome else ()


def _trade_fields(industry: Industry) -> list[int]:
    return [FIELDS.index(field) for field in industry.fields]


KINDS = [stream.kind for stream in STREAMS]
SEVERITIES = ("minor", "general", "serious")
ACCIDENTS = ("ordinary_accident", "larger_accident", "major_accident")
SCORE_GRADES = ("grade_d", "grade_c", "grade_b", "grade_a")
RESULTS = sorted({*chain.from_iterable(map(_result_codes, STREAMS)), *ACCIDENTS, *SCORE_GRADES})
CONTESTS = ("none", "review", "lawsuit", "upheld", "altered", "annulled", "unknown")
PROCEDURES = ("ordinary", "summary", "unknown")

# Every division has each department and a court; the city has them too, for functional zones.
COURT = len(DEPARTMENTS)
_PLACE_NAMES = [*(district.name for district in DISTRICTS), "衢州市"]
_OFFICE_NAMES = [*(department.name for department in DEPARTMENTS), "人民法院"]
_PLACE_MARKS = [*(district.mark for district in DISTRICTS), "直"]
_OFFICE_MARKS = [*(department.mark for department in DEPARTMENTS), "法"]
AUTHORITIES = [f"{place}虚构{office}" for place, office in product(_PLACE_NAMES, _OFFICE_NAMES)]
MARKS = [f"虚{place}{office}" for place, office in product(_PLACE_MARKS, _OFFICE_MARKS)]
_FIELDS_OF_OFFICE = [len(department.fields) for department in DEPARTMENTS]
OFFICE_OF_FIELD = np.repeat(np.arange(COURT), _FIELDS_OF_OFFICE)
TRADE_FIELDS = np.array([_trade_fields(industry) for industry in INDUSTRIES])
COURT_KINDS = ("judgment_default", "criminal_judgment", "compulsory_enforcement")
NOTES = ("虚构备注：现场核查情况见检查表。", "虚构备注：负责人不在场，已电话告知。")
FINALITY_DAYS = 184
ACCIDENT_LEVELS = np.array([RESULTS.index(level) for level in ACCIDENTS])
PENALTY = KINDS.index("administrative_penalty")
ORDER = KINDS.index("rectification_order")

Block = dict[str, Column]
"""Records in codes, -1 being null: canonical columns, and besides them

``firm`` (row of the enterprise), ``base`` (day of the record), ``lag`` (days until it became known), ``lead`` (days
back to when it was discovered), ``decided`` and ``numbered`` (whether it is a decision, and has a number).
"""


def make_records(chunk: Chunk, firms: Firms) -> pd.DataFrame:
    """Canonical records, about ``records_per`` an enterprise, without ids, in the order of the streams."""
    rng = chunk.rng(1)
    blocks = [_block(rng, chunk, firms, kind) for kind in range(len(STREAMS))]
    codes = _joined(blocks)
    codes["occasion"] = _occasion(chunk.rng(4), firms.risk[codes["firm"]], codes["kind"])
    return _labelled(rng, firms, codes)


def _joined(blocks: list[Block]) -> Block:
    columns: Block = {}
    for name in blocks[0]:
        columns[name] = np.concatenate([block[name] for block in blocks])
    return columns


def _block(rng: Rng, chunk: Chunk, firms: Firms, kind: int) -> Block:
    """All records of one kind, in codes."""
    # The order of the draws is part of what a seed gives: a draw that moves changes every district.
    stream = STREAMS[kind]
    drawn = _yearly if stream.annual else _spread
    firm, base = drawn(rng, chunk, firms, stream)
    count, risk = len(firm), firms.risk[firm]
    result, bad = _outcome(rng, stream.outcome, risk)
    severity = _severity(rng, stream, risk, bad)
    field = _field(rng, stream, firms, firm)
    if stream.kind == "accident":
        # The law has levels of accidents and no severities of them.
        result, severity = ACCIDENT_LEVELS[severity], np.full(count, NULL)
    office = np.full(count, COURT) if stream.kind in COURT_KINDS else OFFICE_OF_FIELD[field]
    block: Block = {
        "kind": np.full(count, kind),
        "firm": firm,
        "field": field,
        "result": result,
        "severity": severity,
        "authority": firms.district[firm] * (COURT + 1) + office,
        "base": base,
        "decided": np.full(count, bool(stream.mark) or stream.annual),
        "numbered": np.full(count, bool(stream.mark)),
        "lag": rng.integers(1, 8, count),
        "lead": rng.integers(5, 120, count),
        "publish_until": _published(stream, severity, base),
        "withdrawn_on": _later_day(chunk, rng, base, (30, 400), stream.lifted),
        "amount": _amount(rng, stream, severity),
        "value": _value(rng, stream, risk),
    }
    if stream.kind == "public_credit_score":
        block["result"] = _score_grade(block["value"])
    return block | _procedure(rng, chunk, block)


def _rate(plan_rate: float, stream: Stream, firms: Firms) -> Floats:
    """Expected records of a stream per enterprise."""
    # exp(slope·z - slope²/2) has mean 1 for a standard normal z.
    tilt = np.exp(stream.slope * firms.risk - stream.slope**2 / 2)
    # The root: newcomers are visited and licensed first.
    time_open = np.sqrt((firms.closed - firms.opened).astype(np.int64) / SPAN)
    mean = MEAN_OPEN * (1 - THIN)
    rate: Floats = plan_rate * stream.share * firms.activity * tilt * time_open / mean
    return rate


def _spread(rng: Rng, chunk: Chunk, firms: Firms, stream: Stream) -> tuple[Ints, Days]:
    """Enterprise and day of each record, on any day on which the enterprise is open."""
    rate = _rate(chunk.plan.records_per, stream, firms)
    firm = np.repeat(np.arange(chunk.size), rng.poisson(rate))
    days_open = (firms.closed[firm] - firms.opened[firm]).astype(np.int64) + 1
    return firm, after(firms.opened[firm], (rng.random(len(firm)) * days_open).astype(np.int64))


def _yearly(rng: Rng, chunk: Chunk, firms: Firms, stream: Stream) -> tuple[Ints, Days]:
    """At most one a calendar year, dated January to June, while the enterprise is open."""
    rate = _rate(chunk.plan.records_per, stream, firms)
    firm, year = np.nonzero(rng.random((chunk.size, 4)) < np.minimum(rate, 4.0)[:, None] / 4)
    first_day = np.datetime64(f"{chunk.plan.as_of.year - 3}-01-01")
    base = first_day + year * 365 + rng.integers(5, 179, len(firm))
    open_then = (base >= firms.opened[firm]) & (base <= firms.closed[firm])
    return firm[open_then], base[open_then]


def _outcome(rng: Rng, outcome: Outcome | None, risk: Floats) -> tuple[Ints, Column]:
    """Result codes, and whether each is a bad one."""
    count = len(risk)
    if outcome is None:
        return np.full(count, NULL), np.zeros(count, dtype=np.bool_)
    bad = chance(rng, outcome.at + outcome.slope * risk)
    bad_codes = np.array([RESULTS.index(code) for code in outcome.bad])
    good_codes = np.array([RESULTS.index(code) for code in outcome.good])
    bad_result = bad_codes[draw(rng, list(outcome.bad.values()), count)]
    good_result = good_codes[draw(rng, list(outcome.good.values()), count)]
    return np.where(bad, bad_result, good_result), bad


def _occasion(rng: Rng, risk: Floats, kind: Ints) -> Ints:
    """Why each visit took place, likelier targeted where risk is high; null for other records."""
    share, slope = np.array(list(OCCASIONS.values())).T
    steps = np.cumsum(share * np.exp(np.outer(risk, slope)), axis=1)
    occasion: Ints = (rng.random(len(risk)) * steps[:, -1] >= steps.T).sum(axis=0)
    return np.where(kind == KINDS.index("inspection"), occasion, NULL)


def _severity(rng: Rng, stream: Stream, risk: Floats, bad: Column) -> Ints:
    """Severity by weights, graver where risk is high; of visits and tests only the bad ones have any."""
    # A smaller power of a uniform number is larger, and larger numbers are cut into graver severities.
    graver = rng.random(len(risk)) ** np.exp(-0.25 * np.maximum(risk, 0))
    if stream.severity is not None:
        return cut(graver, stream.severity)
    has_findings = bad & (stream.kind in ("inspection", "sampling_test"))
    return np.where(has_findings, cut(graver, (0.62, 0.33, 0.05)), NULL)


def _field(rng: Rng, stream: Stream, firms: Firms, firm: Ints) -> Ints:
    """The field of the stream; without one a field of the enterprise's trade (85 %), or any."""
    if stream.field:
        return np.full(len(firm), FIELDS.index(stream.field))
    of_trade = TRADE_FIELDS[firms.industry[firm], draw(rng, (0.6, 0.25, 0.15), len(firm))]
    is_of_trade = rng.random(len(firm)) < 0.85
    return np.where(is_of_trade, of_trade, rng.integers(0, len(FIELDS), len(firm)))


def _published(stream: Stream, severity: Ints, base: Days) -> Days:
    """Last day of publicity; the 0 at the end serves records without a severity."""
    days = np.array([*stream.publish, 0])[severity]
    return day_where(days > 0, after(base, days))


def _later_day(chunk: Chunk, rng: Rng, base: Days, span: tuple[int, int], share: float) -> Days:
    """A later day for ``share`` of the records, null where it would lie after the plan's day."""
    day = after(base, rng.integers(*span, len(base)))
    return day_where((rng.random(len(base)) < share) & (day <= chunk.as_of), day)


def _amount(rng: Rng, stream: Stream, severity: Ints) -> Ints:
    """Amounts in fen, log-normal around the median of the severity, in whole 100 yuan."""
    if stream.fen is None:
        return np.full(len(severity), NULL)
    median = np.array(stream.fen)[severity]
    amount = (median * np.exp(rng.normal(0, 0.9, len(severity))) / 10_000).astype(np.int64) * 10_000
    warning_only = (severity == 0) & (rng.random(len(severity)) < 0.35)
    return np.where(warning_only | (amount == 0), NULL, np.minimum(amount, 10**11))


def _value(rng: Rng, stream: Stream, risk: Floats) -> Ints:
    """Public credit scores in hundredths (mean about 850.00 of 1000), -1 for other kinds."""
    if stream.kind != "public_credit_score":
        return np.full(len(risk), NULL)
    # The range is that of Zhejiang in 2018.
    score = np.clip(850 - 45 * risk + rng.normal(0, 22, len(risk)), 406, 960)
    return (score * 100).astype(np.int64)


def _score_grade(value: Ints) -> Ints:
    """The grade of a public credit score; its edges are this generator's own."""
    grades = np.array([RESULTS.index(grade) for grade in SCORE_GRADES])
    codes: Ints = grades[np.searchsorted([70_000, 78_000, 86_000], value, side="right")]
    return codes


def _procedure(rng: Rng, chunk: Chunk, block: Block) -> Block:
    """What only decisions have: service, finality, contest, procedure; and restoration of penalties."""
    count, base, severity = len(block["kind"]), block["base"], block["severity"]
    penalty, order = block["kind"] == PENALTY, block["kind"] == ORDER
    served = day_where(penalty | order, after(base, rng.integers(1, 8, count)))
    disputes = draw(rng, (0.93, 0.015, 0.01, 0.025, 0.006, 0.008, 0.006), count)
    # A review or a lawsuit of more than a year ago is over.
    decided_long_ago = (base < after(chunk.as_of, -400)) & np.isin(disputes, (1, 2))
    contests = np.where(decided_long_ago, CONTESTS.index("upheld"), disputes)
    contest = np.where(penalty, contests, NULL)
    minor = cut(rng.random(count), (0.55, 0.40, 0.05))
    graver = cut(rng.random(count), (0.98, 0.0, 0.02))
    procedure = np.where(penalty, np.where(severity == 0, minor, graver), NULL)
    undisputed_final = penalty & (contest == 0) & (rng.random(count) < 0.6)
    general_restored = _later_day(chunk, rng, base, (95, 360), 0.3)
    serious_restored = _later_day(chunk, rng, base, (380, 1000), 0.25)
    restored = np.where(severity == 1, general_restored, serious_restored)
    days_to_final = np.where(contest == 3, 240, FINALITY_DAYS)
    return {
        "served_on": served,
        "contest": contest,
        "procedure": procedure,
        "final_on": day_where(undisputed_final | (contest == 3), after(served, days_to_final)),
        "restored_on": day_where(penalty & (severity > 0), restored),
    }


def _labelled(rng: Rng, firms: Firms, codes: Block) -> pd.DataFrame:
    """The canonical frame of a block in codes."""
    count, base, kind = len(codes["kind"]), codes["base"], codes["kind"]
    penalty, decided = kind == PENALTY, codes["decided"]
    discovered = np.where(penalty | (kind == ORDER), after(base, -codes["lead"]), NAT)
    has_note = (kind == KINDS.index("inspection")) & (rng.random(count) < 0.02)
    days = ("served_on", "final_on", "publish_until", "restored_on", "withdrawn_on")
    return table(
        {
            "enterprise_id": firms.id.take(codes["firm"]),
            "kind": labels(KINDS, kind),
            "field": labels(FIELDS, codes["field"]),
            "result": labels(RESULTS, codes["result"]),
            "severity": labels(SEVERITIES, codes["severity"]),
            "info_class": labels(SEVERITIES, np.where(penalty, codes["severity"], NULL)),
            "scope": labels(["own"], np.zeros(count, dtype=np.int64)),
            "occasion": labels(list(OCCASIONS), codes["occasion"]),
            "occurred_on": np.where(decided, discovered, base),
            "decided_on": day_where(decided, base),
            "contest": labels(CONTESTS, codes["contest"]),
            "procedure": labels(PROCEDURES, codes["procedure"]),
            "amount_fen": whole(codes["amount"], codes["amount"] > NULL),
            "value_x100": whole(codes["value"], codes["value"] > NULL),
            "authority": labels(AUTHORITIES, codes["authority"]),
            "document_no": _document_numbers(codes),
            "officer_note": labels(NOTES, np.where(has_note, codes["lag"] % len(NOTES), NULL)),
            "source": labels([FICTITIOUS_SOURCE], np.zeros(count, dtype=np.int64)),
            "known_on": after(base, codes["lag"]),
            **{name: codes[name] for name in days},
        },
        RECORD_COLUMNS,
        count,
    )


def _document_numbers(codes: Block) -> Column:
    """Numbers like 虚衢市监罚〔2025〕000123号, each once in a chunk; null for what has no number."""
    departments = labels(MARKS, codes["authority"])
    kinds = labels([stream.mark for stream in STREAMS], codes["kind"])
    years = numbers(codes["base"].astype("datetime64[Y]").astype(np.int64) + 1970, 4)
    serials = numbers(np.arange(len(codes["kind"])), 6)
    text = departments + kinds + "〔" + years + "〕" + serials + "号"
    return labels(["", None], np.where(codes["numbered"], 0, NULL)) + text

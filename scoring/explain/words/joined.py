"""How the records of an enterprise stand to each other, in sentences for itself and for officers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import chain
from operator import itemgetter
from typing import Any

from scoring.entities import EVIDENCE_OF_MATTER, LawArticle, RelationSet
from scoring.explain.words.figures import labels, prose_day
from scoring.explain.words.reason_lines import is_telling
from scoring.policy.read.instruments import instruments
from scoring.rules.wording import LANGUAGES, both, say

Both = dict[str, str]
Record = Mapping[str, Any]


def joined_words(records: Sequence[Record], relations: RelationSet | None, as_of: date) -> Iterator[Both]:
    """What followed from whom, which passed re-checks close nothing, and what lacks every field to be joined by.

    Args:
        records: Versions of the records of an enterprise, with what linking adds.
        relations: How records stand to each other; ``None``: there is nothing to say.
        as_of: The day: only what is believed on it is told.
    """
    if relations is None:
        return
    present = [record for record in records if _is_present(record, as_of)]
    yield from _inherited(present, relations)
    own_records = [record for record in present if record["inherited_from"] is None]
    for record in own_records:
        if record["open_findings"] is not None:
            yield _not_attributed(record)
    yield from _unjoined(own_records, relations)


def _is_present(record: Record, as_of: date) -> bool:
    known_on, known_until = record["known_on"], record["known_until"]
    is_believed = known_on is not None and known_on <= as_of and (known_until is None or as_of < known_until)
    return is_believed and record["scope"] != "branch"


def _inherited(records: Sequence[Record], relations: RelationSet) -> Iterator[Both]:
    """A sentence for each predecessor, way and day, with how many records followed and by which articles."""
    groups: dict[tuple[str, str, date], list[Record]] = defaultdict(list)
    for record in records:
        if predecessor := record["inherited_from"]:
            groups[predecessor, record["inherited_by"] or "", record["inherited_on"]].append(record)
    for (predecessor, taken, day), followed in sorted(groups.items()):
        ways = tuple(taken.split())
        articles: dict[LawArticle, None] = {}
        for record in followed:
            articles |= dict.fromkeys(relations.rules_behind(record["kind"], record["result"], ways))
        names = [labels("results", way) or {} for way in ways] or [both("joined_by_unsaid")]
        yield both(
            "joined_inherited",
            day=prose_day(day),
            predecessor=predecessor,
            n=len(followed),
            how=_listed(names),
            articles=_listed([_article(article) for article in articles]),
        )


def _listed(parts: Sequence[Mapping[str, str]]) -> Both:
    return {lang: say(lang, "d_and").join(map(itemgetter(lang), parts)) for lang in LANGUAGES}


def _article(article: LawArticle) -> Both:
    title = instruments()[article.instrument].title.model_dump()
    return both("joined_article", title=title, article=article.article)


def _not_attributed(record: Record) -> Both:
    """That a passed re-check closes nothing, and why."""
    day = record["decided_on"] or record["occurred_on"]
    authority = record["authority"]
    shown: list[Mapping[str, str]] = []
    if field := labels("fields", record["field"]):
        shown.append(field)
    if authority:
        shown.append(dict.fromkeys(map(str, LANGUAGES), str(authority)))
    kind = labels("kinds", record["kind"]) or {}
    said = both("h_detailed", kind=kind, details=_listed(shown)) if shown else dict(kind)
    what = both("why_happened", what=said, on=prose_day(day))
    if record["open_findings"] == 0:
        return both("joined_nothing", what=what)
    whom = authority or both("joined_its_authority")
    return both("joined_several", what=what, n=record["open_findings"], whom=whom)


def _unjoined(records: Sequence[Record], relations: RelationSet) -> Iterator[Both]:
    """A sentence for each source of which records lack every field to be joined by."""
    by_source: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        if record["kind"] in relations.matter.kinds:
            by_source[record["source"] or ""].append(record)
    for source, of_source in sorted(by_source.items()):
        lacking = [tuple(_lacking(record)) for record in of_source]
        times = Counter(chain.from_iterable(lacking))
        counts = {column: times[column] for column in EVIDENCE_OF_MATTER}
        all_missing = lacking.count(EVIDENCE_OF_MATTER)
        if all_missing:
            sentence = both("unjoined", records=len(of_source), all=all_missing, **counts)
            named = source or both("unjoined_unnamed")
            yield both("unjoined_of", source=named, sentence=sentence)


def _lacking(record: Record) -> Iterator[str]:
    """The fields by which a record could be joined and that it does not have."""
    for column in EVIDENCE_OF_MATTER:
        value = record[column]
        if value is None or (column != "matter_id" and not is_telling(value)):
            yield column

"""The law that policies rest on: every instrument, where it is used, how sure it is and how old."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Group
from rich.text import Text

from scoring.cli.show.run import heading, indented
from scoring.cli.show.terminal import Prose
from scoring.entities import Lang
from scoring.policy.watch import STALE_DAYS, Watched
from scoring.rules.wording import both, say


def law_lines(entries: Sequence[Watched], lang: Lang) -> Group:
    """Each instrument with its tag, its age, the number of distinct grounds and where it is used."""
    blocks = [line for entry in entries for line in _block(entry, lang)]
    return Group(*blocks, Prose(f"\n{totals(entries)[lang]}", "bold"), *_amendments(entries, lang))


def _block(entry: Watched, lang: Lang) -> Iterator[Text]:
    instrument = entry.instrument
    title = "" if instrument.title.zh == instrument.document else f"  {instrument.title.words[lang]}"
    yield Prose.from_parts((instrument.document, "bold"), title)
    checked_on = instrument.checked_on.isoformat()
    age = say(lang, "law_age", checked_on=checked_on, age=f"{entry.age:,}")
    known = [say(lang, f"v_tag_{instrument.tag}"), say(lang, f"law_verified_{instrument.verified}"), age]
    counted = say(lang, "law_grounds", n=entry.distinct)
    yield from indented([" · ".join([*known, counted])], 2, "bold red" if entry.is_stale else "")
    places = say(lang, "d_and").join(_places(entry))
    yield from indented([say(lang, "law_places", places=places)], 2, "dim")


def _places(entry: Watched) -> list[str]:
    counts = Counter(ground.where for ground in entry.grounds)
    return [f"{where} ×{count}" if count > 1 else where for where, count in sorted(counts.items())]


def _amendments(entries: Sequence[Watched], lang: Lang) -> Iterator[Text]:
    lines = [
        say(lang, "law_amended", document=entry.instrument.document, what=what.words[lang])
        for entry in entries
        for what in entry.instrument.amendments
    ]
    if lines:
        yield heading(say(lang, "law_amendments"))
        yield from indented(lines, 2)


def totals(entries: Sequence[Watched]) -> dict[str, str]:
    """How many instruments and distinct grounds there are, and how many somebody must look at."""
    return dict(
        both(
            "law_totals",
            instruments=len(entries),
            grounds=sum(entry.distinct for entry in entries),
            stale=sum(entry.is_stale for entry in entries),
            days=STALE_DAYS,
            unread=sum(bool(entry.instrument.amendments) for entry in entries),
        )
    )


def law_json(entries: Sequence[Watched]) -> dict[str, Any]:
    """The same as JSON."""
    return {"instruments": [_plain(entry) for entry in entries], "summary": totals(entries)}


def _plain(entry: Watched) -> dict[str, Any]:
    return {
        **entry.instrument.model_dump(mode="json", exclude_none=True),
        "age": entry.age,
        "stale": entry.is_stale,
        "grounds": entry.distinct,
        "used": [vars(ground) for ground in entry.grounds],
    }


def law_warnings(entries: Sequence[Watched], lang: Lang) -> list[str]:
    """What ``policy check`` says of the law: what is stale, what is unread, what nobody has looked up."""
    return [f"{words[lang]} [{code}]" for entry in entries for code, words in _warnings(entry)]


def _warnings(entry: Watched) -> Iterator[tuple[str, dict[str, str]]]:
    instrument = entry.instrument
    named: dict[str, Any] = {"document": instrument.document, "title": instrument.title.words}
    if entry.is_stale:
        checked_on = instrument.checked_on.isoformat()
        yield "law_stale", dict(both("law_stale", **named, checked_on=checked_on, age=entry.age))
    for what in instrument.amendments:
        yield "law_unread", dict(both("law_unread", **named, what=what.words))
    if instrument.tag in ("recalled", "not_confirmed"):
        tag = both(f"v_tag_{instrument.tag}")
        yield "law_unverified", dict(both("law_unverified", **named, tag=tag))

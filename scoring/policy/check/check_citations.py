"""Checks of citations: a role, an article or openly none, an instrument once, and a use that is empowered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import NamedTuple

from scoring.policy.check.subject import Subject, nearest
from scoring.policy.language.legal import EVERYBODY, Legal, is_article
from scoring.policy.language.schema import Condition
from scoring.policy.read.finding import Finding, TomlPath
from scoring.policy.read.instruments import authorities, instruments, owners
from scoring.rules.wording import LANGUAGES, both


def check_roles(subject: Subject) -> Iterator[Finding]:
    """Every citation says whether it is the ground of a fact or of its use."""
    for position, citation in enumerate(subject.policy.legal):
        if citation.role is None:
            yield subject.finding("role_missing", ("legal", position), entry=citation.id)


def check_articles(subject: Subject) -> Iterator[Finding]:
    """What is given as an article has the form of one."""
    for position, citation in enumerate(subject.policy.legal):
        if citation.article is not None and not is_article(citation.article):
            yield subject.finding(
                "not_an_article",
                ("legal", position, "article"),
                entry=citation.id,
                article=citation.article,
            )


def check_instruments(subject: Subject) -> Iterator[Finding]:
    """No instrument of ``rules/law`` is typed again, and authorities exist."""
    by_document = {instrument.document: name for name, instrument in instruments().items()}
    for position, citation in enumerate(subject.policy.legal):
        if citation.instrument is None and citation.document in by_document:
            yield subject.finding(
                "instrument_again",
                ("legal", position, "document"),
                document=citation.document,
                instrument=by_document[citation.document],
            )
        for name in set(citation.empowers or ()) - set(authorities()):
            near = nearest(name, authorities())
            yield subject.finding(
                "unknown_authority",
                ("legal", position, "empowers"),
                entry=citation.id,
                name=name,
                near=near,
            )


class _Decides(NamedTuple):
    """Something that decides: its place, its id, what it cites and whose records it looks at."""

    toml_path: TomlPath
    name: str
    cited: tuple[str, ...]
    owners: set[str]


def check_use(subject: Subject) -> Iterator[Finding]:
    """What decides cites a ground of use that empowers the authorities whose records it looks at."""
    by_id = {citation.id: citation for citation in subject.policy.legal}
    example = next((name for name, citation in by_id.items() if citation.role == "use"), "business_53")
    for deciding in _deciding(subject):
        uses = [by_id[name] for name in deciding.cited if name in by_id and by_id[name].role == "use"]
        if deciding.cited and not uses:
            yield subject.finding("no_ground_of_use", deciding.toml_path, name=deciding.name, entry=example)
        elif uses and (left_out := deciding.owners - _empowered(uses)):
            yield subject.finding(
                "use_not_empowered", deciding.toml_path, name=deciding.name, owners=_words(left_out)
            )


def _deciding(subject: Subject) -> Iterator[_Decides]:
    """Everything that gives points or decides a band; what cites nothing at all is told elsewhere."""
    for toml_path, indicator in subject.indicators():
        if indicator.direction == "adverse" or any([indicator.unknown, *indicator.points_by_value]):
            yield _Decides(toml_path, indicator.id, indicator.legal, owners(indicator.select))
    for toml_path, rule in subject.rules():
        whose = _owners_tested(subject, (*rule.all, *rule.any))
        yield _Decides(toml_path, rule.id, rule.legal, whose)


def _owners_tested(subject: Subject, conditions: Iterable[Condition]) -> set[str]:
    """The authorities whose records, or whose attributes of an enterprise, some conditions test."""
    selects = {indicator.id: indicator.select for indicator in subject.policy.indicators}
    whose: set[str] = set()
    for condition in conditions:
        if condition.indicator in selects:
            whose |= owners(selects[condition.indicator])
        whose |= {name for name, one in authorities().items() if condition.enterprise in one.attributes}
    return whose


def _empowered(uses: Iterable[Legal]) -> set[str]:
    named: set[str] = set()
    for citation in uses:
        named |= set(citation.empowers or ())
    return set(authorities()) if EVERYBODY in named else named


def _words(names: set[str]) -> dict[str, str]:
    """Authorities as a sentence names them."""
    left_out = [authorities()[name].words for name in sorted(names)]
    joint = both("d_and")
    return {lang: joint[lang].join(map(itemgetter(lang), left_out)) for lang in LANGUAGES}

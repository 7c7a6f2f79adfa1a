"""The instruments of ``rules/law`` and all that rests on them: each once, in the form of law, with a role."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from worlds import make_policy

from scoring.administration.casework.procedures import procedures
from scoring.entities import codes
from scoring.policy.check.checks import check_all
from scoring.policy.language.legal import Legal, LegalInstrument, is_article
from scoring.policy.language.schema import Policy, Select
from scoring.policy.law.applied import law_of, load_law, policy_content
from scoring.policy.law.finality import finality_ids, load_finality
from scoring.policy.law.relations import load_relations, relation_ids
from scoring.policy.law.retention import read_instrument, retention_ids
from scoring.policy.load import list_policies, load_policy
from scoring.policy.read import instruments as registry
from scoring.policy.resolved import ResolvedPolicy, resolve
from scoring.rules import FINALITY, POLICIES, RETENTION

POLICIES_SHIPPED = list_policies()
NUMBERS = re.compile(r"〔(\d{4})〕\d+号|公告(\d{4})年第\d+号|令第\d+号")
"""How documents are numbered; one that is cited by its name has no number."""
BEFORE = (
    '{"erase":[],"exit":[],"legal":{"article":"公示期限各条","document":"某令第1号","id":"old",'
    '"issued_on":"2023-01-13","permits":[],"tag":"found","title":{"en":"Old","zh":"旧办法"}},'
    '"use":[{"article":"公示期限各条","id":"old_use","kinds":["honour"],"months":36,"tag":"recalled"}]}'
)
"""An instrument of the law of use as stores keep it from before roles were told."""
DESCRIBED = set(registry.FILLED_IN)


def name_of(version: ResolvedPolicy) -> str:
    """A policy as it is written."""
    return f"{version.policy.id}@{version.policy.version}"


def citations() -> Iterator[tuple[str, Legal]]:
    """Every citation that is shipped, with where it stands."""
    for version in POLICIES_SHIPPED:
        for citation in version.policy.legal:
            yield name_of(version), citation
    for profile_id in finality_ids():
        for citation in load_finality(profile_id).legal:
            yield f"finality/{profile_id}", citation
    for file_id in retention_ids():
        yield f"retention/{file_id}", read_instrument(file_id).legal


def files() -> list[Path]:
    """The rule files that cite."""
    policies = [path for path in POLICIES.glob("*/*.toml") if path.name != "register.toml"]
    return sorted([*policies, *FINALITY.glob("*.toml"), *RETENTION.glob("*.toml")])


def cited_in(path: Path) -> list[dict[str, Any]]:
    """The citations of a file as they are written there."""
    legal = tomllib.loads(path.read_text(encoding="utf-8")).get("legal", [])
    return [legal] if isinstance(legal, dict) else legal


def inherited(path: Path) -> set[str]:
    """Ids of the citations of the released version that a file extends."""
    extended = tomllib.loads(path.read_text(encoding="utf-8")).get("extends")
    return {entry.id for entry in load_policy(extended, None).policy.legal} if extended else set()


@pytest.mark.parametrize("instrument", registry.instruments().values(), ids=lambda one: one.id)
def test_instruments_are_sound(instrument: LegalInstrument) -> None:
    """Dates are in order, a year in the number is that of the issue, and nothing is found that was recalled."""
    days = [getattr(instrument, key) for key in ("issued_on", "published_on", "effective_on", "repealed_on")]
    given = [day for day in days if day is not None]
    assert all(earlier <= later for earlier, later in pairwise(given))
    match = NUMBERS.search(instrument.document)
    years = [year for year in match.groups() if year] if match else []
    assert all(int(year) == instrument.issued_on.year for year in years)
    assert instrument.issued_on < instrument.checked_on
    assert not (instrument.tag == "found" and instrument.verified == "recalled")
    assert set(registry.authorities()) >= set(instrument.empowers)


def test_every_citation_is_that_of_its_instrument(capsys: pytest.CaptureFixture[str]) -> None:
    """Number, title and dates of every citation are those of ``rules/law``; it is told how each was verified."""
    used = Counter[str]()
    for where, citation in citations():
        instrument = registry.instruments()[str(citation.instrument)]
        for key in DESCRIBED:
            assert getattr(citation, key) == getattr(instrument, key), (where, citation.id, key)
        used[instrument.id] += 1
    for set_id in relation_ids():
        for rule in load_relations(set_id).succeeds:
            used.update(article.instrument for article in rule.legal)
    used.update(entry.basis.instrument for entry in procedures().values() if entry.basis.instrument)
    with capsys.disabled():
        print()
        for name, instrument in registry.instruments().items():
            known = f"{instrument.tag}, {instrument.verified}, {instrument.checked_on}"
            print(f"{used[name]:4} {instrument.document} {instrument.issued_on} [{known}]")
    assert set() == set(registry.instruments()) - set(used), "an instrument that nothing rests on"


def test_articles_have_the_form_of_articles() -> None:
    """Whatever is given as an article is one; what is none is openly to be checked."""
    bare = [(where, c.id, c.article) for where, c in citations() if c.article and not is_article(c.article)]
    for file_id in retention_ids():
        instrument = read_instrument(file_id)
        for rule in (*instrument.use, *instrument.erase, *instrument.exit):
            bare += (
                [(file_id, rule.id, rule.article)] if rule.article and not is_article(rule.article) else []
            )
    assert [] == bare


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("第十一条", True),
        ("第十一条第（二）项", True),
        ("第四十六条第一款", True),
        ("第一百零九条", True),
        ("第二条、第五条至第十条", True),
        ("二（三）14", True),
        ("第11条", False),
        ("提前移出各条", False),
        ("频次上限", False),
        ("第十三条；受理3个工作日", False),
        ("", False),
    ],
)
def test_form_of_articles(text: str, expected: bool) -> None:
    """Articles, paragraphs, items, lists and ranges of them and sections of a plan have the form, nothing else."""
    assert expected is is_article(text)


@pytest.mark.parametrize("path", files(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_no_instrument_is_typed_twice(path: Path) -> None:
    """A rule file names instruments by id; their numbers, titles and dates stand in ``rules/law`` alone."""
    of_base = inherited(path)
    for entry in cited_in(path):
        # what changes an entry of the base says what differs, and its role may stay
        assert ({"instrument"} if entry["id"] in of_base else {"instrument", "role"}) <= set(entry), entry
        assert set() == set(entry) & {*DESCRIBED, "url"}, entry


def test_instruments_stand_once() -> None:
    """No document and no title stands under two ids, but where a measure was issued anew."""
    documents = Counter(instrument.document for instrument in registry.instruments().values())
    titles = Counter(instrument.title.zh for instrument in registry.instruments().values())
    assert ([], []) == (
        [name for name, count in documents.items() if count > 1],
        [name for name, count in titles.items() if count > 1],
    )


def test_every_citation_has_a_role() -> None:
    """Every citation says whether it is the ground of the fact or of its use."""
    assert [] == [(where, citation.id) for where, citation in citations() if citation.role is None]


def test_uses_are_empowered() -> None:
    """The check of grounds of use finds nothing in what is shipped."""
    found = {"role_missing", "not_an_article", "no_ground_of_use", "use_not_empowered", "instrument_again"}
    assert set() == found & {finding.code for finding in check_all()}


@pytest.mark.parametrize("version", POLICIES_SHIPPED, ids=name_of)
def test_incentives_and_measures_rest_on_their_own_article(version: ResolvedPolicy) -> None:
    """What gives points rests on art. 22 of the Zhejiang regulation, what takes them never; art. 23 the reverse."""
    for indicator in version.policy.indicators:
        articles = {
            citation.article
            for citation in version.policy.cited(indicator.legal)
            if citation.instrument == "zj_credit" and citation.role == "use"
        }
        wrong = {"favourable": "第二十三条", "adverse": "第二十二条"}.get(indicator.direction)
        assert wrong not in articles, indicator.id


def test_the_registrar_alone_uses_its_own_article() -> None:
    """Art. 38 of the registration regulation is cited for records and attributes that the registrar keeps only."""
    for version in POLICIES_SHIPPED:
        by_id = {citation.id: citation for citation in version.policy.legal}
        for indicator in version.policy.indicators:
            if any(by_id[name].article == "第三十八条" for name in indicator.legal):
                assert {"registrar"} == registry.owners(indicator.select), indicator.id


@pytest.mark.parametrize(
    ("select", "whose"),
    [
        ({"kind": ("inspection",)}, {"all"}),
        ({"kind": ("inspection",), "field": ("food", "fire")}, {"market", "fire"}),
        ({"kind": ("tax_grade", "judgment_default")}, {"tax", "court"}),
        ({"kind": ("abnormal_operations_listing",)}, {"registrar"}),
    ],
)
def test_owners_of_records(select: dict[str, tuple[str, ...]], whose: set[str]) -> None:
    """A record is of the authority of its kind, else of its field, else of any."""
    assert whose == registry.owners(Select.model_validate(select))


def test_authorities_use_the_closed_lists() -> None:
    """Authorities speak of fields and kinds that exist, and every field is of one of them."""
    lists = registry.authorities().values()
    assert set(codes()["fields"]) == {field for one in lists for field in one.fields}
    assert set(codes()["kinds"]) >= {kind for one in lists for kind in one.kinds}


def test_hash_covers_what_the_policy_rests_on() -> None:
    """Another article or date changes the hash of the rules; a look at the instrument, or its address, does not."""
    version = next(version for version in POLICIES_SHIPPED if name_of(version) == "quzhou-demo@2026-04-01")
    first, *others = version.policy.legal
    for changes in ({"article": "第一条"}, {"issued_on": date(2020, 1, 1)}, {"role": "fact"}):
        changed = version.policy.model_copy(update={"legal": (first.model_copy(update=changes), *others)})
        assert version.rules_sha256 != resolve(changed).rules_sha256
    assert {"checked_on", "amendments", "url", "verified"} & DESCRIBED == set()
    assert set(LegalInstrument.model_fields) == {
        *DESCRIBED,
        "id",
        "checked_on",
        "amendments",
        "url",
        "verified",
    }


def test_rules_from_before_keep_their_hash() -> None:
    """A policy and a law that a store keeps from before roles were told read as they were, and as the same text."""
    policy = policy_content(make_policy())
    assert [] == [key for key in ("role", "instrument", "pinpoint", "empowers") if f'"{key}"' in policy]
    assert policy == policy_content(Policy.model_validate_json(policy))
    law = load_law("at-once").content.replace('"instruments":[]', f'"instruments":[{BEFORE}]')
    assert law == law_of(law).content

"""A record that a court hides: for others than the enterprise and its authority it has never been, on any surface."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from policy_forms import DAY, PolicyHarness, _enterprise, _write
from readers import AudienceClient, noon_of
from rich.console import Console
from stores import READER, ready
from worlds import indicator, make_policy, per_unit

from scoring.administration.results.colours import write_colours
from scoring.administration.results.kept import KeptReadings
from scoring.administration.results.pending_results import pending_proposals
from scoring.administration.results.reader import open_results
from scoring.administration.results.viewer import FIRM, Look, Viewer
from scoring.cli import show
from scoring.cli.show import reports
from scoring.entities import ENTERPRISE_COLUMNS, RECORD_COLUMNS
from scoring.explain.history.events import describe_changes
from scoring.explain.present import as_dict
from scoring.policy.resolved import resolve
from scoring.store.standing.matter_facts import MatterFacts
from scoring.store.tables.database import Database

WHO = "case:firm"
NUMBER, MASKED = "虚屏罚〔2026〕77号", "masked:1"
OWN, OTHER = "虚构市场局", "虚构税务局"
EVERYTHING = dict.fromkeys(("colour", "points", "reasons", "records"), True)
POLICY = make_policy(
    indicator("penalties", kind="administrative_penalty", direction="adverse", bins=per_unit(0, -20, -60)),
    indicator("honours", bins=per_unit(0, 10)),
    id="masking",
    audiences=dict.fromkeys(("enterprise", "inspector", "officer"), EVERYTHING)
    | {"public": {"colour": True}},
)
READERS = [
    ("enterprise", None, True),
    ("officer", OWN, True),
    ("officer", "虚构 市场局", True),
    ("officer", OTHER, False),
    ("officer", None, False),
    ("inspector", OTHER, False),
    ("inspector", None, False),
    ("public", None, False),
    ("public", OWN, False),
]
"""Audience, authority, and whether the record may be seen; an inspector's page lists nothing that does not count."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PolicyHarness]:
    """A firm of which a court hides one of two penalties until a day to come."""
    folder = tmp_path_factory.mktemp("masked")
    version = resolve(POLICY, path="masking.toml", text="# masking\n")
    harness = PolicyHarness(Database(str(folder / "sise.db")), version, folder)
    ready(harness.database, harness.clock)
    common = {
        "enterprise_id": WHO,
        "source": "canonical",
        "kind": "administrative_penalty",
        "severity": "general",
    }
    days = (DAY - timedelta(days=60), DAY - timedelta(days=90))
    records = [
        {**common, "record_id": MASKED, "document_no": NUMBER, "authority": OWN, "decided_on": days[0]},
        {
            **common,
            "record_id": "plain:1",
            "document_no": "虚明罚〔2026〕5号",
            "authority": OTHER,
            "decided_on": days[1],
        },
    ]
    district = folder / "district"
    district.mkdir()
    _write(district / "enterprises.csv", list(ENTERPRISE_COLUMNS), [_enterprise(WHO, "canonical")])
    _write(
        district / "records.csv",
        list(RECORD_COLUMNS),
        [{**row, "known_on": row["decided_on"]} for row in records],
    )
    harness.take(district)
    harness.score()
    masking = MatterFacts(DAY, READER).mask(
        MASKED, DAY, DAY + timedelta(days=90), "重整计划", "（2026）浙08破1号"
    )
    harness.enter(masking)
    harness.score()
    yield harness
    harness.database.close()


def look(audience: str, authority: str | None) -> Look:
    """Who looks."""
    of_authority = authority if audience in ("officer", "inspector") else None
    return Look(
        Viewer(own=audience == "enterprise", authorities=frozenset(filter(None, [of_authority]))), DAY
    )


def printed(shown: Any) -> str:
    """A terminal's text."""
    console = Console(file=StringIO(), width=200)
    console.print(shown)
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def page(path: str) -> Callable[[PolicyHarness, str, str | None], str]:
    """A page of the web."""

    def read(store: PolicyHarness, audience: Any, authority: str | None) -> str:
        """Its text."""
        departments = frozenset({authority}) if authority else frozenset()
        reader = AudienceClient(store.database.place, audience, noon_of(DAY), departments)
        return str(reader.get(path.format(WHO)).text)

    return read


def explained_json(store: PolicyHarness, audience: str, authority: str | None) -> str:
    """``explain --format json``."""
    results = open_results(store.database.place)
    told = as_dict(results.explain(WHO, look=look(audience, authority)), results.version, officer=True)
    return json.dumps(told, ensure_ascii=False)


def explained_text(store: PolicyHarness, audience: str, authority: str | None) -> str:
    """``explain``."""
    results = open_results(store.database.place)
    told = results.explain(WHO, look=look(audience, authority))
    return printed(show.explanation(told, results.version, "zh", officer=True))


def history_json(store: PolicyHarness, audience: str, authority: str | None) -> str:
    """``history --format json``."""
    past = open_results(store.database.place).history(WHO, look=look(audience, authority))
    return json.dumps(describe_changes(past), ensure_ascii=False)


def history_text(store: PolicyHarness, audience: str, authority: str | None) -> str:
    """``history``."""
    past = open_results(store.database.place).history(WHO, look=look(audience, authority))
    return printed(reports.timeline(past, WHO, "zh", fictitious=False))


SURFACES = {
    "page": page("/e/{}?lang=zh"),
    "page in English": page("/e/{}?lang=en"),
    "twin": page("/api/e/{}"),
    "picture": page("/e/{}/history.svg"),
    "search": page("/api/search?q={}"),
    "home": page("/?q={}"),
    "json": explained_json,
    "text": explained_text,
    "history": history_json,
    "history text": history_text,
}


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize(("audience", "authority", "seen"), READERS)
def test_nobody_else_sees_it(
    store: PolicyHarness, surface: str, audience: str, authority: str | None, seen: bool
) -> None:
    """Its number, its id, the ruling and the word for it are nowhere, whatever the surface."""
    text = SURFACES[surface](store, audience, authority)
    telling = [word for word in (NUMBER, MASKED, "屏蔽", "浙08破", "Hidden by a court") if word in text]
    if not seen:
        assert [] == telling


@pytest.mark.parametrize("surface", ["page", "twin", "json", "text"])
@pytest.mark.parametrize(("audience", "authority"), [row[:2] for row in READERS if row[2]])
def test_the_firm_and_its_authority_see_it(
    store: PolicyHarness, surface: str, audience: str, authority: str | None
) -> None:
    """Among the records that do not count, with its number."""
    assert NUMBER in SURFACES[surface](store, audience, authority)


@pytest.mark.parametrize("surface", ["json", "text", "history", "history text"])
def test_it_is_as_if_it_had_never_been(
    store: PolicyHarness, surface: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """No number, day or sum differs from a store that never had it: what others see does not tell of it."""
    twin = _without_it(tmp_path_factory.mktemp("twin"))
    with_it = SURFACES[surface](store, "officer", OTHER)
    assert SURFACES[surface](twin, "officer", OTHER) == with_it
    twin.database.close()


def _without_it(folder: Path) -> PolicyHarness:
    """The same firm with the other penalty alone."""
    version = resolve(POLICY, path="masking.toml", text="# masking\n")
    harness = PolicyHarness(Database(str(folder / "sise.db")), version, folder)
    ready(harness.database, harness.clock)
    day = DAY - timedelta(days=90)
    plain = {
        "enterprise_id": WHO,
        "source": "canonical",
        "kind": "administrative_penalty",
        "severity": "general",
    }
    plain |= {"record_id": "plain:1", "document_no": "虚明罚〔2026〕5号", "authority": OTHER}
    district = folder / "district"
    district.mkdir()
    _write(district / "enterprises.csv", list(ENTERPRISE_COLUMNS), [_enterprise(WHO, "canonical")])
    _write(district / "records.csv", list(RECORD_COLUMNS), [{**plain, "decided_on": day, "known_on": day}])
    harness.take(district)
    harness.score()
    return harness


def test_lists_and_proposals(store: PolicyHarness, tmp_path: Path) -> None:
    """The list of colours and that of proposals name it to nobody."""
    results = open_results(store.database.place)
    write_colours(results, tmp_path / "colours.csv", "zh")
    assert NUMBER not in (tmp_path / "colours.csv").read_text(encoding="utf-8-sig")
    with store.database.read() as connection:
        kept = KeptReadings(store.database)
        assert NUMBER not in repr(pending_proposals(kept, connection, store.version, DAY))


def test_it_is_seen_again_when_the_mask_ends(store: PolicyHarness) -> None:
    """On the first day on which it is seen again everybody may see it."""
    end = DAY + timedelta(days=90)
    results = open_results(store.database.place)
    told = results.explain(WHO, look=Look(Viewer(), end))
    assert MASKED in repr(told)
    assert MASKED not in repr(results.explain(WHO, look=Look(Viewer(), end - timedelta(days=1))))


def test_by_default_nobody_sees_it(store: PolicyHarness) -> None:
    """Who does not say who asks is anybody."""
    results = open_results(store.database.place)
    assert (False, True) == (
        MASKED in repr(results.explain(WHO)),
        MASKED in repr(results.explain(WHO, look=Look(FIRM))),
    )

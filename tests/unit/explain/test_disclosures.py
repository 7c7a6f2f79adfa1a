"""Demonstration rules, fictitious data and the order of colours: each sentence where it is true, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest
from policy_forms import DAY, PolicyHarness, generated, write_small_district
from readers import AudienceClient
from rich.console import RenderableType
from stores import ready
from worlds import writable

from scoring.administration.credential import face_of, render_code
from scoring.administration.results.current import CurrentResults
from scoring.administration.results.reader import open_results
from scoring.analysis.impact.simulate import simulate
from scoring.assess.folder import score_sources
from scoring.cli import show
from scoring.cli.show import impact, reports
from scoring.cli.show.terminal import Terminal
from scoring.entities import Lang
from scoring.explain.words.disclosures import notices, order_notice
from scoring.policy.load import load_policy
from scoring.policy.resolved import ResolvedPolicy, resolve
from scoring.records.map.sources import SourceSpec
from scoring.store.tables.database import Database

RULES = {"zh": "演示规则，非任何机关的评价", "en": "Demonstration rules, not an evaluation"}
DATA = {"zh": "虚构数据", "en": "Fictitious data"}
ORDER = {"zh": "码为最好的一级", "en": "is the best grade in this demonstration"}
COMBINATIONS = list(product((True, False), repeat=2))
SCHEMES = ["quzhou-demo@2026-04-01", "nyc-grades@2010-07-27"]


def printed(what: RenderableType) -> str:
    """What a terminal shows, on one line."""
    terminal = Terminal()
    with terminal.capture() as capture:
        terminal.show(what)
    return " ".join(capture.get().split())


def version_of(ref: str, *, demonstration: bool) -> ResolvedPolicy:
    """A shipped version under an id of its own, as a demonstration or as if it were in force."""
    shipped = load_policy(ref, None)
    own = shipped.policy.model_copy(update={"id": f"own-{shipped.policy.id}"})
    resolved = resolve(own, tables=shipped.tables.values(), path="own.toml", text=shipped.text)
    return writable(resolved, "demonstration" if demonstration else "in force")


def says(text: str, lang: Lang) -> tuple[bool, bool, bool]:
    """Whether a view names rules, data and the order of colours."""
    plain = text.replace(" ", "") if lang == "zh" else text
    return RULES[lang] in plain, DATA[lang] in plain, ORDER[lang] in plain


@pytest.mark.parametrize("ref", SCHEMES)
@pytest.mark.parametrize(("demonstration", "fictitious"), COMBINATIONS)
def test_every_view_of_a_store(ref: str, demonstration: bool, fictitious: bool, tmp_path: Path) -> None:
    """Terminal, pages, their twins and the card say what is true of rules and of data."""
    version = version_of(ref, demonstration=demonstration)
    harness = PolicyHarness(Database(str(tmp_path / "sise.db")), version, tmp_path)
    ready(harness.database, harness.clock)
    source = "synthetic" if fictitious else "district"
    harness.take(write_small_district(version, tmp_path / "district", source))
    harness.score()
    results = open_results(harness.database.place)
    expected = (demonstration, fictitious, demonstration and "quzhou" in ref)
    enterprise_id = "case:e0"  # without records: to look ahead from some of every kind takes a minute
    explanation = results.explain(enterprise_id)
    past = results.history(enterprise_id, DAY - timedelta(days=9), DAY)
    client = AudienceClient(harness.database.place)
    langs: tuple[Lang, ...] = ("zh", "en")
    for lang in langs:
        views = [
            printed(show.explanation(explanation, results.version, lang, officer=False)),
            printed(reports.timeline(past, "x", lang, fictitious=results.fictitious)),
            AudienceClient(harness.database.place, "public").get(f"/?lang={lang}").text,
            client.get(f"/e/{enterprise_id}?lang={lang}").text,
        ]
        assert [expected] * 4 == [says(view, lang) for view in views]
    twin = client.get(f"/api/e/{enterprise_id}").json
    assert twin is not None
    assert (demonstration, fictitious) == (twin["policy"]["demonstration"], twin["policy"]["fictitious"])
    assert_card(results, enterprise_id, demonstration=demonstration, fictitious=fictitious)
    harness.database.close()


def assert_card(
    results: CurrentResults, enterprise_id: str, *, demonstration: bool, fictitious: bool
) -> None:
    """The card knows both, and what it draws depends on either."""
    face = face_of(results.explain(enterprise_id, ahead=False))
    assert (demonstration, fictitious) == (face.demonstration, face.fictitious)
    drawn = {
        render_code(replace(face, demonstration=rules, fictitious=data), "http://x")
        for rules, data in COMBINATIONS
    }
    assert len(COMBINATIONS) == len(drawn)


@pytest.mark.parametrize(("demonstration", "fictitious"), COMBINATIONS)
def test_every_view_of_files(demonstration: bool, fictitious: bool, tmp_path: Path) -> None:
    """A scored folder and a simulation say it too, in their files, tables and pictures."""
    version = version_of("quzhou-demo@2026-04-01", demonstration=demonstration)
    source = "synthetic" if fictitious else "district"
    specs = [SourceSpec("canonical", write_small_district(version, tmp_path / "in", source))]
    run = score_sources(specs, version, DAY, tmp_path / "out")
    assert fictitious == run["fictitious"]
    expected = (demonstration, fictitious, demonstration)
    assert expected == says(printed(show.colour_table(run, version, "en")), "en")
    simulation = simulate(specs, version, version, DAY, tmp_path / "simulation", lang="en")
    assert expected == says(printed(impact.migration(simulation, version, version, "en")), "en")
    picture = (tmp_path / "simulation" / "migration.svg").read_text(encoding="utf-8")
    assert expected == says(picture, "en")


def test_the_best_colour_is_named() -> None:
    """The sentence on the order names the colour of the best band, whichever it is."""
    named = set()
    for version in map(generated, range(6)):
        best = version.policy.bands[0].colour
        sentences = order_notice(version)
        assert (best is None) == (sentences == ())
        named |= {sentence["en"] for sentence in sentences}
    assert {"Green is the best grade in this demonstration."} == named
    assert () == notices(version_of(SCHEMES[0], demonstration=False), fictitious=False)

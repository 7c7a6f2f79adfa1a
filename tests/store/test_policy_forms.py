"""Every policy goes through all that is done with a result: what the store wrote it reads back, for every form of the language."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from policy_forms import DAY, PolicyHarness, generated, name_of, shipped, write_small_district
from readers import AudienceClient
from rich.console import RenderableType
from stores import ready

from scoring.administration.credential import face_of, page_address, render_code
from scoring.administration.results.extract import open_extract
from scoring.administration.results.reader import open_results
from scoring.administration.results.search import EnterpriseSearch
from scoring.analysis.impact.fairness import fairness
from scoring.cli import show
from scoring.cli.show import reports
from scoring.cli.show.terminal import Terminal
from scoring.errors import StoreError
from scoring.explain.present import as_dict
from scoring.policy.language.schema import Policy
from scoring.policy.load import list_policies
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.audit.replay import replay
from scoring.store.standing.policies import stored_version
from scoring.store.tables.database import Database

SEEDS = range(6)
POLICIES = [*shipped(), *map(generated, SEEDS)]
PAGES = ("/e/{0}", "/api/e/{0}", "/e/{0}/code.png", "/", "/about", "/api/about")


def printed(what: RenderableType) -> str:
    """What a terminal shows."""
    terminal = Terminal()
    with terminal.capture() as capture:
        terminal.show(what)
    return capture.get()


@pytest.fixture
def scored(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PolicyHarness]:
    """A small district, scored under a policy, its first results taken over."""
    harness = PolicyHarness(Database(str(tmp_path / "sise.db")), request.param, tmp_path)
    ready(harness.database, harness.clock)
    harness.take(write_small_district(request.param, tmp_path / "district"))
    harness.score()
    # of a scheme in which nobody falls on the first day there is nothing to take over
    with suppress(StoreError):
        harness.adopt()
    yield harness
    harness.database.close()


@pytest.mark.parametrize("scored", POLICIES, indirect=True, ids=name_of)
def test_a_policy_goes_all_the_way(scored: PolicyHarness) -> None:
    """Score, store, explain, history, code, fairness, replay and pages work, and agree on every grade."""
    version = scored.version
    with scored.database.read() as connection:
        again = stored_version(connection, version.rules_sha256)
    assert (version.policy, version.rules_sha256, set(version.tables)) == (
        again.policy,
        again.rules_sha256,
        set(again.tables),
    )
    results = open_results(scored.database.place)
    ids = [score.enterprise_id for score in results.find(EnterpriseSearch())[1]]
    assert len(ids) > 4
    for enterprise_id in ids[:3]:
        explanation = results.explain(enterprise_id)
        assert results.score(enterprise_id).band == explanation.score.band
        assert as_dict(explanation, results.version)["score"]["band"] == explanation.score.band
        assert b"PNG" in render_code(face_of(explanation), page_address("http://x", enterprise_id))[:8]
        for lang in ("zh", "en"):
            assert printed(show.explanation(explanation, results.version, lang, officer=True))
    past = results.history(ids[1], DAY - timedelta(days=60), DAY)
    assert printed(reports.timeline(past, ids[1], "zh", fictitious=results.fictitious))
    with open_extract(results) as extract:
        assert fairness(extract)["all"]["n"] == sum(results.counts["bands"].values())
    replayed = replay(scored.database, None, scored.clock)
    assert ([], [], []) == (replayed.different, replayed.gone, replayed.withheld)
    assert replayed.equal >= len(ids)
    client = AudienceClient(scored.database.place)
    statuses = {path: client.get(path.format(ids[1])).status_code for path in PAGES}
    assert dict.fromkeys(PAGES, 200) == statuses


@pytest.mark.parametrize("version", [*list_policies(), *map(generated, SEEDS)], ids=name_of)
def test_what_is_written_is_read_again(version: ResolvedPolicy) -> None:
    """The content that a store keeps is the policy, key by key, with its hash."""
    content = version.policy.model_dump_json(by_alias=True, exclude_none=True)
    assert version.policy == Policy.model_validate_json(content)


def test_every_form_is_generated() -> None:
    """The generated policies have lines and bins, both senses of the scale, and bands with and without colours."""
    made = [version.policy for version in map(generated, SEEDS)]
    kinds_of_points = set()
    for policy in made:
        kinds_of_points |= {indicator.linear is None for indicator in policy.indicators}
    assert {True, False} == kinds_of_points
    assert {True, False} == {policy.higher_is_better for policy in made}
    assert {True, False} == {policy.bands[0].colour is None for policy in made}

"""The public with the grounds of a result: the absence of a colour tells no colour, for any records."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import product
from typing import Any
from urllib.parse import quote

import pytest
from policy_forms import PolicyHarness
from publications import DAY, LATER, PUBLISHED, UNPUBLISHED, UNSEEN, firm, published_store
from readers import AudienceClient, noon_of

from scoring.administration.credential import Face
from scoring.administration.results.reader import open_results
from web.public.view import public_card

PAIRS = list(product(PUBLISHED, UNPUBLISHED))
HIDDEN = [pair for pair in PAIRS if pair[1] not in UNSEEN]


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PolicyHarness]:
    """Every pair of published and unpublished records."""
    store = published_store(tmp_path_factory.mktemp("published"))
    yield store
    store.database.close()


def reader(harness: PolicyHarness, today: date = DAY) -> AudienceClient:
    """The public on a day."""
    return AudienceClient(harness.database.place, "public", noon_of(today))


@pytest.fixture(scope="module")
def public(harness: PolicyHarness) -> AudienceClient:
    """The public on the day of the results."""
    return reader(harness)


def page(client: AudienceClient, who: str, form: str = "/e/{}?lang=zh") -> str:
    """The bytes of a page without the code and the name of its enterprise, and the random id of its page."""
    text = re.sub(r"\b[0-9a-f]{32}\b", "PAGE", client.get(form.format(who)).text)
    return text.replace(f"虚构{who}", "NAME").replace(quote(who), "ID").replace(who, "ID")


def state(client: AudienceClient, who: str) -> str:
    """What the public sees instead of a colour, or that one is shown."""
    told: Mapping[str, Any] = client.get(f"/api/e/{who}").json  # type: ignore[assignment]
    return str(told["public"]["state"])


@pytest.mark.parametrize(
    "form", ["/e/{}?lang=zh", "/e/{}?lang=en", "/api/e/{}", "/api/search?q={}", "/?q={}"]
)
def test_all_results_that_are_not_public_have_one_page(public: AudienceClient, form: str) -> None:
    """Whatever band, points and records: where anything unpublished counts, the bytes are the same."""
    assert 1 == len({page(public, firm(*pair), form) for pair in HIDDEN})


def test_all_cards_that_are_not_public_are_one(harness: PolicyHarness) -> None:
    """The card too says no more than that the result is not public."""
    results = open_results(harness.database.place)

    def card(who: str) -> Face:
        """What the card says, without whom it is of."""
        face = public_card(results, results.score(who), results.public(who, DAY))
        return Face(**{**vars(face), "enterprise_id": "ID", "name": "NAME"})

    cards = {repr(card(firm(*pair))) for pair in HIDDEN}
    assert (1, True) == (len(cards), "结果不公开" in cards.pop())


def test_those_results_are_of_every_colour(harness: PolicyHarness) -> None:
    """The one page stands for blue, green, yellow and red: otherwise the tests above say nothing."""
    colours = {str(harness.standing(firm(*pair))["colour"]) for pair in HIDDEN}
    assert {"blue", "green", "yellow", "red"} <= colours


@pytest.mark.parametrize("published", PUBLISHED)
def test_a_shown_colour_follows_from_what_is_published(public: AudienceClient, published: str) -> None:
    """Of two enterprises with the same published records both show the same, or one shows no result."""
    pages = {page(public, firm(published, unpublished)) for unpublished in UNSEEN}
    assert (1, "shown") == (len(pages), state(public, firm(published, "nothing")))


@pytest.mark.parametrize(
    ("published", "colour"), [("nothing", "green"), ("penalty", "yellow"), ("listing", "red")]
)
def test_colour_and_grounds(public: AudienceClient, published: str, colour: str) -> None:
    """Each colour prints what is published, or that nothing is, and no points."""
    told: Mapping[str, Any] = public.get(f"/api/e/{firm(published, 'nothing')}").json  # type: ignore[assignment]
    numbers = [record["document_no"] for record in told["public"]["records"]]
    expected = {"nothing": [], "penalty": ["虚罚〔2026〕1号"], "listing": ["虚列〔2026〕1号"]}
    assert (colour, expected[published], None) == (told["result"]["colour"], numbers, told["points"])
    html = page(public, firm(published, "nothing"))
    assert (published == "nothing") == ("未见仍在公示期的处罚和名单信息" in html)


def test_publication_ends_between_the_result_and_its_reading(harness: PolicyHarness) -> None:
    """A record whose period is over today is on no page, though the result is of before."""
    late = reader(harness, LATER + timedelta(days=1))
    assert "not_public" == state(late, firm("penalty", "nothing"))
    assert "虚罚" not in page(late, firm("penalty", "nothing"))


@pytest.fixture
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PolicyHarness]:
    """The same a day later: everybody got a problem, or a list entry."""
    store = published_store(tmp_path_factory.mktemp("waiting"))
    store.go_to(DAY + timedelta(days=1))
    for unpublished in UNPUBLISHED:
        columns = {
            "kind": "serious_violation_listing",
            "decided_on": str(DAY),
            "document_no": "虚列〔2026〕7号",
        }
        store.add(firm("nothing", unpublished), **columns)
        problem = {"kind": "inspection", "result": "violation", "occurred_on": str(DAY)}
        for _ in range(2):
            store.add(firm("penalty", unpublished), **{**problem, "result": "problem"})
    store.score()
    yield store
    store.database.close()


def test_while_a_list_entry_waits(waiting: PolicyHarness) -> None:
    """Who showed a colour shows none while it waits; who showed none shows no change, whatever the band."""
    client = reader(waiting, DAY + timedelta(days=1))
    clean = [firm("nothing", unpublished) for unpublished in UNSEEN]
    assert {"adjusting"} == {state(client, who) for who in clean}
    assert 1 == len({page(client, firm(*pair)) for pair in HIDDEN})
    assert any(
        waiting.standing(firm("nothing", unpublished))["proposed"] for unpublished in ("honour", "even")
    )


def test_an_unpublished_fall_that_waits_shows_nothing(waiting: PolicyHarness) -> None:
    """While something unpublished waits the colour in effect stands as it was, unmarked."""
    client = reader(waiting, DAY + timedelta(days=1))
    who = firm("penalty", "nothing")
    untouched = client.get(f"/api/e/{firm('both', 'nothing')}").json
    told = client.get(f"/api/e/{who}").json
    assert (True, "shown", "yellow") == (
        waiting.standing(who)["proposed"],
        told["public"]["state"],
        told["result"]["colour"],  # type: ignore[index]
    )
    assert untouched["as_of"] == told["as_of"]  # type: ignore[index]

"""All routes and all actions of forms, for everybody in every place; expected from a table of its own."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Iterator
from dataclasses import replace
from html import unescape

import pytest
from access_table import ACTIONS, COVERED, EVERYBODY, READS, RIGHTS, Right, may, refusals
from access_town import ALL, HERE, TARGET, AccessTown, Visitor, everybody
from casework import firm

from web.access import ROUTES

FIRST = ("own", "area")
"""Places in which each action is done; elsewhere those alone that leave records as they are, which is soon done."""


def is_done(right: Right, role: str, place: str) -> bool:
    """Whether an action is carried out for somebody; if not, it is sent without its ground."""
    return right.about != "nothing" and (place in FIRST or right.endpoint == "desk.proposal")


ALLOWED = [
    (role, place, action, right)
    for role, place in everybody()
    for action, right in ACTIONS.items()
    if may(right, role, place)
]
DONE = {
    (role, place, action): f"done{number}"
    for number, (role, place, action, right) in enumerate(ALLOWED)
    if is_done(right, role, place)
}
"""An enterprise of its own for each action that is carried out, so that no one is in the way of another."""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AccessTown]:
    """The town."""
    needs = {TARGET: ALL} | {name: ACTIONS[action].needs for (*_, action), name in DONE.items()}
    with pytest.MonkeyPatch.context() as patch:
        made = AccessTown(tmp_path_factory.mktemp("matrix"), needs, patch)
        yield made
        made.database.close()
        made.counter.database.close()


@pytest.fixture(scope="module")
def visitors(town: AccessTown) -> dict[tuple[str, str], Visitor]:
    """Everybody in every place."""
    return {who: town.visitor(*who, number) for number, who in enumerate(everybody())}


Visitors = dict[tuple[str, str], Visitor]


def methods(town: AccessTown) -> set[tuple[str, str]]:
    """Every route with every method that it takes, but for those that follow from reading."""
    rules = list(town.app.url_map.iter_rules())
    taken = [(rule.endpoint, method) for rule in rules for method in rule.methods or ()]
    return {(endpoint, method) for endpoint, method in taken if method not in ("HEAD", "OPTIONS")}


def test_every_route_and_method_stands_in_both_tables(town: AccessTown) -> None:
    """In the program's and in the one of the tests: a route or a method outside them fails here."""
    assert methods(town) == {(right.endpoint, right.method) for right in RIGHTS}
    written = {endpoint for endpoint, method in methods(town) if method == "POST"}
    assert set(ROUTES) == {endpoint for endpoint, _ in methods(town)}
    assert written == {endpoint for endpoint, access in ROUTES.items() if access.writers}


@pytest.mark.parametrize(("role", "place"), everybody())
def test_who_may_read(town: AccessTown, visitors: Visitors, role: str, place: str) -> None:
    """Each route answers who may, and refuses who may not as the table says."""
    wrong = {}
    for right in READS:
        expected = right.done if may(right, role, place) else refusals(right, role, place)
        with visitors[role, place].tries(right) as answer:
            if answer.status_code not in expected:
                wrong[right.path] = (answer.status_code, sorted(expected))
    assert {} == wrong


@pytest.mark.parametrize(("role", "place"), everybody())
def test_who_may_not_do_changes_nothing(town: AccessTown, visitors: Visitors, role: str, place: str) -> None:
    """With the token of the form and everything that it needs; no table has a row more or less.

    Whoever sees the enterprise and may not take a step is written down as having looked.
    """
    wrong, before = {}, town.counts()
    for action, right in ACTIONS.items():
        if may(right, role, place):
            continue
        answer = visitors[role, place].tries(right)
        after = town.counts()
        is_noted = answer.status_code == 409 and right.endpoint != "desk.window"
        expected = refusals(right, role, place)
        if answer.status_code not in expected or after != before | {"viewing": before["viewing"] + is_noted}:
            changed = {table: count for table, count in after.items() if before[table] != count}
            wrong[action] = (answer.status_code, sorted(expected), changed)
        before = after
    assert {} == wrong


@pytest.mark.parametrize(("role", "place"), everybody())
def test_who_may_does(town: AccessTown, visitors: Visitors, role: str, place: str) -> None:
    """The same forms do what they say for who may: no refusal above had another reason.

    What is sent without its ground is refused for that, and so was let through.
    """
    wrong = {}
    for action, right in ACTIONS.items():
        if not may(right, role, place):
            continue
        name = DONE.get((role, place, action), TARGET)
        is_whole = is_done(right, role, place) or right.about == "nothing"
        before = town.counts()
        answer = visitors[role, place].tries(right if is_whole else without_ground(right), name)
        after = town.counts()
        is_written = after["step"] + after["audit_event"] > before["step"] + before["audit_event"]
        is_right = answer.status_code in right.done if is_whole else MISSING in unescape(answer.text)
        if not is_right or is_written != is_done(right, role, place):
            text = re.sub(r"<[^>]+>", "", answer.text)
            wrong[action] = (answer.status_code, " ".join(text.split())[:300])
    assert {} == wrong


MISSING = "须写明"
"""What the refusal of an action without its ground begins with."""


def without_ground(right: Right) -> Right:
    """An action that says no reason."""
    return replace(right, form={**(right.form or {}), "ground": ""})


def test_a_list_tells_no_more_than_a_page(town: AccessTown) -> None:
    """What an officer is elsewhere adds nothing to his queue here: no other department's case."""
    narrow = town.visitor("inspector", "other department, all else elsewhere", 150)
    whole = town.visitor("supervisor", "area", 151)
    queues = [visitor.client.get("/desk/queue?procedure=objection&lang=zh") for visitor in (narrow, whole)]
    assert [200, 200] == [queue.status_code for queue in queues]
    title = f"第 {town.numbers[TARGET]['objection']} 号"
    assert [False, True] == [title in queue.text for queue in queues]


def test_every_form_is_an_action(town: AccessTown) -> None:
    """What the pages offer to send is in the table: each form's route, and where it names one its step."""
    offered: set[tuple[str, str]] = set()
    adapter = town.app.url_map.bind("127.0.0.1")
    people = [
        ("public", "no session"),
        ("enterprise", "own"),
        *((role, "area") for role in ("inspector", "supervisor", "window_clerk")),
    ]
    for number, (role, place) in enumerate(people):
        visitor = town.visitor(role, place, 100 + number)
        for right in READS:
            with visitor.tries(right) as answer:
                text = answer.text if answer.mimetype == "text/html" and answer.status_code == 200 else ""
            here = town.filled(right.path, TARGET).partition("?")[0]
            for attributes, inside in re.findall(r"<form([^>]*)>(.*?)</form>", text, re.DOTALL):
                if 'method="post"' in attributes:
                    action = re.search(r'action="([^"?]*)', attributes)
                    kind = re.search(r'name="kind" value="([^"]*)"', inside)
                    endpoint, _ = adapter.match(action[1] if action else here, method="POST")
                    offered.add((endpoint, kind[1] if kind else ""))
    known = {(right.endpoint, (right.form or {}).get("kind", "")) for right in ACTIONS.values()}
    assert len(offered) > 12
    assert offered <= known, offered - known


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_no_other_method_is_taken(town: AccessTown, method: str) -> None:
    """By no route, whoever asks."""
    visitor = town.visitor("supervisor", "area", 120)
    for right in READS:
        path = town.filled(right.path, TARGET)
        assert (
            405 == getattr(visitor.client, method)(path, headers={"X-CSRFToken": visitor.token}).status_code
        )


UNCOVERED = [
    right for right in RIGHTS if right.about != "nothing" and right.endpoint.startswith(("desk.", "firm."))
]


def answered(visitor: Visitor, right: Right, who: str) -> tuple[int, str, list[tuple[str, str]]]:
    """Status, text without the id, and headers of an answer about an enterprise."""
    path = visitor.town.filled(right.path, TARGET).replace(firm(TARGET), who)
    form = {name: visitor.town.filled(value, TARGET) for name, value in (right.form or {}).items()}
    with visitor.client.open(
        path, method=right.method, data={"csrf_token": visitor.token, **form} if right.form else None
    ) as answer:
        fixed = [(name, value) for name, value in answer.headers if name != "Content-Length"]
        # the token of a form tells the second in which it was made
        text = re.sub(r'name="csrf_token" value="[^"]*"', "", answer.text)
        return answer.status_code, text.replace(who, "…"), fixed


@pytest.mark.parametrize(("role", "place"), [("supervisor", "other area"), ("enterprise", "another's")])
def test_a_foreign_one_is_as_one_that_is_not_there(town: AccessTown, role: str, place: str) -> None:
    """Status, text and headers are the same, of what is read and of what is sent, with the case's right number too."""
    visitor = town.visitor(role, place, 130 + (role == "enterprise"))
    mine = [right for right in UNCOVERED if role in right.roles]
    assert len(mine) > 12
    for right in mine:
        there, nowhere = (answered(visitor, right, who) for who in (firm(TARGET), firm("targex")))
        assert there == nowhere and 404 == there[0], right.path


@pytest.mark.parametrize(
    "action", ["a notice is served", "an objection is answered", "a record is withdrawn"]
)
def test_a_foreign_one_takes_as_long(town: AccessTown, action: str) -> None:
    """Medians of what is sent about either differ by less than half."""
    visitor, right = town.visitor("supervisor", "other area", 140), ACTIONS[action]
    times: dict[str, list[float]] = {firm(TARGET): [], firm("targex"): []}
    for _ in range(9):
        for who, measured in times.items():
            begun = time.perf_counter()
            answered(visitor, right, who)
            measured.append(time.perf_counter() - begun)
    there, nowhere = map(statistics.median, times.values())
    assert 0.5 < there / nowhere < 2


def test_the_table_tells_people_apart() -> None:
    """Nobody may everything, and each place is refused something that another one may."""
    allowed = {who: sum(may(right, *who) for right in RIGHTS) for who in everybody()}
    assert max(allowed.values()) < len(RIGHTS)
    assert (
        allowed["supervisor", "area"]
        > allowed["supervisor", "other department"]
        > allowed["supervisor", "other area"]
    )
    assert allowed["supervisor", "area"] == allowed["supervisor", "area, all else elsewhere"]
    assert EVERYBODY == {role for role, _ in everybody()} and HERE and COVERED

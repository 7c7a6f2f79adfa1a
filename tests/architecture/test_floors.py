"""The house has floors: who imports whom is read from the imports, and no arrow runs in a circle or back up."""

from __future__ import annotations

import tomllib
from graphlib import CycleError, TopologicalSorter
from typing import Any

import grimp
import pytest
from syntax import ROOT

CONFIGURATION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
GRAPH = grimp.build_graph("scoring", "web")
FLAT = ("scoring.store.migrations", "scoring.cli")
"""Where rooms are files: migrations in their order, and a file for each group of commands."""
FLOORS = [contract for contract in CONFIGURATION["contracts"] if contract["type"] == "layers"]


def _packages() -> list[str]:
    """Every package of ``scoring`` that holds packages."""
    holders = {module.rpartition(".")[0] for module in GRAPH.modules if GRAPH.find_children(module)}
    return sorted(holder for holder in holders if holder.startswith("scoring") and holder not in FLAT)


def _arrows(package: str) -> dict[str, set[str]]:
    """For each room of a package the rooms beside it that it imports."""
    rooms = sorted(GRAPH.find_children(package))
    arrows: dict[str, set[str]] = {room: set() for room in rooms}
    for room in rooms:
        for module in {room, *GRAPH.find_descendants(room)}:
            for target in GRAPH.find_modules_directly_imported_by(module):
                arrows[room] |= {
                    other for other in rooms if other != room and f"{target}.".startswith(f"{other}.")
                }
    return arrows


def _floors(arrows: dict[str, set[str]]) -> list[list[str]]:
    """Rooms from the lowest floor up: each imports only from the floors below it. Rooms in a circle are on no floor."""
    floors: list[list[str]] = []
    placed: set[str] = set()
    while ready := sorted(room for room in arrows if room not in placed and arrows[room] <= placed):
        floors.append(ready)
        placed |= set(ready)
    return floors


@pytest.mark.parametrize("package", _packages())
def test_no_circle(package: str) -> None:
    """The rooms of a package stand on floors; the floors are printed."""
    arrows = _arrows(package)
    floors = _floors(arrows)
    print(f"\n{package}")
    for number, rooms in reversed(list(enumerate(floors))):
        print(f"  {number}  " + "  ".join(room.rpartition(".")[2] for room in rooms))
    assert set(arrows) == {room for rooms in floors for room in rooms}, "a circle of imports"


def _circle(imports: dict[str, set[str]]) -> list[str]:
    """Modules that need each other, in the order of a circle; none where there is no circle."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return [str(module) for module in error.args[1]]
    return []


def test_no_circle_of_modules() -> None:
    """No two files of one room need each other either, not even for a type."""
    assert [] == _circle(
        {module: GRAPH.find_modules_directly_imported_by(module) for module in GRAPH.modules}
    )


def test_a_circle_is_seen() -> None:
    """Two files that need each other, and three in a round, are a circle; two ways to one file are none."""
    assert {"a", "b"} == set(_circle({"a": {"b"}, "b": {"a"}}))
    assert {"a", "b", "c"} == set(_circle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}))
    assert [] == _circle({"a": {"b", "c"}, "b": {"c"}, "c": set()})


@pytest.mark.parametrize("package", _packages())
def test_every_room_is_placed(package: str) -> None:
    """Every package that holds packages has a contract that places all its rooms, so that a new one fails until it is placed."""
    placing = [contract for contract in FLOORS if package in contract.get("containers", [])]
    assert [True] == [bool(contract.get("exhaustive")) for contract in placing]
    assert _rooms_of(placing[0]) == {room.rpartition(".")[2] for room in GRAPH.find_children(package)}


def _rooms_of(contract: dict[str, Any]) -> set[str]:
    return {room.strip(" ()") for layer in contract["layers"] for room in layer.replace(":", "|").split("|")}

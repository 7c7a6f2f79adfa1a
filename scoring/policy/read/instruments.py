"""The instruments of ``rules/law``, and how a citation that names one gets what describes it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any, NamedTuple

from scoring.policy.language.legal import EmpoweredBody, Legal, LegalInstrument
from scoring.policy.language.selection import Select
from scoring.policy.read.finding import Finding, TomlPath
from scoring.policy.read.locate import Locator
from scoring.rules import LAW

AUTHORITIES = LAW / "authorities.toml"
FILLED_IN = (
    "document",
    "title",
    "issued_on",
    "published_on",
    "effective_on",
    "repealed_on",
    "tag",
    "permits",
    "empowers",
)
"""What a citation takes from its instrument. What is looked at again (``checked_on``, ``verified``,
``amendments``, ``url``) stays there, so that looking again changes no rules and no hash."""
_INSTEAD = (*FILLED_IN, "url")

Tree = dict[str, Any]


@cache
def instruments() -> Mapping[str, LegalInstrument]:
    """All instruments by id.

    Raises:
        ValueError: An entry does not have the form, or an id stands twice.
    """
    by_id: dict[str, LegalInstrument] = {}
    for path in sorted(LAW.glob("*.toml")):
        if path == AUTHORITIES:
            continue
        for entry in tomllib.loads(path.read_text(encoding="utf-8"))["instruments"]:
            instrument = LegalInstrument.model_validate(entry)
            if instrument.id in by_id:
                raise ValueError(f"{path}: {instrument.id} stands twice")
            by_id[instrument.id] = instrument
    return by_id


def address_of(citation: Legal) -> str | None:
    """Where the text of a cited instrument stands on the web, if that is known."""
    instrument = instruments().get(citation.instrument or "")
    return instrument.url if instrument else None


@cache
def authorities() -> Mapping[str, EmpoweredBody]:
    """All authorities by id, in the order of their file."""
    content = tomllib.loads(AUTHORITIES.read_text(encoding="utf-8"))
    return {name: EmpoweredBody.model_validate(entry) for name, entry in content.items()}


def owners(select: Select) -> set[str]:
    """The authorities whose records a selection holds; ``all`` where any department may have made them."""
    whose: set[str] = set()
    for kind in select.kind:
        of_kind = {name for name, authority in authorities().items() if kind in authority.kinds}
        whose |= of_kind or _by_field(select.field)
    return whose


def _by_field(fields: tuple[str, ...] | None) -> set[str]:
    """The authorities of some fields; all of them where no field is named."""
    if not fields:
        return {"all"}
    whose = authorities().items()
    return {name for name, authority in whose if set(fields) & set(authority.fields)} or {"all"}


class FilledIn(NamedTuple):
    """A parsed rule file whose citations are whole, and what is wrong with them."""

    data: Tree
    findings: list[Finding]


def fill_in(data: Tree, locator: Locator) -> FilledIn:
    """Gives each citation of a parsed rule file what describes its instrument.

    Args:
        data: The file, after ``extends``.
        locator: Its lines.
    """
    legal = data.get("legal")
    entries = list(_entries(legal))
    filled = {toml_path: _whole(entry) for toml_path, entry in entries}
    findings = [finding for toml_path, entry in entries for finding in _faults(entry, toml_path, locator)]
    if isinstance(legal, list):
        whole = [filled.get(("legal", position), entry) for position, entry in enumerate(legal)]
        return FilledIn({**data, "legal": whole}, findings)
    return FilledIn({**data, "legal": filled[("legal",)]} if filled else data, findings)


def _entries(legal: object) -> Iterator[tuple[TomlPath, Tree]]:
    """The citations that name an instrument: of a list, or the one of a file about one instrument."""
    listed: list[tuple[TomlPath, Any]] = (
        [(("legal", position), entry) for position, entry in enumerate(legal)]
        if isinstance(legal, list)
        else []
    )
    for toml_path, entry in listed or [(("legal",), legal)]:
        if isinstance(entry, dict) and "instrument" in entry:
            yield toml_path, entry


def _whole(entry: Tree) -> Tree:
    instrument = instruments().get(str(entry["instrument"]))
    if instrument is None:
        return entry
    described = instrument.model_dump(mode="json", include=set(FILLED_IN), exclude_none=True)
    return {**entry, **described}


def _faults(entry: Tree, toml_path: TomlPath, locator: Locator) -> Iterator[Finding]:
    name = str(entry["instrument"])
    if name not in instruments():
        near = (get_close_matches(name, instruments(), n=1) or list(instruments())[:1])[0]
        place = locator.place((*toml_path, "instrument"))
        yield Finding("unknown_instrument", place, parameters={"name": name, "near": near})
    for key in _INSTEAD:
        if key in entry:
            place = locator.place((*toml_path, key))
            yield Finding("typed_twice", place, parameters={"key": key, "instrument": name})

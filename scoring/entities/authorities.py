"""The register of authorities: who answers, where, and who exercises which power on a day."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property, lru_cache
from itertools import pairwise
from typing import Any

from scoring.entities.canonical import codes
from scoring.rules import shipped_table
from scoring.rules.wording import LANGUAGES, Worded

Table = Mapping[str, Any]
ENTRY_KEYS = {
    "zh": str,
    "en": str,
    "area": str,
    "office": dict,
    "telephone": str,
    "address": dict,
    "hours": dict,
    "aliases": list,
    "fields": list,
    "publisher": bool,
    "fictitious": bool,
}
"""Keys of an entry with the type of each; the last four may be left out."""
OPTIONAL = ("aliases", "fields", "publisher", "fictitious")
POWER_KEYS = {"of": str, "field": str, "from": date, "to": str, "document": str, "until": date}
PARTS = ("every", "authorities", "powers")
_OPENING, _CLOSING = "〔[【〖(（［﹝〈《「『{｛<＜⟨〘﹙︹", "〕]】〗)）］﹞〉》」』}｝>＞⟩〙﹚︺"
_COMPARED_AS = str.maketrans(
    {
        **{chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},
        **dict.fromkeys(_OPENING, "["),
        **dict.fromkeys(_CLOSING, "]"),
        **dict.fromkeys(" \t\r\n\u00a0\u3000\ufeff", ""),
    }
)
"""As document numbers and offices are compared (``records/map/document_numbers``); a test holds the two together."""


@dataclass(frozen=True)
class Power:
    """A power that one body handed to another.

    Attributes:
        of: Code of the body whose power it was.
        field: Field of supervision.
        begins: First day on which the other exercises it.
        until: First day on which it no longer does; ``None``: open.
        to: Code of the body that exercises it.
        document: By which document.
    """

    of: str
    field: str
    begins: date
    until: date | None
    to: str
    document: str

    def in_force(self, day: date) -> bool:
        """Whether it is handed on a day."""
        return self.begins <= day and (self.until is None or day < self.until)

    def meets(self, other: Power) -> bool:
        """Whether both hand the same power on some day."""
        same = (self.of, self.field) == (other.of, other.field)
        ends = (
            self.until is None or other.begins < self.until,
            other.until is None or self.begins < other.until,
        )
        return same and all(ends)


@dataclass(frozen=True)
class Authority:
    """One body of the register; texts by language.

    Attributes:
        code: Its code.
        name: Its name.
        aliases: Other spellings of it.
        area: Division for which it acts.
        office: Who answers there.
        telephone: Number as it is written.
        address: Where it is.
        hours: When it answers.
        fields: Fields in which it acts by itself.
        publisher: Whether it publishes the results as a whole.
        fictitious: Whether it is made up.
    """

    code: str
    name: Mapping[str, str]
    aliases: tuple[str, ...]
    area: str
    office: Mapping[str, str]
    telephone: str
    address: Mapping[str, str]
    hours: Mapping[str, str]
    fields: tuple[str, ...]
    publisher: bool
    fictitious: bool

    @property
    def spellings(self) -> tuple[str, ...]:
        """All spellings by which records may name it."""
        return (self.name["zh"], *self.aliases)


class RegisterFault(Worded):
    """Something wrong in a register: a text id and its parameters."""

    def __init__(self, text_id: str, **parameters: object) -> None:
        self._text_id, self.parameters = text_id, parameters

    @property
    def sentence_id(self) -> str:
        """The text id."""
        return self._text_id


@dataclass(frozen=True)
class AuthorityRegister:
    """All authorities by code, and the powers that were handed on."""

    authorities: Mapping[str, Authority]
    powers: tuple[Power, ...]

    @cached_property
    def _code_of_key(self) -> Mapping[str, str]:
        code_of_key: dict[str, str] = {}
        for authority in self.authorities.values():
            code_of_key.update(dict.fromkeys(map(name_key, authority.spellings), authority.code))
        return code_of_key

    @property
    def keys(self) -> tuple[str, ...]:
        """Every known name as it is compared."""
        return tuple(self._code_of_key)

    @property
    def publisher(self) -> Authority | None:
        """Who publishes the results as a whole; ``None`` where nobody is entered."""
        return next((entry for entry in self.authorities.values() if entry.publisher), None)

    def office_of(self, name: str | None) -> str | None:
        """Code of the body of a name as a record writes it; ``None`` where the register has none."""
        return self._code_of_key.get(name_key(name)) if name else None

    def holder(self, field: str | None, office: str, day: date) -> str:
        """Code of who exercises a body's power in a field on a day.

        That is the body itself unless it handed the power on; what was handed on may be handed on again.

        Raises:
            KeyError: The register has no such body.
        """
        body, passed = self.authorities[office].code, {office}
        while power := self._handed(field, body, day):
            body = power.to
            if body in passed:
                return office
            passed.add(body)
        return body

    @cached_property
    def holders(self) -> Callable[[str, date], frozenset[str]]:
        """Codes of who exercises the power of a field on a day; kept."""

        @lru_cache(maxsize=4096)
        def holders(field: str, day: date) -> frozenset[str]:
            bodies = (code for code, authority in self.authorities.items() if field in authority.fields)
            return frozenset(self.holder(field, body, day) for body in bodies)

        return holders

    def spellings(self) -> Iterator[tuple[str, str]]:
        """Every other spelling of a body with its name, both as they are compared."""
        for authority in self.authorities.values():
            name = name_key(authority.name["zh"])
            for alias in sorted({name_key(alias) for alias in authority.aliases} - {name}):
                yield alias, name

    def held_powers(self) -> Iterator[Power]:
        """Who exercises the powers that were handed on, with the days on which nothing about it changes.

        Unlike ``powers`` this follows what was handed on again.
        """
        for body, field in sorted({(power.of, power.field) for power in self.powers}):
            days = sorted({day for power in self.powers for day in (power.begins, power.until) if day})
            for begins, until in pairwise([*days, None]):
                holder = self.holder(field, body, begins) if begins else body
                document = self._handed(field, body, begins) if begins else None
                if begins and document and holder != body:
                    yield Power(body, field, begins, until, holder, document.document)

    def _handed(self, field: str | None, body: str, day: date) -> Power | None:
        mine = (power for power in self.powers if (power.of, power.field) == (body, field))
        return next((power for power in mine if power.in_force(day)), None)


def name_key(name: str) -> str:
    """A name as it is compared: width, case, brackets and blanks made equal."""
    return name.upper().translate(_COMPARED_AS)


@cache
def register() -> AuthorityRegister:
    """The register that is shipped (``rules/authorities.toml``).

    Raises:
        ValueError: It is not valid; the sentences say what is wrong.
    """
    return read_register(shipped_table("authorities"))


def office_of(name: str | None) -> str | None:
    """Code of an authority by its name in the shipped register (``AuthorityRegister.office_of``)."""
    return register().office_of(name)


def holder(field: str | None, office: str, day: date) -> str:
    """Who exercises a body's power in a field on a day, by the shipped register (``AuthorityRegister.holder``)."""
    return register().holder(field, office, day)


def read_register(table: Table) -> AuthorityRegister:
    """A register from its table.

    Raises:
        ValueError: It is not valid; the sentences say what is wrong.
    """
    if wrong := list(faults(table)):
        raise ValueError("\n".join(f"{fault.zh} · {fault.en}" for fault in wrong))
    entries = {code: _authority(code, entry) for code, entry in _entries(table).items()}
    return AuthorityRegister(entries, tuple(map(_power, table.get("powers", ()))))


def faults(table: Table) -> Iterator[RegisterFault]:
    """What is wrong in the table of a register, each told in words."""
    for key in sorted(table.keys() - set(PARTS)):
        yield RegisterFault("register_unknown_key", where="authorities.toml", key=key)
    entries, powers = _entries(table), table.get("powers", ())
    misformed: list[RegisterFault] = []
    for code, entry in entries.items():
        misformed += _form(code, entry, ENTRY_KEYS, OPTIONAL)
    for number, power in enumerate(powers, start=1):
        misformed += _form(f"powers[{number}]", power, POWER_KEYS, ("until",))
    yield from misformed
    # What has not even the form of a register is not looked at further.
    if not misformed:
        yield from _names(entries)
        yield from _handed_wrongly(entries, tuple(map(_power, powers)))


def _entries(table: Table) -> dict[str, dict[str, Any]]:
    shared = table.get("every", {})
    return {code: {**shared, **entry} for code, entry in table.get("authorities", {}).items()}


def _form(
    where: str, entry: Table, keys: Mapping[str, type], optional: tuple[str, ...]
) -> Iterator[RegisterFault]:
    for key in sorted(entry.keys() - keys.keys()):
        yield RegisterFault("register_unknown_key", where=where, key=key)
    for key, kind in keys.items():
        if key not in entry:
            if key not in optional:
                yield RegisterFault("register_missing_key", where=where, key=key)
        elif not isinstance(entry[key], kind) or (kind is dict and set(entry[key]) != set(LANGUAGES)):
            yield RegisterFault("register_bad_value", where=where, key=key)


def _names(entries: Mapping[str, Table]) -> Iterator[RegisterFault]:
    """Names that two entries share, unknown fields, and a second publisher."""
    owner: dict[str, str] = {}
    for code, entry in entries.items():
        for name in (entry["zh"], *entry.get("aliases", ())):
            if (other := owner.setdefault(name_key(name), code)) != code:
                yield RegisterFault("register_name_twice", name=name, first=other, second=code)
        for field in entry.get("fields", ()):
            if field not in codes()["fields"]:
                yield RegisterFault("register_unknown_field", where=code, field=field)
    publishers = [code for code, entry in entries.items() if entry.get("publisher")]
    if len(publishers) > 1:
        yield RegisterFault("register_publishers", codes=publishers)


def _handed_wrongly(entries: Mapping[str, Table], powers: tuple[Power, ...]) -> Iterator[RegisterFault]:
    """Powers of or to nobody, in an unknown field, or handed to two at once."""
    for number, power in enumerate(powers, start=1):
        where = f"powers[{number}]"
        for body in (power.of, power.to):
            if body not in entries:
                yield RegisterFault("register_unknown_body", where=where, body=body)
        if power.field not in codes()["fields"]:
            yield RegisterFault("register_unknown_field", where=where, field=power.field)
        if any(power.meets(other) for other in powers[: number - 1]):
            yield RegisterFault("register_power_twice", where=where, body=power.of, field=power.field)


def _authority(code: str, entry: Table) -> Authority:
    return Authority(
        code=code,
        name={lang: entry[lang] for lang in LANGUAGES},
        aliases=tuple(entry.get("aliases", ())),
        area=entry["area"],
        office=entry["office"],
        telephone=entry["telephone"],
        address=entry["address"],
        hours=entry["hours"],
        fields=tuple(entry.get("fields", ())),
        publisher=entry.get("publisher", False),
        fictitious=entry.get("fictitious", False),
    )


def _power(entry: Table) -> Power:
    return Power(
        entry["of"], entry["field"], entry["from"], entry.get("until"), entry["to"], entry["document"]
    )

"""What inspectors look at on the spot, one by one, and what may lift the yearly cap (``rules/items.toml``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from scoring.administration.casework.procedures import Basis
from scoring.administration.identity.scope import fields_of
from scoring.entities.authorities import register
from scoring.entities.canonical import codes
from scoring.errors import PolicyError
from scoring.policy.language.forms import Form, Identifier, Text
from scoring.policy.language.legal import is_article
from scoring.policy.read.document import read_or_raise
from scoring.policy.read.instruments import instruments
from scoring.rules import RULES
from scoring.rules.wording import both

ITEMS = RULES / "items.toml"


class ItemGround(Basis):
    """What an item rests on."""

    @property
    def words(self) -> dict[str, str]:
        """The instrument with its article, and whether somebody has yet to look it up."""
        cited = instruments()[str(self.instrument)]
        article = dict.fromkeys(("zh", "en"), self.article or "")
        is_sure = (self.tag or cited.tag) == "found" and self.article
        return both("item_cited" if is_sure else "item_unsure", title=cited.title.words, article=article)


class InspectionItem(Form):
    """One item; the head of its file explains every key."""

    id: Identifier
    text: Text
    ground: ItemGround
    authority: Identifier
    field: Identifier
    key: bool


class CapException(Form):
    """A published ground on which somebody may be inspected beyond the yearly cap."""

    id: Identifier
    label: Text
    ground: ItemGround


class ItemFile(Form):
    """The whole file."""

    items: tuple[InspectionItem, ...]
    cap_exceptions: tuple[CapException, ...]


@dataclass(frozen=True)
class PublishedItems:
    """All items and exceptions by id, in the order of their file."""

    items: Mapping[str, InspectionItem]
    cap_exceptions: Mapping[str, CapException]

    def of_office(self, office: str, day: date) -> list[InspectionItem]:
        """What an authority looks at by a power that it holds on a day, its own or one that was handed to it."""
        fields = fields_of([office], day)
        return [item for item in self.items.values() if item.field in fields]


@cache
def published_items() -> PublishedItems:
    """The items that are shipped.

    Raises:
        PolicyError: The file is not valid, an id stands twice, no authority looks at an item, or an article is none.
    """
    return read_items(ITEMS)


def read_items(path: Path) -> PublishedItems:
    """Items from a file; raises as ``published_items``."""
    file, place = read_or_raise(path, ItemFile).model, str(path)
    items, exceptions = dict[str, InspectionItem](), dict[str, CapException]()
    for item in file.items:
        _require_sound(item.id, item.ground, items, place)
        if not _is_looked_at(item):
            authority, field = item.authority, item.field
            raise PolicyError("item_of_nobody", place=place, item=item.id, authority=authority, field=field)
        items[item.id] = item
    for exception in file.cap_exceptions:
        _require_sound(exception.id, exception.ground, exceptions, place)
        exceptions[exception.id] = exception
    return PublishedItems(items, exceptions)


def _require_sound(entry: str, ground: Basis, before: Mapping[str, object], place: str) -> None:
    """Refuses an id that stands twice, and a ground that nobody knows."""
    if entry in before:
        raise PolicyError("item_twice", place=place, item=entry)
    is_cited = ground.article is None or is_article(ground.article)
    if ground.instrument not in instruments() or not is_cited:
        raise PolicyError("item_ground", place=place, item=entry)


def _is_looked_at(item: InspectionItem) -> bool:
    """Whether some authority of that kind has the field."""
    if item.field not in codes()["fields"]:
        return False
    bodies = register().authorities.items()
    return any(code.endswith(f"-{item.authority}") and item.field in body.fields for code, body in bodies)

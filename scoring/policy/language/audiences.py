"""Who sees what of a result, and what of an enterprise the law publishes anyway."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from scoring.policy.language.forms import Code, Form, Identifier, teach


class Audience(Form):
    """What one circle of readers may see; everything not granted is withheld.

    Attributes:
        grounds: Whether the published records that a result rests on are shown with it, and no result
            that rests on anything else; for the public. With it ``Policy.publication`` is needed.
    """

    colour: bool = False
    points: bool = False
    reasons: bool = False
    records: bool = False
    grounds: bool | None = None


class Publication(Form):
    """Kinds of records that the law publishes, by how long; all others are unpublished.

    Attributes:
        period: Published within the publication period that the record says; without one it is not.
        standing: Published as long as the record stands, or within its period where it says one.
        lists: Those of them that are entries on a list: while one waits to take effect the public sees
            no colour.
    """

    period: Annotated[tuple[Code, ...], Field(min_length=1)] | None = None
    standing: Annotated[tuple[Code, ...], Field(min_length=1)] | None = None
    lists: Annotated[tuple[Code, ...], Field(min_length=1)] | None = None
    legal: tuple[Identifier, ...] | None = None

    @model_validator(mode="after")
    def _lists_are_published(self) -> Publication:
        if set(self.lists or ()) - self.kinds or set(self.period or ()) & set(self.standing or ()):
            raise teach("publication_kinds")
        return self

    @property
    def kinds(self) -> frozenset[str]:
        """All kinds that are published."""
        return frozenset((*(self.period or ()), *(self.standing or ())))

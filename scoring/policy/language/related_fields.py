"""Fields of supervision with points and a band of their own, and what shows that an enterprise is active there."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from scoring.policy.language.forms import Code, Form, Identifier


class Activity(Form):
    """What shows that an enterprise is active in a field: a record of these kinds there, so many days back."""

    kind: Annotated[tuple[Code, ...], Field(min_length=1)]
    window_days: Annotated[int, Field(ge=1, le=36_500)]


class RelatedField(Form):
    """A field of supervision and the indicators that are related to it.

    Zhejiang Regulation art. 23: measures against an enterprise rest on related matters. From the same
    contributions an enterprise gets points and a band for each field in which it is active.
    """

    id: Code
    indicators: Annotated[tuple[Identifier, ...], Field(min_length=1)]

"""What every rule file is written in: names, numbers, texts, and faults of form that teach."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
)
from pydantic_core import PydanticCustomError

from scoring.rules.wording import both

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
PolicyId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=60)]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]+$", max_length=80)]
Points = Annotated[int, Field(ge=-1_000_000, le=1_000_000)]
Bound = Annotated[int, Field(ge=-(10**15), le=10**15)]
AgeWeight = tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=0, le=100)]]
AgeWeights = Annotated[tuple[AgeWeight, ...], Field(min_length=1)]
"""Pairs of an age limit in days and the percent that a younger record counts."""


def teach(code: str, **parameters: object) -> PydanticCustomError:
    """A fault of form that carries its sentence in both languages.

    Args:
        code: Text id of the sentence.
        parameters: What fills the sentence.
    """
    # the library shows one language alone; the other travels with it
    return PydanticCustomError("form", "{en}", both(code, **parameters))


class Form(BaseModel):
    """Base: unknown keys are refused, and a policy once read cannot be changed.

    Attributes:
        LATER: Keys that the form did not always have. Where they are not given they are left out of
            what is hashed: the hashes of earlier rules stand.
    """

    LATER: ClassVar[frozenset[str]] = frozenset()
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    @model_serializer(mode="wrap")
    def _as_before(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        content: dict[str, Any] = handler(self)
        for key in self.LATER:
            if content.get(key) is None:
                content.pop(key, None)
        return content


class Text(Form):
    """A sentence or label in both languages."""

    zh: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]

    @property
    def words(self) -> dict[str, str]:
        """The text by language, as a sentence takes it for a parameter."""
        return {"zh": self.zh, "en": self.en}

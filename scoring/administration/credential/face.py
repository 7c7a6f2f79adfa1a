"""What a card says: the plain fields of a result, without any record or point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

from scoring.entities import Colour, Explanation, Score
from scoring.explain.public_result import PublicResult, PublicState
from scoring.explain.words.marks import MARKS, Mark, mark_of
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import both


@dataclass(frozen=True)
class Printed:
    """What a code says beside the result when it is printed.

    Attributes:
        host: Where it is looked up, in small letters, to be compared with what a telephone opens.
        issuer: Whose authority it is; both languages.
        valid_until: Last day of its validity; a plate has none.
        is_plain: Whether it says nothing of the result.
        is_demo: Whether a key of a demonstration has signed it.
    """

    host: str
    issuer: Mapping[str, str]
    valid_until: date | None = None
    is_plain: bool = False
    is_demo: bool = False


@dataclass(frozen=True)
class Face:
    """The fields printed on a card.

    Attributes:
        name: Name of the enterprise, ``None`` where the source has none.
        enterprise_id: Its unified social credit code or ``scheme:local-id``.
        colour: Colour of its band, ``None`` when not rated or when the scheme has grades only.
        label: Label of the band, or why it is not rated; both languages.
        rank: 1 is best; ``None`` when not rated.
        ranks: Number of bands.
        as_of: Day of the evaluation.
        policy_title: Title of the policy; both languages.
        demonstration: Whether the card must say that the rules are a demonstration.
        fictitious: Whether it must say that the data is made up.
        answer: Said instead of a colour, where no result is shown; both languages.
        printed: Of a signed or random code what else is printed; ``None`` on a card with a plain address.
    """

    name: str | None
    enterprise_id: str
    colour: Colour | None
    label: Mapping[str, str]
    rank: int | None
    ranks: int
    as_of: date
    policy_title: Mapping[str, str]
    demonstration: bool
    fictitious: bool = False
    answer: Mapping[str, str] | None = None
    printed: Printed | None = None

    @property
    def word(self) -> Mapping[str, str]:
        """The word of this card: that of its mark, or what is said instead of a colour."""
        return both("sticker_plain") if self.is_plain else self.answer or self.mark.word

    @property
    def is_plain(self) -> bool:
        """Whether it says nothing of the result."""
        return self.printed is not None and self.printed.is_plain

    @property
    def mark(self) -> Mark:
        """Word, shape and hue of this result; neutral where nothing is said of it."""
        return MARKS["graded"] if self.is_plain else mark_of(self.colour, self.rank is not None)


def face_of(explanation: Explanation) -> Face:
    """The card of an explained result: no points, no reasons, no records."""
    score, band = explanation.score, explanation.band
    gates = {rule.id: rule.label for rule in explanation.rules if rule.kind == "gate"}
    return Face(
        name=score.name,
        enterprise_id=score.enterprise_id,
        colour=band.colour if band else None,
        label=band.label if band else gates.get(score.status_reason or "", MARKS["not_rated"].word),
        rank=band.rank if band else None,
        ranks=len(explanation.bands),
        as_of=score.as_of,
        policy_title=explanation.policy_title,
        demonstration=explanation.demonstration,
        fictitious=explanation.fictitious,
    )


def public_face(
    score: Score, shown: PublicResult, resolved: ResolvedPolicy, *, as_of: date, fictitious: bool
) -> Face:
    """The card that the public sees of a result, where the policy grants it the grounds.

    Args:
        score: The result; of it name and code alone.
        shown: What of it the public sees.
        resolved: The policy of the store.
        as_of: The day of the store's results.
        fictitious: Whether the data is made up.
    """
    band, answer = shown.band, None if shown.band else public_word(shown.state)
    return Face(
        name=score.name,
        enterprise_id=score.enterprise_id,
        colour=band.colour if band else None,
        label=band.label if band else both("public_neutral"),
        rank=band.rank if band else None,
        ranks=len(resolved.policy.bands),
        as_of=as_of,
        policy_title=resolved.policy.title.words,
        demonstration=resolved.demonstration,
        fictitious=fictitious,
        answer=answer,
    )


def public_word(state: PublicState) -> Mapping[str, str]:
    """What is said instead of a colour."""
    return both("not_rated") if state == "not_rated" else both(f"public_{state}")


def page_address(base: str, enterprise_id: str) -> str:
    """Address of an enterprise's page below ``base``, e.g. ``http://127.0.0.1:8000/e/91330802YY0A4HB33B``."""
    return f"{base.rstrip('/')}/e/{quote(enterprise_id, safe=':')}"

"""Whom to inspect in one field of supervision: the share that the grade in this field asks for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scoring.administration.results.current import CurrentResults
from scoring.administration.results.field_bands import bands_in_field
from scoring.entities import code_label, codes
from scoring.errors import UsageError
from scoring.explain.words.grades import band_of, grade_name
from scoring.policy.language.schema import Policy
from scoring.rules.wording import LANGUAGES

WHOLE_BP = 10_000


@dataclass(frozen=True)
class FieldSample:
    """Enterprises that are active in a field, with their grade there; of each grade a share is inspected.

    Attributes:
        field: The field.
        policy: The policy, whose ``supervision`` has the shares.
        bands: Band in the field by enterprise, of results in effect alone.
    """

    field: str
    policy: Policy
    bands: Mapping[str, str]

    @property
    def label(self) -> dict[str, str]:
        """Name of the field in both languages."""
        return {lang: code_label("fields", self.field, lang) for lang in LANGUAGES}

    def grade(self, enterprise_id: str) -> dict[str, str]:
        """The grade of an enterprise in the field, in words."""
        band = band_of(self.bands[enterprise_id], self.policy)
        return grade_name(band) if band else dict.fromkeys(LANGUAGES, self.bands[enterprise_id])

    def quotas(self) -> dict[str, int]:
        """How many of each band are inspected: its share rounded up, so one of few at least."""
        quotas = {}
        for band, count in Counter(self.bands.values()).items():
            supervision = self.policy.supervision.get(band)
            share = supervision.sampling_bp if supervision else 0
            quotas[band] = -(-count * share // WHOLE_BP)
        return quotas

    def chosen(self, in_order: Sequence[str]) -> frozenset[str]:
        """Of enterprises in the order of a list the first of each band, as many as are inspected."""
        left = self.quotas()
        chosen = set()
        for enterprise_id in in_order:
            band = self.bands[enterprise_id]
            if left[band]:
                left[band] -= 1
                chosen.add(enterprise_id)
        return frozenset(chosen)

    def by_band(self) -> list[dict[str, Any]]:
        """By band, best first: enterprises, share in basis points, and how many are inspected."""
        counts, quotas = Counter(self.bands.values()), self.quotas()
        rows = []
        for band in self.policy.bands:
            supervision = self.policy.supervision.get(band.id)
            share = supervision.sampling_bp if supervision else 0
            rows.append({"band": band.id, "enterprises": counts[band.id], "sampling_bp": share})
            rows[-1]["inspected"] = quotas.get(band.id, 0)
        return rows


def field_sample(results: CurrentResults, field: str) -> FieldSample:
    """Who is active in a field by the results in effect.

    Raises:
        UsageError: There is no such field, or the rules of the store have none for it.
    """
    if field not in codes()["fields"]:
        raise UsageError("field_unknown", field=field, known=list(codes()["fields"]))
    policy = results.version.policy
    related = [related.id for related in policy.fields or ()]
    if field not in related:
        raise UsageError("field_without_rules", field=field, policy=policy.id, known=related)
    return FieldSample(field, policy, bands_in_field(results, field))

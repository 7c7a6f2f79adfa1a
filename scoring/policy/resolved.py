"""A policy with everything that it decides by: its law, its points tables and its hashes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from scoring.policy.language.points_table import ModelTable
from scoring.policy.language.schema import MODEL, Indicator, Policy
from scoring.policy.law.applied import Law, load_law
from scoring.policy.law.register import Status
from scoring.policy.read.document import policy_sha256
from scoring.policy.tables import pinned_tables, read_pinned


@dataclass(frozen=True, eq=False)
class ResolvedPolicy:
    """One version of a policy, closed: whoever holds it looks nothing else up.

    Attributes:
        policy: Its content.
        law: The law of finality and of use that it applies.
        tables: The points tables that it pins, by hash.
        sha256: Hash of what it decides (see ``policy_sha256``).
        status: From the register; a file without a register entry is a demonstration.
        path: The file, or where else it was read.
        text: The file's text, for views that show the rule book itself.
    """

    policy: Policy
    law: Law
    tables: Mapping[str, ModelTable]
    sha256: str
    status: Status
    path: str
    text: str

    @property
    def demonstration(self) -> bool:
        """True unless an authority has put the policy in force: every view must say so."""
        return self.status != "in force"

    def table_of(self, indicator: Indicator) -> ModelTable:
        """The points table of an indicator that is a model."""
        return self.tables[str(indicator.sha256)]

    def inputs_of(self, indicator: Indicator) -> tuple[Indicator, ...]:
        """What an indicator that is a model looks at, as indicators without points.

        Of any other the indicator itself.
        """
        return self._inputs.get(indicator.id, (indicator,))

    @cached_property
    def _inputs(self) -> Mapping[str, tuple[Indicator, ...]]:
        models = [indicator for indicator in self.policy.indicators if indicator.aggregate == MODEL]
        return {model.id: self._inputs_of_model(model) for model in models}

    def _inputs_of_model(self, model: Indicator) -> tuple[Indicator, ...]:
        inputs = self.table_of(model).inputs
        return tuple(model_input.indicator(model.group) for model_input in inputs)

    # compiled texts are cached by the policy: two that were read from the same content are the same
    def __eq__(self, other: object) -> bool:
        return isinstance(other, ResolvedPolicy) and self._identity == other._identity

    def __hash__(self) -> int:
        return hash(self._identity)

    @property
    def _identity(self) -> tuple[str, ...]:
        # the text too: labels are shown, though no hash covers them
        return self.sha256, self.law.sha256, self.status, self.path, self.text


def resolve(
    policy: Policy,
    *,
    tables: Iterable[ModelTable] = (),
    status: Status = "demonstration",
    path: str = "",
    text: str = "",
) -> ResolvedPolicy:
    """Brings a policy together with the law and the points tables that it names.

    Args:
        policy: The policy as read.
        tables: Points tables that are at hand; those that the policy pins besides are read from
            their files.
        status: From the register.
        path: Where it was read.
        text: The text that was read.

    Raises:
        PolicyError: There is no such law, or a file of it is not valid.
        ModelError: A points table is not there or not the one that is pinned.
    """
    at_hand = {table.sha256: table for table in tables}
    pinned = {
        table.sha256: at_hand.get(table.sha256) or read_pinned(table.ref, table.sha256)
        for table in pinned_tables(policy)
    }
    return ResolvedPolicy(
        policy=policy,
        law=load_law(policy.finality),
        tables=pinned,
        sha256=policy_sha256(policy),
        status=status,
        path=path,
        text=text,
    )

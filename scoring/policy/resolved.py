"""A policy with everything that it decides by: its law, its points tables and its hashes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from scoring.policy.language.points_table import ModelTable
from scoring.policy.language.schema import MODEL, Indicator, Policy
from scoring.policy.law.applied import Law, lists_content, load_law, policy_content, rules_sha256
from scoring.policy.law.register import RegisteredVersion, Status
from scoring.policy.tables import pinned_tables, read_pinned


@dataclass(frozen=True, eq=False)
class ResolvedPolicy:
    """One version of a policy, closed: whoever holds it looks nothing else up.

    Attributes:
        policy: Its content.
        law: The law of finality and of use that it applies.
        tables: The points tables that it pins, by hash.
        lists: The closed lists that it was written for (see ``lists_content``).
        registered: Its entry in a register, where that pins these very rules.
        path: The file, or where else it was read.
        text: The file's text, for views that show the rule book itself.
    """

    policy: Policy
    law: Law
    tables: Mapping[str, ModelTable]
    lists: str
    registered: RegisteredVersion | None
    path: str
    text: str

    @cached_property
    def rules_sha256(self) -> str:
        """The one hash of everything that a result follows from (see ``rules_sha256``)."""
        return rules_sha256(self.content, self.law.content, self.lists)

    @cached_property
    def content(self) -> str:
        """The policy as canonical JSON."""
        return policy_content(self.policy)

    @property
    def status(self) -> Status:
        """From the register; a file that no register pins is a demonstration."""
        return self.registered.status if self.registered else "demonstration"

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
        # the text too: its comments are shown, though no hash covers them
        return self.rules_sha256, self.status, self.path, self.text


def resolve(
    policy: Policy,
    *,
    law: Law | None = None,
    lists: str = "",
    tables: Iterable[ModelTable] = (),
    registered: RegisteredVersion | None = None,
    path: str = "",
    text: str = "",
) -> ResolvedPolicy:
    """Brings a policy together with the law and the points tables that it names.

    Args:
        policy: The policy as read.
        law: The law that it applied; the shipped one of its name when left out.
        lists: The closed lists that it was written for; the present ones when left out.
        tables: Points tables that are at hand; those that the policy pins besides are read from
            their files.
        registered: Its entry in a register; it counts where it pins these very rules.
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
    resolved = ResolvedPolicy(
        policy=policy,
        law=law or load_law(policy.finality, policy.relations),
        tables=pinned,
        lists=lists or lists_content(),
        registered=registered,
        path=path,
        text=text,
    )
    if registered is None or registered.rules_sha256 == resolved.rules_sha256:
        return resolved
    return replace(resolved, registered=None)

"""What changed from one policy to another: every field of the schema, whatever fields it will have.

The walk knows the shapes (models, models with an ``id``, tables by key, values) and no field by name.
A field that is added to the language of policies is so compared on the day it is added.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from scoring.policy.language.schema import Form, Policy, Text

Entries = Mapping[str, object]
Kind = Literal["added", "removed", "changed", "reordered"]
Path = tuple[str, ...]


@dataclass(frozen=True)
class PolicyDifference:
    """One change.

    Attributes:
        path: Where, as in the file: ``("indicators", "general_penalties", "window_days")``.
        kind: ``reordered`` when the same entries stand in another order.
        old: What stood there, ``None`` if nothing did.
        new: What stands there now.
        entry: Key of the indicator, band, article ... it belongs to; ``None`` where there is none.
        label: Label of that entry, ``None`` where it has none.
        decides: Whether it can change a result: texts in two languages cannot.
    """

    path: Path
    kind: Kind
    old: object
    new: object
    entry: str | None = None
    label: Text | None = None
    decides: bool = True

    @property
    def fields(self) -> Path:
        """Names of the fields below the entry, or below the policy."""
        return self.path[2 if self.entry else 1 :]


def differences(old: Policy, new: Policy) -> list[PolicyDifference]:
    """All changes, in the order of the schema; of entries that were removed last."""
    return list(_compared(old, new, (), None, None))


def fields_of(model: Form) -> dict[str, object]:
    """The fields of a model by the names that stand in the file."""
    fields = type(model).model_fields
    return {info.alias or field_name: getattr(model, field_name) for field_name, info in fields.items()}


def _compared(
    old: object, new: object, path: Path, entry: str | None, label: Text | None
) -> Iterator[PolicyDifference]:
    if old == new:
        return
    if isinstance(old, Form) and type(old) is type(new) and not isinstance(old, Text):
        old_fields, new_fields = fields_of(old), fields_of(new)
        for field_name in old_fields:
            yield from _compared(
                old_fields[field_name], new_fields[field_name], (*path, field_name), entry, label
            )
    elif (entries := _entries(old)) is not None and (others := _entries(new)) is not None:
        yield from _matched(entries, others, path)
        if isinstance(old, tuple):
            yield from _reordered(entries, others, path)
    else:
        # Texts in two languages stand outside of what is hashed.
        decides = not isinstance(new if old is None else old, Text)
        yield PolicyDifference(path, "changed", old, new, entry, label, decides)


def _matched(old: Entries, new: Entries, path: Path) -> Iterator[PolicyDifference]:
    """Entries of two tables by their keys."""
    for entry_key, entry in new.items():
        if entry_key not in old:
            yield PolicyDifference((*path, entry_key), "added", None, entry, entry_key, _label(entry))
        else:
            yield from _compared(old[entry_key], entry, (*path, entry_key), entry_key, _label(entry))
    for entry_key, entry in old.items():
        if entry_key not in new:
            yield PolicyDifference((*path, entry_key), "removed", entry, None, entry_key, _label(entry))


def _reordered(old: Entries, new: Entries, path: Path) -> Iterator[PolicyDifference]:
    """The entries that stay, where they stand in another order."""
    old_order = tuple(entry_key for entry_key in old if entry_key in new)
    new_order = tuple(entry_key for entry_key in new if entry_key in old)
    if old_order != new_order:
        yield PolicyDifference(path, "reordered", old_order, new_order)


def _entries(value: object) -> Entries | None:
    """A table, or a list of models with ids, by key; ``None`` for anything else."""
    if isinstance(value, dict):
        return value
    if not isinstance(value, tuple) or not all(map(_has_id, value)):
        return None
    # A form in general has no id, so it is asked for by name.
    return {str(getattr(model, "id")): model for model in value}  # noqa: B009


def _has_id(value: object) -> bool:
    return isinstance(value, Form) and "id" in type(value).model_fields


def _label(entry: object) -> Text | None:
    """The label, else the title, of an entry."""
    texts = (getattr(entry, field_name, None) for field_name in ("label", "title"))
    return next((text for text in texts if isinstance(text, Text)), None)

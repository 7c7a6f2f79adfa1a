"""Cells: records that every indicator of a policy treats alike share a number, found once per record by look-up.

Which indicators see a record, and at what weight, depends on a few coded columns and its age alone. So the policy is laid
out as tables: codes lead to a *class* (the uses that select the record), class and age to a *cell*, and a cell to the
percent that each use counts. Asked condition by condition, fifty indicators would cost fifty comparisons per record.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import product

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from scoring.entities import CODED_COLUMNS, code_number, codes
from scoring.policy.language.schema import SELECTED_COLUMNS, Select, SelectedColumn

LOOK_UP, LOOK_UP_CODE = "LOOK_UP", "LOOK_UP_CODE"
"""What the text calls the element of an array, counted from 1, and the value of a key; each dialect has its own names (``compile``)."""
COLUMNS: tuple[SelectedColumn, ...] = tuple(column for column in SELECTED_COLUMNS if column != "kind")
"""Coded columns that a selection may test besides the kind."""


@dataclass(frozen=True)
class Selection:
    """One way to look at records: what is selected (by each of ``selects``), for how long, and how the weight fades.

    Attributes:
        selects: All of them must select the record.
        window_days: Ages 0 to ``window_days`` - 1 are in the window.
        age_weights: Pairs (age below, percent); ``None``: 100 percent throughout.
    """

    selects: tuple[Select, ...]
    window_days: int
    age_weights: tuple[tuple[int, int], ...] | None = None

    def about(self, kind: str) -> bool:
        """Whether records of the kind can be selected."""
        return all(select.takes("kind", kind) for select in self.selects)

    def tells_apart(self, column: SelectedColumn) -> bool:
        """Whether the column can decide about a record."""
        return any(select.tells_apart(column) for select in self.selects)

    def takes(self, column: SelectedColumn, code: str | None) -> bool:
        """Whether a record with this code is selected as far as the column goes (``Select.takes``)."""
        return all(select.takes(column, code) for select in self.selects)

    def percent(self, age: int) -> int:
        """What a selected record of this age counts."""
        if age >= self.window_days:
            return 0
        if self.age_weights is None:
            return 100
        return next((weight for limit, weight in self.age_weights if age < limit), 0)


class Cells:
    """The tables of some uses.

    Attributes:
        percents: For every use, the percent by cell; cell 0 is of no use to any.
    """

    def __init__(self, uses: Sequence[Selection]) -> None:
        self._uses = uses
        self._limits = sorted(
            {day for use in uses for day in (use.window_days, *(limit for limit, _ in use.age_weights or ()))}
        )
        self._alike = {column: _alike(column, uses) for column in COLUMNS}
        kinds = list(codes()["kinds"])
        self._starts = [0] * (len(kinds) + 1)
        self._strides = {column: [0] * (len(kinds) + 1) for column in COLUMNS}
        classes: dict[frozenset[int], int] = {frozenset(): 0}
        self._classes = [0]
        for kind in kinds:
            self._add_kind(
                code_number("kind", kind), [n for n, use in enumerate(uses) if use.about(kind)], classes
            )
        cells: dict[tuple[int, ...], int] = {(0,) * len(uses): 0}
        self._cells = [
            cells.setdefault(
                tuple(use.percent(age) if n in seen else 0 for n, use in enumerate(uses)), len(cells)
            )
            for seen in classes
            for age in (0, *self._limits)
        ]
        self.percents = list(zip(*cells, strict=True))

    def _add_kind(self, number: int, about: Sequence[int], classes: dict[frozenset[int], int]) -> None:
        """Lays out one address for each combination of what the uses about a kind tell apart."""
        if not about:
            return
        columns = [c for c in COLUMNS if any(self._uses[n].tells_apart(c) for n in about)]
        self._starts[number] = len(self._classes)
        stride = 1
        for column in reversed(columns):
            self._strides[column][number] = stride
            stride *= len(self._alike[column])
        for found in product(*(self._alike[c] for c in columns)):
            seen = frozenset(n for n in about if all(n in sees for sees in found))
            self._classes.append(classes.setdefault(seen, len(classes)))

    def about(self, kind: ir.IntegerValue) -> ir.BooleanValue:
        """Whether any use is about records of the kind; the others neither count nor displace."""
        return among(kind, [number for number, start in enumerate(self._starts) if start])

    def of(self, t: ir.Table, age: ir.IntegerValue) -> ir.IntegerValue:
        """The cell of every record, null where its kind or age is."""
        address = _look_up_code(self._starts[1:], t.kind)
        for column, strides in self._strides.items():
            if any(strides):
                address += _look_up_code(strides[1:], t.kind) * ibis.coalesce(
                    _look_up_code(self._groups(column), t[column]), 0
                )
        step = ibis.cases(
            *[(age < limit, _small(n)) for n, limit in enumerate(self._limits)],
            else_=_small(len(self._limits)),
        )
        return look_up(self._cells, look_up(self._classes, address) * (len(self._limits) + 1) + step).cast(
            "int32"
        )

    def _groups(self, column: SelectedColumn) -> list[int]:
        """By code number, which of the groups of codes that all uses see alike; null, which has no number, is of the first."""
        return [self._alike[column].index(_seen_by(column, code, self._uses)) for code in _known(column)[1:]]


def _alike(column: SelectedColumn, uses: Sequence[Selection]) -> list[frozenset[int]]:
    """Groups of codes that no use tells apart, each as the uses that see it; what null is seen as comes first."""
    return list(dict.fromkeys(_seen_by(column, code, uses) for code in _known(column)))


def _known(column: str) -> list[str | None]:
    return [None, *codes()[CODED_COLUMNS[column]]]


def _seen_by(column: SelectedColumn, code: str | None, uses: Sequence[Selection]) -> frozenset[int]:
    return frozenset(n for n, use in enumerate(uses) if use.takes(column, code))


@ibis.udf.scalar.builtin(name=LOOK_UP)  # type: ignore[untyped-decorator]
def _element(table: dt.Array[dt.int64], number: int) -> int:  # type: ignore[empty-body]
    """The function of that name; Ibis reads no more than its signature."""


@ibis.udf.scalar.builtin(name=LOOK_UP_CODE)  # type: ignore[untyped-decorator]
def _of_code(table: dt.Map[dt.int32, dt.int64], code: int) -> int:  # type: ignore[empty-body]
    """The function of that name."""


@ibis.udf.scalar.builtin(name="ARRAY_CONTAINS")  # type: ignore[untyped-decorator]
def _contains(numbers: dt.Array[dt.int32], code: int) -> bool:  # type: ignore[empty-body]
    """The function of that name; ``contains`` of Ibis takes null for *no* in some dialects."""


def look_up(values: Iterable[int], index: ir.IntegerValue) -> ir.IntegerValue:
    """The value at an index counted from 0, null for a null index.

    Not ``table[index]``: Ibis would write the index twice, and so a look-up within a look-up four times.
    """
    found: ir.IntegerValue = _element(ibis.literal(list(values), type="array<int64>"), index + 1)
    return found


def _look_up_code(values: Sequence[int], code: ir.IntegerValue) -> ir.IntegerValue:
    """The value of a code by its number, the first being that of number 1; null for null.

    DuckDB asks a function that cannot fail once per entry of a dictionary and not once per record. The element of an array
    and the sum of two numbers can fail; the value of a key cannot, and neither can ``among``.
    """
    found: ir.IntegerValue = _of_code(
        ibis.literal(dict(enumerate(values, start=1)), type="map<int32, int64>"), code
    )
    return found


def among(code: ir.IntegerValue, numbers: Collection[int]) -> ir.BooleanValue:
    """Whether the number of a code is one of ``numbers``, null for null.

    Not ``isin``: DuckDB turns five numbers and more into a join, behind which no column is a dictionary any more.
    """
    if len(numbers) == 1:
        return code == next(iter(numbers))
    found: ir.BooleanValue = _contains(ibis.literal(sorted(numbers), type="array<int32>"), code)
    return found


def _small(number: int) -> ir.IntegerScalar:
    return ibis.literal(number, type="int32")

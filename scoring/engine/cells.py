"""Cells: records that all indicators of a policy treat alike share a number, looked up once a record.

Which indicators see a record, and at what weight, depends on a few coded columns and its age alone.
So the policy is laid out as tables: codes lead to a *class* (the selections that take the record),
class and age to a *cell*, and a cell to the percent that each counts. Compared condition by
condition, fifty indicators would cost fifty comparisons per record.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from scoring.entities import CODED_COLUMNS, code_number, codes
from scoring.policy.language.schema import SELECTED_COLUMNS, Select, SelectedColumn

LOOK_UP, LOOK_UP_CODE, TABLE = "LOOK_UP", "LOOK_UP_CODE", "LOOK_UP_TABLE"
"""What the text calls the element of an array, counted from 1, the value of a key, and an array of numbers.

Each dialect has its own names for them (``compile``). A table is one literal of text: thousands of
literals would each be parsed and planned.
"""
COLUMNS: tuple[SelectedColumn, ...] = tuple(column for column in SELECTED_COLUMNS if column != "kind")
"""Coded columns that a selection may test besides the kind."""


@dataclass(frozen=True)
class Selection:
    """One way to look at records: what is selected, for how long, and how the weight fades.

    Attributes:
        selects: All of them must select the record.
        window_days: Ages 0 to ``window_days`` - 1 are in the window.
        age_weights: Pairs (age below, percent); ``None``: 100 percent throughout.
        percent_of: What of that percent such records count.
    """

    selects: tuple[Select, ...]
    window_days: int
    age_weights: tuple[tuple[int, int], ...] | None = None
    percent_of: int = 100

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
            return self.percent_of
        by_age = next((weight for below_age, weight in self.age_weights if age < below_age), 0)
        return by_age * self.percent_of // 100


class Cells:
    """The tables of some selections.

    Attributes:
        percents: For every selection, the percent by cell; in cell 0 nothing counts.
    """

    def __init__(self, selections: Sequence[Selection]) -> None:
        self._selections = selections
        self._limits = _ages_of_change(selections)
        self._alike = {column: _alike(column, selections) for column in COLUMNS}
        kinds = list(codes()["kinds"])
        # Numbers of codes count from 1: position 0 stands for no kind, which leads to class 0.
        self._starts = [0] * (len(kinds) + 1)
        self._strides = {column: [0] * (len(kinds) + 1) for column in COLUMNS}
        self._classes = [0]
        classes: dict[frozenset[int], int] = {frozenset(): 0}
        for kind_code in kinds:
            about = [number for number, selection in enumerate(selections) if selection.about(kind_code)]
            if about:
                self._add_kind(code_number("kind", kind_code), about, classes)
        cells = {(0,) * len(selections): 0}
        self._cells = []
        for seen_by, age in product(classes, (0, *self._limits)):
            percents = _percents_at(age, seen_by, selections)
            self._cells.append(cells.setdefault(percents, len(cells)))
        self.percents = list(zip(*cells, strict=True))

    def _add_kind(self, number: int, about: Sequence[int], classes: dict[frozenset[int], int]) -> None:
        """Lays out one address for each combination of what the selections about a kind tell apart."""
        columns = [column for column in COLUMNS if self._tells_apart(column, about)]
        self._starts[number] = len(self._classes)
        stride = 1
        for column in reversed(columns):
            self._strides[column][number] = stride
            stride *= len(self._alike[column])
        for combination in product(*(self._alike[column] for column in columns)):
            seen_by = frozenset(about).intersection(*combination)
            self._classes.append(classes.setdefault(seen_by, len(classes)))

    def _tells_apart(self, column: SelectedColumn, about: Sequence[int]) -> bool:
        return any(self._selections[number].tells_apart(column) for number in about)

    def ages_by_kind(self) -> dict[str, set[int]]:
        """By kind the ages, in days, from which on some record of it counts otherwise."""
        ages: dict[str, set[int]] = {}
        for kind in codes()["kinds"]:
            about = [selection for selection in self._selections if selection.about(kind)]
            ages[kind] = set(_ages_of_change(about))
        return ages

    def about(self, kind: ir.IntegerValue) -> ir.BooleanValue:
        """Whether anything selects records of the kind; the others neither count nor displace."""
        return among(kind, [number for number, start in enumerate(self._starts) if start])

    def of(self, t: ir.Table, age: ir.IntegerValue) -> ir.IntegerValue:
        """The cell of every record, null where its kind or age is."""
        address = _look_up_code(self._starts[1:], t.kind)
        for column, strides in self._strides.items():
            if any(strides):
                group = ibis.coalesce(_look_up_code(self._groups(column), t[column]), 0)
                address += _look_up_code(strides[1:], t.kind) * group
        steps = len(self._limits) + 1
        branches = [(age < limit, _int32(number)) for number, limit in enumerate(self._limits)]
        step = ibis.cases(*branches, else_=_int32(steps - 1))
        return look_up(self._cells, look_up(self._classes, address) * steps + step).cast("int32")

    def _groups(self, column: SelectedColumn) -> list[int]:
        """By code number the group of codes, seen alike by all selections, that a code is in.

        Null, which has no number, is of the first.
        """
        groups = self._alike[column]
        return [
            groups.index(_seen_by(column, code, self._selections)) for code in _codes_and_null(column)[1:]
        ]


def _ages_of_change(selections: Sequence[Selection]) -> list[int]:
    """Ages, in days, from which on a record counts otherwise."""
    age_limits = {selection.window_days for selection in selections}
    for selection in selections:
        age_limits.update(limit for limit, _percent in selection.age_weights or ())
    return sorted(age_limits)


def _percents_at(age: int, seen_by: frozenset[int], selections: Sequence[Selection]) -> tuple[int, ...]:
    """What a record of this age counts for every selection, if those in ``seen_by`` select it."""
    return tuple(
        selection.percent(age) if number in seen_by else 0 for number, selection in enumerate(selections)
    )


def _alike(column: SelectedColumn, selections: Sequence[Selection]) -> list[frozenset[int]]:
    """Groups of codes that no selection tells apart, each as the selections that see it.

    That of null comes first.
    """
    return list(dict.fromkeys(_seen_by(column, code, selections) for code in _codes_and_null(column)))


def _codes_and_null(column: str) -> list[str | None]:
    return [None, *codes()[CODED_COLUMNS[column]]]


def _seen_by(column: SelectedColumn, code: str | None, selections: Sequence[Selection]) -> frozenset[int]:
    return frozenset(number for number, selection in enumerate(selections) if selection.takes(column, code))


@ibis.udf.scalar.builtin(name=LOOK_UP)  # type: ignore[untyped-decorator]
def _element(table: dt.Array[dt.int64], number: int) -> int:  # type: ignore[empty-body]
    """The function of that name; Ibis reads no more than its signature."""


@ibis.udf.scalar.builtin(name=TABLE)  # type: ignore[untyped-decorator]
def _table(numbers: str) -> dt.Array[dt.int64]:
    """The function of that name; ``numbers`` has commas between them."""


@ibis.udf.scalar.builtin(name=LOOK_UP_CODE)  # type: ignore[untyped-decorator]
def _of_code(table: dt.Map[dt.int32, dt.int64], code: int) -> int:  # type: ignore[empty-body]
    """The function of that name."""


@ibis.udf.scalar.builtin(name="ARRAY_CONTAINS")  # type: ignore[untyped-decorator]
def _contains(numbers: dt.Array[dt.int32], code: int) -> bool:  # type: ignore[empty-body]
    """The function of that name; ``contains`` of Ibis takes null for *no* in some dialects."""


def look_up(values: Iterable[int], index: ir.IntegerValue) -> ir.IntegerValue:
    """The value at an index counted from 0, null for a null index.

    Not ``table[index]``: Ibis would write the index twice, and so a look-up within a look-up four
    times.
    """
    numbers = _table(",".join(map(str, values)))
    element: ir.IntegerValue = _element(numbers, index + 1)
    return element


def _look_up_code(values: Sequence[int], code: ir.IntegerValue) -> ir.IntegerValue:
    """The value of a code by its number, the first being that of number 1; null for null.

    DuckDB calls a function that cannot fail once per entry of a dictionary and not once per record.
    The element of an array and the sum of two numbers can fail; the value of a key cannot, nor can
    ``among``.
    """
    return look_up_number(dict(enumerate(values, start=1)), code)


def look_up_number(values: Mapping[int, int], code: ir.IntegerValue) -> ir.IntegerValue:
    """The value of a code by its number, null for null and for a code that has none."""
    number: ir.IntegerValue = _of_code(ibis.literal(dict(values), type="map<int32, int64>"), code)
    return number


def among(code: ir.IntegerValue, numbers: Collection[int]) -> ir.BooleanValue:
    """Whether the number of a code is one of ``numbers``, null for null.

    Not ``isin``: DuckDB turns five numbers and more into a join, behind which no column is a
    dictionary.
    """
    if len(numbers) == 1:
        return code == next(iter(numbers))
    contained: ir.BooleanValue = _contains(ibis.literal(sorted(numbers), type="array<int32>"), code)
    return contained


def _int32(number: int) -> ir.IntegerScalar:
    return ibis.literal(number, type="int32")

"""The items of inspection: whole, and refused where one makes no sense."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from casework import DAY, FOREIGN, OWN

from scoring.administration.inspection.inspection_items import ITEMS, published_items, read_items
from scoring.errors import PolicyError

WRONG = {
    "item_twice": ('id = "food_storage"', 'id = "food_licence"'),
    "item_of_nobody": ('authority = "fire"', 'authority = "weather"'),
    "item_ground": (
        'instrument = "fire_law", article = "第二十八条"',
        'instrument = "fire_law", article = "28"',
    ),
}


def test_there_are_thirty_items() -> None:
    """In both languages, each with a ground that is told, and with key items in every field."""
    items = published_items().items.values()
    fields = Counter(item.field for item in items)
    assert 30 == len(items) and set(fields) == {item.field for item in items if item.key}
    assert all(item.text.zh and item.text.en and item.ground.words["zh"] for item in items)
    assert 20 == sum(1 for item in items if item.authority == "market")


@pytest.mark.parametrize("code", WRONG)
def test_a_wrong_item_is_refused(tmp_path: Path, code: str) -> None:
    """An id that stands twice, an authority that has not the field, an article that is none."""
    right, wrong = WRONG[code]
    text = ITEMS.read_text(encoding="utf-8")
    assert right in text
    file = tmp_path / "items.toml"
    file.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(PolicyError) as refused:
        read_items(file)
    assert code == refused.value.code


def test_a_power_that_was_handed_on_takes_its_items_along() -> None:
    """An authority looks at what lies in the fields of which it has the power on the day."""
    own = {item.field for item in published_items().of_office(OWN, DAY)}
    other = {item.field for item in published_items().of_office(FOREIGN, DAY)}
    assert ({"food", "market", "special_equipment"}, {"environment"}) == (own, other)

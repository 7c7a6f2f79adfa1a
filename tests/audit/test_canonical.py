"""Canonical JSON: the bytes that RFC 8785 prescribes,
and nothing that two programmes could write differently.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.store.log.canonical_json import dumps

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
INTEGERS = st.integers(-(2**53) + 1, 2**53 - 1)
VALUES = st.recursive(
    st.none() | st.booleans() | INTEGERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
)


def test_keys_are_sorted_as_in_the_rfc() -> None:
    """Keys follow their UTF-16 code units, so a surrogate pair sorts before U+FB33 (RFC 8785,
    3.2.3).
    """
    keys = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7}
    assert list(json.loads(dumps(keys))) == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


def test_texts_are_escaped_as_in_the_rfc() -> None:
    """Only what must be escaped is escaped, in its shortest form (RFC 8785, 3.2.2.2)."""
    value = {"string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/", "literals": [None, True, False]}
    expected = '{"literals":[null,true,false],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    assert dumps(value) == expected.encode()


@given(VALUES)
def test_what_is_written_is_read_back(value: Any) -> None:
    """No value is changed by being written, and writing what was read gives the same bytes."""
    written = dumps(value)
    assert json.loads(written) == value
    assert dumps(json.loads(written)) == written


@pytest.mark.parametrize("value", [1.0, {1: "a"}, {"a": b"b"}, {"a": {2}}])
def test_other_types_are_refused(value: Any) -> None:
    """What JSON of integers does not know raises a TypeError and is never guessed at."""
    with pytest.raises(TypeError):
        dumps(value)


@pytest.mark.parametrize("value", [2**53, [-(2**53)], "\ud800", {"\udc00": 1}])
def test_what_readers_would_change_is_refused(value: Any) -> None:
    """Integers that a reader would round and halves of surrogate pairs raise a ValueError."""
    with pytest.raises(ValueError, match=r"2\^53|surrogates"):
        dumps(value)

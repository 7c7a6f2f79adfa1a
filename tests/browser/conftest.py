"""A Chromium for the tests of a module: two of them cannot be driven at once in one process."""

from __future__ import annotations

from collections.abc import Iterator

import chromium
import pytest
from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium of this machine."""
    with chromium.opened() as opened:
        yield opened

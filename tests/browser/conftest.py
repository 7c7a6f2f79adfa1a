"""One Chromium for all tests in the browser."""

from __future__ import annotations

from collections.abc import Iterator

import chromium
import pytest
from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium of this machine."""
    with chromium.opened() as opened:
        yield opened

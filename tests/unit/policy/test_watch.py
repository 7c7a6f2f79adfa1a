"""The law watch: what is stale, what is unread, and what rests on an instrument."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scoring.policy.load import load_policy
from scoring.policy.read.instruments import instruments
from scoring.policy.watch import STALE_DAYS, grounds_of, stale_on, watched

POLICY = load_policy("quzhou-demo@2026-04-01", None).policy
GROUNDS = list(grounds_of([POLICY]))


@pytest.mark.parametrize(("days", "stale"), [(STALE_DAYS, False), (STALE_DAYS + 1, True)])
def test_an_instrument_grows_stale(days: int, stale: bool) -> None:
    """An instrument is stale once nobody has looked at it for more than 90 days."""
    day = instruments()["zj_credit"].checked_on + timedelta(days=days)
    entry = next(entry for entry in watched(GROUNDS, day) if entry.instrument.id == "zj_credit")
    assert (days, stale) == (entry.age, entry.is_stale)
    assert stale is ("zj_credit" in [entry.instrument.id for entry in stale_on(POLICY, day)])


def test_grounds_are_counted_by_article() -> None:
    """Of an instrument each article is one ground, wherever and however often it is rested on."""
    day = instruments()["zj_credit"].checked_on
    entry = next(entry for entry in watched(GROUNDS, day) if entry.instrument.id == "zj_credit")
    paragraphs = {"第十一条第（二）项", "第十一条第（三）项", "第十一条第（四）项"}
    articles = {*paragraphs, "第十六条", "第二十二条", "第二十三条"}
    assert (articles, 6) == ({ground.article for ground in entry.grounds}, entry.distinct)
    assert ("finality/zhejiang-11", "quzhou-demo@2026-04-01", "retention/zhejiang-credit") == entry.places


def test_unread_amendments_are_known() -> None:
    """What is reported and unread is on the list: the disclosure regulation, the abnormal list, two market measures."""
    unread = {name for name, instrument in instruments().items() if instrument.amendments}
    assert {"disclosure", "abnormal_list", "disclosure_checks", "samr44", "samr45"} <= unread


def test_every_policy_s_law_is_watched() -> None:
    """All citations of a policy, of its profile and of the law of use that it applies are grounds."""
    places = {ground.where for ground in GROUNDS}
    assert {"finality/zhejiang-11", "retention/ndrc-36", "quzhou-demo@2026-04-01"} <= places
    own = [ground for ground in GROUNDS if ground.where == "quzhou-demo@2026-04-01"]
    assert len(POLICY.legal) == len(own)

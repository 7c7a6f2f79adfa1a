"""Enterprises of a store looked for by name and code, and all of its colours as a file."""

from __future__ import annotations

import csv
import json
import sqlite3
from pathlib import Path
from typing import Any

import postgres
import pytest
from city import SCORED_ON, city_calls

from scoring.administration.results.current import CurrentResults
from scoring.administration.results.reader import open_results
from scoring.administration.results.search import EnterpriseSearch
from scoring.cli.show.store import found_table
from scoring.entities import silent


@pytest.fixture(scope="module")
def results(city: Path) -> CurrentResults:
    """The results of the scored sample."""
    return open_results(str(city))


def ids(results: CurrentResults, text: str) -> list[str]:
    """Codes of who is found."""
    return [score.enterprise_id for score in results.find(EnterpriseSearch(text), limit=500)[1]]


@pytest.mark.parametrize(
    "text",
    [
        "91330803YYD0WPTTX3",
        "91330803yyd0wpttx3",
        "9133 0803 YYD0 WPTT X3",
        "91330803-YYD0WPTTX3",
        "９１３３０８０３ＹＹＤ０ＷＰＴＴＸ３",
        "衢江 安茗餐饮",
        "餐饮 安茗 衢江",
        "安茗 D0WP",
        " 安茗　餐饮 ",
        "（安茗）餐饮",
    ],
)
def test_every_way_of_typing_finds_the_same(results: CurrentResults, text: str) -> None:
    """Small letters, groups, hyphens, full width and words in any order mean the same enterprise."""
    assert ["91330803YYD0WPTTX3"] == ids(results, text)


def test_all_words_must_be_there(results: CurrentResults) -> None:
    """Words narrow a search down, an empty one finds all, and marks alone nobody."""
    assert (300, [], []) == (len(ids(results, "")), ids(results, "安茗 没有这个词"), ids(results, "%_%"))
    assert set(ids(results, "柯城 商贸")) == set(ids(results, "柯城")) & set(ids(results, "商贸"))


HEADS = {
    "zh": ("代码", "名称", "区划", "颜色", "分数", "柯城区 ", "黄码（第3级）", "730"),
    "en": ("Code", "Name", "District", "Colour", "points", "柯城区 ", "Yellow (rank 3)", "730"),
}


@pytest.mark.parametrize("columns", ["80", "120"])
@pytest.mark.parametrize("lang", HEADS)
def test_find_shows_a_table(sise: Any, city: Path, lang: str, columns: str) -> None:
    """Code, name, district, colour in words and points, with no code torn at either width."""
    done = sise("db", "find", "安茗 商贸", "--database", city, "--lang", lang, COLUMNS=columns)
    assert (0, "") == (done.returncode, done.stderr)
    expected = (*HEADS[lang], "91330802YYJFBM480Y")
    assert [] == [word for word in expected if word not in done.stdout]
    assert max(map(len, done.stdout.splitlines())) <= int(columns)


def test_find_as_json(sise: Any, city: Path) -> None:
    """The same as data: how many there are in all, and as many rows as were asked for."""
    found = json.loads(sise("db", "find", "柯城", "--top", 2, "--format", "json", "--database", city).stdout)
    assert (True, 2) == (found["count"] > 2, len(found["enterprises"]))
    whole = json.loads(sise("db", "find", "安茗商贸", "--format", "json", "--database", city).stdout)
    assert {
        "enterprise_id": "91330802YYJFBM480Y",
        "name": "柯城区虚构安茗商贸有限公司",
        "district_code": "330802",
        "colour": "yellow",
        "band": "C",
        "points": 730,
        "as_of": "2026-09-30",
    } == whole["enterprises"][0]


def test_nobody_found_is_a_sentence(results: CurrentResults) -> None:
    """Where nobody is found there is no empty table."""
    assert "Nobody found" in str(found_table(0, [], {}, results.version.policy, "en"))


def rows_of(file: Path) -> list[dict[str, str]]:
    """The rows of a CSV file for Excel."""
    assert b"\xef\xbb\xbf" == file.read_bytes()[:3]
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_colours_are_written_whole_and_in_order(sise: Any, city: Path, tmp_path: Path) -> None:
    """All enterprises by code, in words and numbers, under Chinese or English heads."""
    for lang in ("zh", "en"):
        done = sise("db", "colours", "--out", tmp_path / f"{lang}.csv", "--database", city, "--lang", lang)
        assert (0, True) == (done.returncode, f"{lang}.csv" in done.stderr)
    chinese, english = rows_of(tmp_path / "zh.csv"), rows_of(tmp_path / "en.csv")
    codes = [row["code"] for row in english]
    assert (300, sorted(codes)) == (len(codes), codes)
    row = next(row for row in chinese if row["统一社会信用代码"] == "91330802YYJFBM480Y")
    assert {
        "统一社会信用代码": "91330802YYJFBM480Y",
        "名称": "柯城区虚构安茗商贸有限公司",
        "区划": "柯城区（330802）",
        "颜色": "黄码",
        "等级": "第3级 / 共4级 提高抽查",
        "得分": "730",
        "评价日期": "2026-09-30",
        "评价规则": "quzhou-demo@2026-04-01",
        "拟调整为": "",
        "说明": "演示规则，非任何机关的评价。虚构数据，不涉及任何真实企业。分值为本规则自定，非法律规定。",
    } == row
    assert {"Blue", "Green", "Yellow", "Red", "Not rated"} == {row["colour"] for row in english}
    assert [] == [row for row in english if (row["colour"] == "Not rated") != (row["points"] == "")]


def test_colours_hold_no_formula_and_what_is_proposed(sise: Any, city: Path, tmp_path: Path) -> None:
    """A name that would run in a spreadsheet is text there; an open proposal is named beside the colour in effect."""
    store = tmp_path / "sise.db"
    store.write_bytes(city.read_bytes())
    who = "91330802YYJFBM480Y"
    entry = ("--ground", "filed", "--by", "mia", "--database", store)
    fact = ("kind=serious_violation_listing", "severity=serious", "decided_on=2026-09-28")
    assert 0 == sise("record", "add", who, *fact, *entry, today=SCORED_ON).returncode
    with sqlite3.connect(store) as connection:
        connection.execute("UPDATE standing SET name = '=1+1' WHERE enterprise_id = ?", (who,))
    assert 0 == sise("db", "colours", "--out", tmp_path / "c.csv", "--database", store).returncode
    row = next(row for row in rows_of(tmp_path / "c.csv") if row["code"] == who)
    assert ("'=1+1", "Yellow", "Red (rank 4)") == (row["name"], row["colour"], row["proposed"])


def test_colours_are_written_whole_or_not_at_all(
    results: CurrentResults, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where writing breaks off the older file stays as it was and nothing else is left."""
    from scoring.administration.results import colours

    (tmp_path / "c.csv").write_text("older")

    def broken(*_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(colours, "district_shown", broken)
    with pytest.raises(OSError, match="No space"):
        colours.write_colours(results, tmp_path / "c.csv", "en", silent)
    assert ("older", ["c.csv"]) == (
        (tmp_path / "c.csv").read_text(),
        [path.name for path in tmp_path.iterdir()],
    )


def test_both_databases_say_the_same(sise: Any, city: Path, tmp_path: Path) -> None:
    """In PostgreSQL, where rejected rows need a file that is named, the same is found and written, byte for byte."""
    with postgres.server() as server, postgres.fresh(server) as address:
        source = ("--source", "canonical:data/sample", "--by", "mia")
        calls = city_calls(tmp_path / "rejects.csv")
        for call in [*calls, ("db", "colours", "--out", tmp_path / "postgres.csv")]:
            if call[:2] == ("db", "import"):
                refused = sise("db", "import", *source, "--database", address)
                assert (2, True) == (refused.returncode, "--rejects rejects.csv" in refused.stderr)
            done = sise(*call, "--database", address, today=SCORED_ON)
            assert (0, "") == (done.returncode, "" if done.returncode == 0 else done.stderr)
        listed = sise("db", "find", "衢江 安茗餐饮", "--format", "json", "--database", address).stdout
    assert 0 == sise("db", "colours", "--out", tmp_path / "sqlite.csv", "--database", city).returncode
    assert (tmp_path / "sqlite.csv").read_bytes() == (tmp_path / "postgres.csv").read_bytes()
    assert listed == sise("db", "find", "衢江 安茗餐饮", "--format", "json", "--database", city).stdout

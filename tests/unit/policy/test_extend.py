"""``extends``: a policy that is another one but for what it says itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from scoring.errors import PolicyError
from scoring.policy.check.checks import check_file
from scoring.policy.language.schema import Band, Gate, Indicator, Policy
from scoring.policy.load import read_policy_file
from scoring.policy.read import extend
from scoring.policy.read.document import policy_sha256

GOOD = (Path(__file__).resolve().parents[2] / "bad_rules" / "good.toml").read_text(encoding="utf-8")
HEAD = 'id = "child"\nvalid_from = 2026-05-01\nextends = "small@2026-04-01"\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of released policies that holds the good one."""
    monkeypatch.setattr(extend, "POLICIES", tmp_path)
    _write(tmp_path, "small", "2026-04-01", GOOD)
    return tmp_path


def _write(folder: Path, name: str, day: str, text: str) -> Path:
    path = folder / name / f"{day}.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _child(folder: Path, text: str, head: str = HEAD) -> Path:
    return _write(folder, "child", "2026-05-01", head + text)


def _read(folder: Path, text: str, head: str = HEAD) -> Policy:
    return read_policy_file(_child(folder, text, head)).policy


def _base(folder: Path) -> Policy:
    return read_policy_file(folder / "small" / "2026-04-01.toml").policy


def ids(entries: Sequence[Indicator | Gate | Band]) -> list[str]:
    """Ids of some entries, in order."""
    return [entry.id for entry in entries]


def test_what_is_not_said_stays(folder: Path) -> None:
    """A child that only gives its own name and day is the base in everything else."""
    base, child = _base(folder), _read(folder, "")
    changed = {name for name in Policy.model_fields if getattr(base, name) != getattr(child, name)}
    assert {"id", "valid_from"} == changed


def test_entries_merge_by_id(folder: Path) -> None:
    """What an entry gives replaces, what it leaves out stays, and its place in the list stays too."""
    base = _base(folder)
    target = base.indicators[0]
    child = _read(folder, f'[[indicators]]\nid = "{target.id}"\nwindow_days = 77\n')
    assert ids(base.indicators) == ids(child.indicators)
    assert target.model_copy(update={"window_days": 77}) == child.indicators[0]


def test_new_entries_come_last(folder: Path) -> None:
    """An id that the base does not hold is added after its entries, in the order of the child."""
    new = '[[gates]]\nid = "{}"\nlabel = {{ zh = "外", en = "outside" }}\nany = [{{ enterprise = "industry_code", outside = ["E"] }}]\n'
    base, child = _base(folder), _read(folder, new.format("second") + new.format("first"))
    assert [*ids(base.gates), "second", "first"] == ids(child.gates)


def test_bands_keep_their_order(folder: Path) -> None:
    """A child that moves a cut-off does not move the band: order is best to worst, as in the base."""
    base = _base(folder)
    best, last = base.bands[0], base.bands[-1]
    child = _read(
        folder,
        f'[[bands]]\nid = "{last.id}"\nlabel = {{ zh = "末", en = "last" }}\n[[bands]]\nid = "{best.id}"\nfrom = 95\n',
    )
    assert ids(base.bands) == ids(child.bands)
    assert (95, "last") == (child.bands[0].from_, child.bands[-1].label.en)


def test_drop_takes_entries_out(folder: Path) -> None:
    """A dropped id is gone, the others keep their order."""
    base = _base(folder)
    name = base.indicators[-1].id
    child = _read(folder, "", HEAD + f'drop = {{ indicators = ["{name}"] }}\n')
    assert ids(base.indicators[:-1]) == ids(child.indicators)


def test_tables_merge_by_key(folder: Path) -> None:
    """Of a table only the keys that are given change; a title is one sentence and is replaced whole."""
    base = _base(folder)
    band = base.bands[-1].id
    child = _read(folder, f"[scale]\nper_point = 10\n[supervision.{band}]\nsampling_bp = 9999\n")
    assert base.scale.model_copy(update={"per_point": 10}) == child.scale
    assert (set(base.supervision), 9999) == (set(child.supervision), child.supervision[band].sampling_bp)
    half = _child(folder, "", HEAD + 'title = { zh = "子规则" }\n')
    with pytest.raises(PolicyError, match=r"title\.en: en is missing"):
        read_policy_file(half)


def test_plain_lists_are_replaced(folder: Path) -> None:
    """A list without ids, such as the subjects, is what the child says."""
    assert ("branch",) == _read(folder, "", HEAD + 'subjects = ["branch"]\n').subjects


def test_points_are_given_one_way(folder: Path) -> None:
    """A line takes the place of the bins of the base, and bins that of a line."""
    countable = [
        given for given in _base(folder).indicators if given.aggregate not in ("sum", "weighted_sum")
    ]
    target = countable[0]
    line = f'[[indicators]]\nid = "{target.id}"\nlinear = {{ times = -1, low = 0, high = 9 }}\n'
    child = _read(folder, line).indicator(target.id)
    assert ((), 9) == (child.bins, child.linear.high if child.linear else None)
    back = f'[[indicators]]\nid = "{target.id}"\nbins = [{{ points = 0 }}]\n'
    _write(
        folder,
        "grandchild",
        "2026-06-01",
        HEAD.replace("child", "grandchild").replace("small@2026-04-01", "child@2026-05-01") + back,
    )
    grandchild = read_policy_file(folder / "grandchild" / "2026-06-01.toml").policy.indicator(target.id)
    assert (1, None) == (len(grandchild.bins), grandchild.linear)


def test_a_limit_works_one_way(folder: Path) -> None:
    """``worse_by`` takes the place of the base's band."""
    counted = _base(folder).indicators[0].id
    tested = f'all = [{{ indicator = "{counted}", at_least = 1 }}]\nband = "B"\n'
    capped = '[[caps]]\nid = "seen"\nlabel = { zh = "有", en = "Seen" }\n' + tested
    _write(folder, "small", "2026-04-01", GOOD + capped)
    cap = _base(folder).caps[0]
    child = _read(folder, f'[[caps]]\nid = "{cap.id}"\nworse_by = 2\n').caps[0]
    assert (None, 2, cap.all) == (child.band, child.worse_by, child.all)


def test_hash_is_that_of_the_policy_in_full(folder: Path) -> None:
    """The same rules have the same hash, whether they are written out or extend another version."""
    base = _base(folder)
    target = base.indicators[0]
    child = _child(folder, f'[[indicators]]\nid = "{target.id}"\nwindow_days = 77\n')
    full = base.model_copy(
        update={
            "id": "child",
            "valid_from": read_policy_file(child).policy.valid_from,
            "indicators": (target.model_copy(update={"window_days": 77}), *base.indicators[1:]),
        }
    )
    assert policy_sha256(full) == policy_sha256(read_policy_file(child).policy)
    assert policy_sha256(base) != policy_sha256(read_policy_file(child).policy)


def test_hash_of_the_text_in_full(folder: Path) -> None:
    """A file with every line written out and one that only gives what differs hash alike."""
    written = GOOD.replace('id = "small"', 'id = "child"', 1).replace(
        "valid_from = 2026-04-01", "valid_from = 2026-05-01", 1
    )
    in_full = read_policy_file(_write(folder, "full", "2026-05-01", written))
    assert in_full.rules_sha256 == read_policy_file(_child(folder, "")).rules_sha256


@pytest.mark.parametrize(
    ("head", "line", "word"),
    [
        (HEAD.replace("2026-04-01", "2026-04-02"), 3, "no version 'small@2026-04-02'"),
        (HEAD.replace("small@2026-04-01", "small"), 3, "no version 'small'"),
        (HEAD.replace("small@", "../small@"), 3, "no version '../small@2026-04-01'"),
        (HEAD.replace('"small@2026-04-01"', "7"), 3, "no version 7"),
        (HEAD + 'drop = { indicators = ["nowhere"] }\n', 4, "holds no 'nowhere' to drop"),
        (HEAD + 'drop = { bands = ["Z"] }\n', 4, "holds no 'Z' to drop"),
        (HEAD.replace("small@2026-04-01", "child@2026-05-01"), 3, "in a circle"),
    ],
)
def test_what_cannot_be_extended_is_refused(folder: Path, head: str, line: int, word: str) -> None:
    """Unknown versions, entries that are not there and circles are named with the line in the file that says so."""
    path = _child(folder, "", head)
    with pytest.raises(PolicyError, match=word) as caught:
        read_policy_file(path)
    assert f"{path}:{line}" == caught.value.place


def test_circle_of_two_is_refused(folder: Path) -> None:
    """Two files that extend each other are refused, in the one that closes the circle."""
    _write(folder, "small", "2026-04-01", 'extends = "child@2026-05-01"\n' + GOOD)
    with pytest.raises(PolicyError, match="in a circle"):
        _read(folder, "")


def _chain(folder: Path, length: int) -> Path:
    """The last of ``length`` files, each of which extends the one before; the first extends the good policy."""
    before, path = "small@2026-04-01", folder
    for number in range(length):
        name = f"c{number}"
        head = f'id = "{name}"\nvalid_from = 2026-05-01\nextends = "{before}"\n'
        path = _write(folder, name, "2026-05-01", f"{head}upgrade_margin = {number}\n")
        before = f"{name}@2026-05-01"
    return path


def test_chain(folder: Path) -> None:
    """A chain of four is followed and the last word counts; five are too many to read."""
    assert 3 == read_policy_file(_chain(folder, 4)).policy.upgrade_margin
    with pytest.raises(PolicyError, match="over 4 deep"):
        read_policy_file(_chain(folder, 5))


def test_faults_of_form_are_in_the_right_file(folder: Path) -> None:
    """What the child says wrongly is shown in the child; what it inherits is shown in the base."""
    target = _base(folder).indicators[0].id
    child = _child(folder, f'[[indicators]]\nid = "{target}"\nwindow_days = "long"\n')
    assert [f"{child}:6"] == [finding.place for finding in check_file(child)]
    base = _write(
        folder, "small", "2026-04-01", GOOD.replace('aggregate = "count"', 'aggregate = "guess"', 1)
    )
    line = 1 + next(
        number for number, text in enumerate(GOOD.splitlines()) if text.startswith('aggregate = "count"')
    )
    child = _child(folder, "")
    assert [f"{base}:{line}"] == [finding.place for finding in check_file(child)]


def test_faults_of_meaning_are_in_the_right_file(folder: Path) -> None:
    """A changed entry that no longer makes sense is reported where it was changed."""
    target = next(given for given in _base(folder).indicators if given.direction == "adverse")
    child = _child(folder, f'[[indicators]]\nid = "{target.id}"\nwindow_days = 4000\n')
    places = {finding.code: finding.place for finding in check_file(child)}
    assert f"{child}:6" == places.get("window_too_long")


def test_drop_needs_something_to_extend(folder: Path) -> None:
    """A file that extends nothing has nothing to drop: the key is refused."""
    path = _write(folder, "small", "2026-04-01", 'drop = { indicators = ["x"] }\n' + GOOD)
    assert ["unknown_key"] == [finding.code for finding in check_file(path)]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('drop = { indicators = [["x"]] }', "drop"),
        ('drop = { indicator = ["honours"] }', "indicator"),
        ('drop = { indicators = "honours" }', "drop"),
        ("drop = 3", "drop"),
        ('indicators = "x"', "list"),
        (
            'indicators = [{ id = "honours", window_days = 10 }, { id = "honours", window_days = 20 }]',
            "twice",
        ),
    ],
)
def test_what_merging_would_swallow_is_refused(tmp_path: Path, text: str, word: str) -> None:
    """A slip in drop, a list that is none and an id given twice are refused with file, line and an example."""
    path = tmp_path / "draft.toml"
    path.write_text(
        f'id = "draft"\nvalid_from = 2026-08-01\nextends = "quzhou-demo@2026-04-01"\n{text}\n',
        encoding="utf-8",
    )
    assert [("extends", f"{path}:4", True, True)] == [
        (finding.code, finding.place, word in finding.en, "e.g." in finding.en)
        for finding in check_file(path)
    ]


def test_a_known_article_ends_the_search(folder: Path) -> None:
    """A child that knows the article puts an end to the base's `pinpoint = false`, and the reverse."""
    bare = _read(folder, '[[legal]]\nid = "law"\npinpoint = false\n').legal[0]
    assert (None, False) == (bare.article, bare.pinpoint)
    _write(folder, "small", "2026-04-01", GOOD.replace('article = "第十一条"', "pinpoint = false"))
    known = _read(folder, '[[legal]]\nid = "law"\narticle = "第十二条"\n').legal[0]
    assert ("第十二条", None) == (known.article, known.pinpoint)

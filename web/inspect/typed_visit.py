"""The form of a visit: what was typed becomes a visit; what it lacks the library says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from flask import request
from werkzeug.datastructures import FileStorage

from scoring.administration.inspection.inspection_items import published_items
from scoring.administration.inspection.new_visit import (
    FINDING,
    DepartmentPart,
    ItemAnswer,
    NewVisit,
    RecheckAnswer,
    VisitingOfficer,
    request_digest,
)
from scoring.administration.inspection.photo_folder import PhotoFolder
from scoring.administration.inspection.photo_reading import MOST_BYTES, ReadPhoto, read_photo
from scoring.administration.inspection.visit_checks import MOST_PHOTOS
from scoring.administration.inspection.visit_recording import KEY_CHARACTERS
from scoring.errors import UsageError
from web.parts.case_forms import Typed

OFFICERS = 2
"""Officers for whom the form has places."""
TEXTS = (
    *("emergency", "occasion", "task_no", "act_no", "presence", "received_by", "receipt", "refusal"),
    *("late_reason", "cap_exception", "cap_document", "remarks"),
)
"""Fields of the form that are fields of a visit."""


def typed_visit(
    typed: Typed, enterprise_id: str, offices: Sequence[str], photos: Mapping[str, Sequence[str]], today: date
) -> NewVisit:
    """The visit that a form tells of.

    Args:
        typed: What was typed.
        enterprise_id: The enterprise.
        offices: The authorities whose items stood in the form.
        photos: By item, digests of its photographs.
        today: The day of the visit, where none was typed.
    """
    visited_on = day_of(typed["visited_on"]) or today
    texts = {name: typed[name] for name in TEXTS}
    return NewVisit(
        enterprise_id=enterprise_id,
        visited_on=visited_on,
        officers=tuple(_officers(typed)),
        departments=tuple(_parts(typed, offices, photos, visited_on)),
        order_no=typed["ground"],
        **texts,
    )


def _officers(typed: Typed) -> Iterator[VisitingOfficer]:
    for number in range(1, OFFICERS + 1):
        officer = VisitingOfficer(typed[f"officer{number}"], typed[f"certificate{number}"])
        if officer.name or officer.certificate:
            yield officer


def _parts(
    typed: Typed, offices: Sequence[str], photos: Mapping[str, Sequence[str]], day: date
) -> Iterator[DepartmentPart]:
    """What each authority looked at: an item that two have in their lists is the first one's."""
    taken: set[str] = set()
    is_open = typed["presence"] in ("", "open")
    for office in offices:
        ids = [item.id for item in published_items().of_office(office, day) if item.id not in taken]
        taken.update(ids)
        answers = {item: _answer(typed, item, photos.get(item, ())) for item in ids if typed[f"a:{item}"]}
        rechecks = dict(_rechecks(typed, office))
        if answers or rechecks or not is_open or len(offices) == 1:
            yield DepartmentPart(office, answers, rechecks)


def _answer(typed: Typed, item: str, photos: Sequence[str]) -> ItemAnswer:
    answer = typed[f"a:{item}"]
    # What was typed for a finding that then was none is left aside.
    if answer not in FINDING:
        return ItemAnswer(answer, note=typed[f"n:{item}"])
    return ItemAnswer(
        answer=answer,
        severity=typed.or_none(f"s:{item}"),
        note=typed[f"n:{item}"],
        recheck_on=day_of(typed[f"d:{item}"]) if answer == "problem" else None,
        photos=tuple(photos),
    )


def _rechecks(typed: Typed, office: str) -> Iterator[tuple[str, RecheckAnswer]]:
    """Findings of before of which somebody said what became of them; the form says whose they are."""
    for name, value in typed.values.items():
        if name.startswith("r:") and value in ("corrected", "open"):
            record_id = name.removeprefix("r:")
            if typed[f"ro:{record_id}"] == office:
                yield record_id, RecheckAnswer(value == "corrected", typed[f"rn:{record_id}"])


def day_of(text: str) -> date | None:
    """A day that was typed; ``None``: it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def key_of(account: str, key: str) -> str:
    """What the records and photographs of a request begin with."""
    return request_digest(account, key)[:KEY_CHARACTERS]


def kept_photos(folder: PhotoFolder, key: str, items: Iterable[str]) -> dict[str, list[str]]:
    """By item, the photographs of a form: those that came with it, and those that came when it was refused before.

    Args:
        folder: Where they are kept.
        key: What the records of the visit begin with.
        items: Items of the form.

    Raises:
        InputError: One is no photograph, or too large.
        UsageError: There are too many.
        EnvironmentRefusedError: There is no folder for them.
    """
    sent = {item: list(filter(_is_chosen, request.files.getlist(f"p:{item}"))) for item in items}
    if sum(map(len, sent.values())) > MOST_PHOTOS:
        raise UsageError("visit_photos", most=MOST_PHOTOS)
    before = set(folder.kept(key)) if folder.place is not None else set()
    photos: dict[str, list[str]] = {}
    for item, files in sent.items():
        known = [sha256 for sha256 in request.form.getlist(f"k:{item}") if sha256 in before]
        new = [_keep(folder, key, file) for file in files]
        if known or new:
            photos[item] = list(dict.fromkeys([*known, *new]))
    return photos


def _is_chosen(file: FileStorage) -> bool:
    # A field that was left empty is sent as a file without a name.
    return bool(file.filename)


def _keep(folder: PhotoFolder, key: str, file: FileStorage) -> str:
    # One byte more than is taken shows that there is more.
    return keep_photo(folder, key, file.stream.read(MOST_BYTES + 1))


def keep_photo(folder: PhotoFolder, key: str, content: bytes) -> str:
    """Keeps a photograph; its digest. Raises as ``kept_photos``."""
    photo: ReadPhoto = read_photo(content)
    folder.keep(key, photo)
    return photo.sha256

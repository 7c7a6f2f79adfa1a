"""Photographs: drawn anew without what was hidden in them, bounded, kept by digest, and gone with their record."""

from __future__ import annotations

import io
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from casework import DAY
from PIL import Image
from visits import CORRECTED, PROBLEM, found, make_visit_town, picture, quiet

from scoring.administration.inspection.new_visit import request_digest
from scoring.administration.inspection.photo_cleaning import clean_photos
from scoring.administration.inspection.photo_folder import PhotoFolder
from scoring.administration.inspection.photo_reading import SIDE, ReadPhoto, read_photo
from scoring.administration.inspection.stored_visits import stored_visit
from scoring.administration.inspection.visit_recording import KEY_CHARACTERS
from scoring.errors import EnvironmentRefusedError, InputError

GPS, ORIENTATION = 0x8825, 0x0112


def with_place() -> bytes:
    """A picture that says where it was taken, and that it lies on its side."""
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif.get_ifd(GPS)[1] = "N"
    return picture(exif=exif, comment=b"secret device 42")


def png_of(width: int, height: int) -> bytes:
    """The head of a PNG of any size, with hardly anything behind it."""
    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\x00\x00\x00"
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(b"\x00" * 100)), (b"IEND", b"")]
    parts = [len(d).to_bytes(4, "big") + k + d + zlib.crc32(k + d).to_bytes(4, "big") for k, d in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def test_a_photo_is_drawn_anew() -> None:
    """Upright, a JPEG, with neither place nor device; the same again gives the same digest."""
    photo = read_photo(with_place())
    kept = Image.open(io.BytesIO(photo.content))
    assert ("JPEG", (300, 400), {}) == (kept.format, kept.size, dict(kept.getexif()))
    assert b"secret" not in photo.content and photo == read_photo(with_place())


def test_a_large_photo_is_made_smaller() -> None:
    """To the side that is enough, whatever its form."""
    for form in ("JPEG", "PNG"):
        kept = Image.open(io.BytesIO(read_photo(picture((3000, 2000), form)).content))
        assert (SIDE, "JPEG") == (max(kept.size), kept.format)


def test_a_polyglot_loses_its_second_half() -> None:
    """What is a picture and something else is the picture alone afterwards."""
    for tail in (b"PK\x03\x04<script>alert(1)</script>", b"%PDF-1.7 <script>"):
        assert tail[:6] not in read_photo(picture() + tail).content
    assert b"<script>" not in read_photo(picture(comment=b"<script>")).content


REFUSED = {
    "nothing": b"",
    "text": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "gif": b"GIF89a" + b"\x00" * 200,
    "a page": b"%PDF-1.7",
    "half a picture": picture()[:300],
    "a bomb": png_of(60_000, 60_000),
    "a large bomb": png_of(8_000, 8_000),
    "a progressive one": picture((5_000, 4_000), progressive=True),
    "too many bytes": picture() + b"\x00" * (13 << 20),
    "a wrong chunk": png_of(10, 10)[:-8],
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_photo_is_refused(name: str) -> None:
    """In words, before anything is unpacked."""
    with pytest.raises(InputError):
        read_photo(REFUSED[name])


def test_other_forms_are_refused(tmp_path: Path) -> None:
    """Whatever else the library can read."""
    for form in ("GIF", "TIFF", "BMP", "WEBP", "PPM", "ICO"):
        with pytest.raises(InputError):
            read_photo(picture((64, 64), form))


def test_names_are_no_paths(tmp_path: Path) -> None:
    """Whatever somebody types, nothing outside the folder is read, written or deleted."""
    folder, photo = PhotoFolder(tmp_path / "photos"), ReadPhoto(b"x", "0" * 64)
    for key in ("../etc", "a/b", "", "..", "abc\x00", "/etc/passwd", "g" * 20):
        with pytest.raises(InputError):
            folder.keep(key, photo)
        with pytest.raises(InputError):
            folder.read(key, "0" * 64)
    for sha256 in ("../../x", "0" * 63, "0" * 63 + "G", ""):
        with pytest.raises(InputError):
            folder.read("ab" * 10, sha256)
    assert [] == list(tmp_path.iterdir())
    with pytest.raises(EnvironmentRefusedError):
        PhotoFolder(None).keep("ab" * 10, photo)


def test_a_changed_photo_is_not_shown(tmp_path: Path) -> None:
    """Whoever changes the file shows nothing by it."""
    folder, photo = PhotoFolder(tmp_path / "photos"), read_photo(picture())
    folder.keep("ab" * 10, photo)
    assert photo.content == folder.read("ab" * 10, photo.sha256)
    (tmp_path / "photos" / ("ab" * 10) / f"{photo.sha256}.jpg").write_bytes(b"other")
    with pytest.raises(InputError):
        folder.read("ab" * 10, photo.sha256)


def test_photos_go_with_their_record(tmp_path: Path) -> None:
    """A restored record takes its photographs along, others stay; what was sent for nothing goes too; minutes go with the last record."""
    town = make_visit_town(tmp_path)
    name, folder = quiet(1)[0], PhotoFolder.of(town.database, {})
    first, second = read_photo(picture()), read_photo(picture((200, 100)))
    for key, photo in (("a key of one", first), ("a key of two", second), ("a key of none", first)):
        folder.keep(request_digest("anna", key)[:KEY_CHARACTERS], photo)
    mine = replace(PROBLEM, photos=(first.sha256,))
    town.visits(found(name, {"food_pests": mine}), "a key of one")
    kept = replace(CORRECTED, photos=(second.sha256,))
    town.visits(found(name, {"food_pests": kept}, task_no="2", act_no="2"), "a key of two")
    assert 1 == clean_photos(town.database, folder, town.day).photos
    town.enter(
        town.facts.end("restored", str(town.records(name)[0]["record_id"]), DAY, "信用修复决定", "修复1号")
    )
    assert (1, 0) == tuple(vars(clean_photos(town.database, folder, town.day)).values())
    keys = [request_digest("anna", key)[:KEY_CHARACTERS] for key in ("a key of one", "a key of two")]
    assert [[], [second.sha256]] == [folder.kept(key) for key in keys]
    town.go_to(DAY.replace(year=DAY.year + 6))
    cleaned = clean_photos(town.database, folder, town.day)
    assert (1, 2) == (cleaned.photos, cleaned.minutes)
    with town.database.read() as connection:
        visit = stored_visit(connection, f"town:{name}", 1)
    assert (
        visit is not None
        and {} == visit.minutes
        and "甲某" not in Path(town.database.place).read_bytes().decode("latin-1")
    )
    town.database.close()

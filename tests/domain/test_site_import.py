"""What an export writes comes back as it was; whatever else is sent as one changes nothing."""

from __future__ import annotations

import io
import json
import random
import struct
import zipfile
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import select

from tests import factories
from webapp.domain import (
    pictures,
    site_building,
    site_editing,
    site_export,
    site_filling,
    site_import,
    site_text,
    site_zip,
    sites,
)
from webapp.errors import Invalid, NotFound
from webapp.extensions import db
from webapp.models import Site, SitePage, SitePicture, SiteStatus
from webapp.transactions import unit_of_work

pytestmark = pytest.mark.usefixtures("app")
S = SiteStatus
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><rect width="9" height="9"/></svg>'
SCRIPT = SVG.replace(b"<rect", b"<script>alert(1)</script><rect")


def made(slug: str = "bakery", *, template: bool = True, **values: Any) -> Site:
    agreement = factories.active_membership()
    facts = {"status": S.PUBLISHED, "published_at": agreement.created_at, "title": "Bakery", "design": "business"}
    site = factories.save(
        lambda: Site(customer=agreement.customer, membership=agreement, slug=slug, **{**facts, **values})
    )
    if template:
        with unit_of_work("test") as session:
            site_building.build(session.get_one(Site, site.id))
    return site


def picture(kind: str = "PNG", size: tuple[int, int] = (30, 20)) -> bytes:
    file = io.BytesIO()
    Image.effect_noise(size, 80).convert("RGB").save(file, kind)
    return file.getvalue()


def add_picture(site: Site, data: bytes, label: str = "a.png") -> str:
    with unit_of_work("test") as session:
        return site_building.add_picture(
            session.get_one(Site, site.id), pictures.read(data, (2000, 2000), "x"), label
        ).name


def exported(site: Site) -> bytes:
    db.session.rollback()
    with site_export.write(db.session.get_one(Site, site.id)) as file:
        return file.read()


def imported(site: Site, data: bytes) -> None:
    package = site_import.read(io.BytesIO(data))
    with unit_of_work("test"):
        site_filling.replace(sites.locked(site.id), package)


def shown(site: Site) -> dict[str, Any]:
    db.session.rollback()
    found = db.session.get_one(Site, site.id, populate_existing=True)
    look = {name: getattr(found, name) for name in ("title", "design", "accent", "logo", "locale")}
    pages = db.session.scalars(select(SitePage).filter_by(site_id=site.id).order_by(SitePage.position))
    told = [(one.slug, one.title, one.body, one.in_menu, one.published) for one in pages]
    names = ("name", "label", "width", "height", "size", "content")
    kept = db.session.scalars(select(SitePicture).filter_by(site_id=site.id).order_by(SitePicture.name))
    return {**look, "pages": told, "pictures": [tuple(getattr(one, name) for name in names) for one in kept]}


def zipped(files: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", how) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return file.getvalue()


HOME = {"file": "pages/1-home.md", "address": "", "title": "Home"}


def own(files: dict[str, bytes] | None = None, **facts: Any) -> bytes:
    """An export that somebody wrote by hand."""
    told = {"format": 1, "title": "Bread", "pages": [HOME], "pictures": [], **facts}
    return zipped({"site.json": json.dumps(told).encode(), "pages/1-home.md": b"# Hello", **(files or {})})


# -- there and back --------------------------------------------------------------------------------------------------
def test_an_export_has_everything_and_a_person_can_read_it() -> None:
    site = made()
    logo = add_picture(site, picture("JPEG"), "Täter ä.jpg")
    with unit_of_work("test") as session:
        session.get_one(Site, site.id).logo = logo
        site_editing.add_page(session.get_one(Site, site.id), "Draft")
    with zipfile.ZipFile(io.BytesIO(exported(site))) as archive:
        names = archive.namelist()
        facts = json.loads(archive.read("site.json"))
        assert archive.testzip() is None
        assert archive.read(f"pictures/{logo}") == db.session.scalar(select(SitePicture.content).filter_by(name=logo))
    assert [one["address"] for one in facts["pages"]] == ["", "services", "about", "contact", "draft"]
    assert facts["pages"][-1]["published"] is False
    assert {one["file"] for one in facts["pages"]} <= set(names)
    assert "Täter ä.jpg" in [one["label"] for one in facts["pictures"]]


def test_what_was_exported_comes_back_to_the_byte() -> None:
    site = made(accent="#1d5c87")
    logo = add_picture(site, picture("JPEG"))
    add_picture(site, picture("WEBP"), "w.webp")
    with unit_of_work("test") as session:
        session.get_one(Site, site.id).logo = logo
        session.get_one(Site, site.id).pages[1].body = f"![Bread]({logo})\n\n<script>alert(1)</script>"
    before, data = shown(site), exported(site)
    other = made("other")
    version = db.session.get_one(Site, other.id).content_version
    for into in (other, site):
        imported(into, data)
        assert shown(into) == before
    assert db.session.get_one(Site, other.id).content_version != version
    assert db.session.get_one(Site, other.id).slug == "other"


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=200)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bodies=st.lists(st.tuples(TEXT, TEXT.map(str.strip), st.booleans(), st.booleans()), min_size=1, max_size=5))
def test_whatever_pages_say_comes_back(app: Flask, bodies: list[tuple[str, str, bool, bool]]) -> None:
    site, other = made("first-one", template=False), made("second-one", template=False)
    with unit_of_work("test") as session:
        for number, (body, title, in_menu, published) in enumerate(bodies):
            session.add(
                SitePage(
                    site_id=site.id,
                    slug=f"page-{number}" if number else "",
                    title=" ".join(title[:100].split()) or "x",
                    body=body.removeprefix("\ufeff"),
                    position=number + 1,
                    in_menu=in_menu,
                    published=published or not number,
                )
            )
    imported(other, exported(site))
    assert shown(other)["pages"] == shown(site)["pages"]
    with unit_of_work("test") as session:
        for one in (site, other):
            session.delete(session.get_one(Site, one.id))


@pytest.mark.parametrize(
    "facts", [{"status": S.REQUESTED}, {"status": S.DELETED}, {"provisioner": "webhook"}, {"design": ""}]
)
def test_what_holds_nothing_here_is_not_exported(facts: dict[str, Any]) -> None:
    with pytest.raises(NotFound):
        site_export.write(made(template=False, **facts))


# -- what somebody else has written ----------------------------------------------------------------------------------
def test_pictures_that_are_not_ours_are_drawn_anew_and_named_by_what_they_are() -> None:
    site = made(template=False)
    files = {"pictures/a.png": picture("JPEG"), "pictures/b.svg": SVG, "pictures/a-b.webp": picture("WEBP")}
    body = b"![](a.png) (a.png) a.png ![x](b.svg 'T') ![](c.png)"
    listed = [{"name": name.partition("/")[2], "width": 5000, "label": "x"} for name in files]
    imported(site, own({**files, "pages/1-home.md": body}, pictures=listed, logo="b.svg"))
    kept = {one[0].rpartition(".")[2]: one for one in shown(site)["pictures"]}
    assert set(kept) == {"jpg", "svg", "webp"}
    assert kept["jpg"][2:4] == (30, 20)
    [(_slug, _title, text, _menu, _published)] = shown(site)["pages"]
    jpg, svg = kept["jpg"][0], kept["svg"][0]
    assert text == f"![]({jpg}) ({jpg}) a.png ![x]({svg} 'T') ![](c.png)"
    assert shown(site)["logo"] == svg


def test_a_seal_is_worth_nothing_for_other_pictures() -> None:
    site = made(template=False)
    name = add_picture(site, picture())
    with unit_of_work("test") as session:
        session.add(SitePage(site_id=site.id, title="Home"))
    with zipfile.ZipFile(io.BytesIO(exported(site))) as archive:
        files = {one: archive.read(one) for one in archive.namelist()}
    with pytest.raises(Invalid, match="was changed"):
        imported(site, zipped({**files, f"pictures/{name}": picture("PNG", (31, 20))}))
    facts = json.loads(files["site.json"])
    facts["pictures"][0]["width"] = 7  # the seal does not fit any more: it is drawn anew
    imported(site, zipped({**files, "site.json": json.dumps(facts).encode()}))
    [kept] = shown(site)["pictures"]
    assert kept[2:4] == (30, 20)


def test_scripts_in_texts_are_shown_as_text() -> None:
    site = made(template=False)
    body = b"<script>alert(1)</script>\n\n[x](javascript:alert(1)) ![y](https://evil.example/z.png)"
    imported(site, own({"pages/1-home.md": body}))
    html = site_text.to_html(shown(site)["pages"][0][2], lambda _name: None).html
    assert "<script" not in html
    assert 'href="javascript' not in html
    assert "<img" not in html


BOMB = b"\0" * 30_000_000
MANY = [{**HOME, "file": f"pages/{number}.md", "address": f"p{number}"} for number in range(200)]
UNREADABLE, NAMES, LARGE, MISSING, MUCH, WRONG = (
    "cannot be read",
    "Such names are not taken",
    "is too large",
    "is missing in it",
    "There are too many files in it",
    "Something is wrong with",
)


def encrypted() -> bytes:
    data = bytearray(own())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := data.find(mark, at + 1)) >= 0:
            data[at + offset] |= 1
    return bytes(data)


def with_entries(number: int) -> bytes:
    """As many entries as it says, and no more bytes than those of its table."""
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    table = entry * number
    return table + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, number % 65536, number % 65536, len(table), 0, 0)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", UNREADABLE),
        (b"PK\x05\x06", UNREADABLE),
        (b"<html>", UNREADABLE),
        (picture(), UNREADABLE),
        (own()[:-30], UNREADABLE),
        (encrypted(), UNREADABLE),
        (zipped({"site.json": b"{}", "pages/1-home.md": b""}, zipfile.ZIP_LZMA), UNREADABLE),
        (zipped({"site.json": b"[" * 100_000}), UNREADABLE),
        (zipped({"site.json": b"\xff"}), UNREADABLE),
        (zipped({"site.json": b"[]"}), UNREADABLE),
        (zipped({"site.json": b"{}"}), "another version"),
        (zipped({}), MISSING),
        (zipped({"site.json": BOMB}), LARGE),
        (own({"../evil.md": b"x"}), NAMES),
        (own({"pages/../../evil.md": b"x"}), NAMES),
        (own({"/etc/passwd": b"x"}), NAMES),
        (own({"C:evil": b"x"}), NAMES),
        (own({"pages\\evil": b"x"}), NAMES),
        (own({"pages/1-home.md": BOMB}), LARGE),
        (own({"pages/1-home.md": b"x" * 100_001}), LARGE),
        (own({"pages/1-home.md": b"\xff\xfe"}), UNREADABLE),
        (own({"pictures/a.png": BOMB}, pictures=[{"name": "a.png"}]), LARGE),
        (own({"pictures/a.png": b"<html><script>alert(1)</script>"}, pictures=[{"name": "a.png"}]), "a.png: Choose"),
        (own({"pictures/a.png": b""}, pictures=[{"name": "a.png"}]), "a.png: Choose"),
        (own({"pictures/a.svg": SCRIPT}, pictures=[{"name": "a.svg"}]), "contains “script”"),
        (own(pictures=[{"name": "a.png"}]), MISSING),
        (own(pictures=[{"name": "../a.png"}]), WRONG),
        (own(pictures=[{"name": "a.exe"}]), WRONG),
        (own(pictures=[{}]), WRONG),
        (own(pictures=["a.png"]), WRONG),
        (own(pictures={}), WRONG),
        (own(pictures=[{"name": f"{number}.png"} for number in range(41)]), "too many pictures"),
        (own(pictures=[{"name": "a.png"}] * 1001), MUCH),
        (own(pages=[]), "exactly one front page"),
        (own(pages=[HOME, HOME]), "exactly one front page"),
        (own(pages=[HOME, {**HOME, "address": "a"}, {**HOME, "address": "a"}]), "have the same address"),
        (own(pages=[{**HOME, "address": "../x"}]), WRONG),
        (own(pages=[{**HOME, "address": "_site"}]), WRONG),
        (own(pages=[{**HOME, "address": 5}]), WRONG),
        (own(pages=[{**HOME, "file": "site.json"}]), WRONG),
        (own(pages=[{**HOME, "file": "pages/2.md"}]), MISSING),
        (own(pages=[{**HOME, "title": " "}]), WRONG),
        (own(pages=[{**HOME, "title": "x" * 121}]), WRONG),
        (own(pages=[{**HOME, "title": "\0"}]), WRONG),
        (own(pages=[{**HOME, "title": "\ud800"}]), WRONG),
        (own(pages=[HOME, *MANY]), "200 pages at most"),
        (own(title=""), WRONG),
        (own(title=["x"]), WRONG),
        (own({f"more/{number}": b"" for number in range(2000)}), MUCH),
        (with_entries(5000), MUCH),
        (with_entries(65536), MUCH),
    ],
    ids=lambda one: one[:20] if isinstance(one, str) else "file",
)
def test_what_is_no_export_is_refused_in_words_and_changes_nothing(data: bytes, sentence: str) -> None:
    site = made()
    before = shown(site)
    with pytest.raises(Invalid, match=sentence) as refused:
        imported(site, data)
    assert refused.value.field == "file"
    assert shown(site) == before


def test_an_entry_that_says_it_is_small_is_not_unpacked_further() -> None:
    data = bytearray(own({"pages/1-home.md": BOMB}))
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = -1
        while (at := data.find(mark, at + 1)) >= 0:
            data[at + offset : at + offset + 4] = struct.pack("<L", 10)
    with pytest.raises(Invalid):
        site_import.read(io.BytesIO(bytes(data)))


def test_a_broken_file_is_a_sentence_wherever_it_is_broken() -> None:
    whole, dice = exported(made()), random.Random(7)
    for _ in range(150):
        data = bytearray(whole)
        for _more in range(dice.randint(1, 8)):
            data[dice.choice([dice.randrange(len(data)), len(data) - 1 - dice.randrange(900)])] = dice.randrange(256)
        try:
            site_import.read(io.BytesIO(bytes(data)))
        except Invalid:
            continue


def test_too_large_a_file_is_not_looked_at() -> None:
    class Large(io.BytesIO):
        def seek(self, offset: int, whence: int = 0) -> int:
            return site_zip.BYTES_AT_MOST + 1 if whence == 2 else super().seek(offset, whence)

    with pytest.raises(Invalid, match="larger than 110 MB"):
        site_import.read(Large(own()))


def test_unknown_looks_become_known_ones_and_other_files_are_left(app: Flask) -> None:
    site = made(template=False)
    odd = {"__MACOSX/x": b"y", "pages/": b"", "notes.txt": b"z"}
    imported(site, own(odd, design="evil", accent="red;}", language="../x", logo="nothing.png"))
    told = shown(site)
    assert (told["design"], told["accent"], told["logo"], told["locale"]) == ("business", "", "", "en")
    assert told["title"] == "Bread"


def test_a_failure_on_the_way_leaves_the_site_as_it_was(app: Flask) -> None:
    site = made()
    before = shown(site)
    package = site_import.read(io.BytesIO(exported(site)))
    broken = list(package.pictures)
    assert broken

    def fails() -> bytes:
        raise OSError("the disk is full")

    parts = {name: getattr(package, name) for name in package.__dataclass_fields__}
    last = {name: getattr(broken[-1], name) for name in broken[-1].__dataclass_fields__} | {"content": fails}
    bad = site_import.Package(**{**parts, "pictures": (*broken[:-1], site_import.PackedPicture(**last))})
    with pytest.raises(OSError, match="full"), unit_of_work("test"):
        site_filling.replace(sites.locked(site.id), bad)
    assert shown(site) == before

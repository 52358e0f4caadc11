"""A logo: what is taken by its bytes, what is left of it, and what nobody gets in."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from webapp.domain import logos
from webapp.domain.pictures import Picture
from webapp.errors import Invalid

pytestmark = pytest.mark.usefixtures("app")  # what is refused is said in the reader's language

NS = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'


def svg(inside: str, head: str = "", attributes: str = 'viewBox="0 0 200 50"') -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>{head}<svg {NS} {attributes}>{inside}</svg>'.encode()


def picture(kind: str, size: tuple[int, int] = (300, 90), mode: str = "RGB", **options: Any) -> bytes:
    file = BytesIO()
    Image.new(mode, size, 120).save(file, kind, **options)
    return file.getvalue()


def sentence_for(data: bytes) -> str:
    with pytest.raises(Invalid) as refused:
        logos.read(data)
    return refused.value.message


# -- pictures of pixels ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "mode", "name"),
    [
        ("PNG", "RGB", "png"),
        ("PNG", "P", "png"),
        ("PNG", "LA", "png"),
        ("PNG", "I;16", "png"),
        ("PNG", "1", "png"),
        ("JPEG", "RGB", "jpg"),
        ("JPEG", "CMYK", "jpg"),
        ("JPEG", "L", "jpg"),
        ("WEBP", "RGBA", "webp"),
    ],
)
def test_a_picture_is_drawn_anew_in_its_own_format(kind: str, mode: str, name: str) -> None:
    logo = logos.read(picture(kind, mode=mode))
    assert (logo.kind, logo.width, logo.height, logos.shown(logo)) == (name, 300, 90, (120, 36))
    with Image.open(BytesIO(logo.content)) as kept:
        assert (kept.format, kept.size) == (kind, (300, 90))


def test_nothing_but_the_pixels_is_left() -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    data = picture("JPEG", exif=exif.tobytes(), comment=b"<script>alert(1)</script>")
    assert b"taken at home" in data
    content = logos.read(data + b"<script>alert(2)</script>").content
    assert b"taken at home" not in content
    assert b"script" not in content


def test_a_picture_that_is_turned_by_a_note_is_turned() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert logos.shown(logos.read(picture("JPEG", exif=exif.tobytes()))) == (11, 36)


def test_a_large_picture_is_made_smaller_in_its_proportions() -> None:
    logo = logos.read(picture("PNG", size=(3000, 300)))
    assert (logo.width, logo.height) == (1200, 120)


@pytest.mark.parametrize(
    ("width", "height", "shown"),
    [(200, 50, (144, 36)), (50, 50, (36, 36)), (2000, 100, (216, 11)), (1, 4000, (1, 36)), (0.5, 0.25, (72, 36))],
)
def test_it_is_shown_in_its_proportions_and_fits_the_header(width: float, height: float, shown: Any) -> None:
    assert logos.shown(Picture(b"", "png", width, height)) == shown


def bomb() -> bytes:
    """A PNG of a few bytes that says it has a hundred million pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 10_000, 10_000, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_unpacked() -> None:
    assert sentence_for(bomb()) == "This picture has too many pixels. Make it smaller."


@pytest.mark.parametrize(
    "data",
    [
        b"GIF89a\x01\x00\x01\x00\x00\x00\x00;",
        b"%PDF-1.7",
        b"MZ",
        b"\x00" * 100,
        b"\x89PNG\r\n\x1a\nbroken",
        picture("PNG")[:60],
        picture("JPEG")[:300],
        b"RIFF\x10\x00\x00\x00WEBPVP8 ",
        picture("GIF", mode="P"),
        picture("BMP"),
    ],
)
def test_another_kind_of_file_is_refused_whatever_it_is_called(data: bytes) -> None:
    assert sentence_for(data) == "Choose a picture in the format PNG, JPEG, WebP or SVG."


def test_nothing_and_too_much_are_refused() -> None:
    assert sentence_for(b"") == "Choose a file."
    assert "larger than 1 MB" in sentence_for(picture("PNG") + b"\x00" * 1_000_000)


# -- drawings --------------------------------------------------------------------------------------------------------
ORDINARY = """<defs><linearGradient id="g"><stop offset="0" stop-color="#14664a"/></linearGradient>
<style>/* made by hand */ .a { fill: url(#g); opacity: .9 } .b { fill: rgb(1, 2, 3) }</style>
<g id="one"><path d="M0 0"/></g></defs>
<g class="a" transform="translate(2 3) rotate(45)" style="fill: url('#g')" clip-path="url(#c)"><use xlink:href="#one"/>
<use href="#one"/><text x="1" font-family="Georgia, serif">Ä &amp; B</text></g>"""


def test_an_ordinary_drawing_keeps_all_that_is_drawn() -> None:
    logo = logos.read(svg(ORDINARY))
    text = logo.content.decode()
    assert (logo.kind, logo.width, logo.height) == ("svg", 200, 50)
    for kept in ("url(#g)", 'd="M0 0"', "linearGradient", "translate(2 3)", "Ä &amp; B", 'xlink:href="#one"'):
        assert kept in text
    assert logos.read(logo.content).content == logo.content


def test_what_a_program_notes_for_itself_is_left_out() -> None:
    noted = """<metadata><x/></metadata><sodipodi:namedview xmlns:sodipodi="http://sodipodi.example/" pagecolor="#fff"/>
<path d="M0 0" inkscape:label="secret" xmlns:inkscape="http://inkscape.example/" data-name="Layer"/><!-- a note -->"""
    text = logos.read(
        svg(noted, head='<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x.dtd"><?note x?>')
    ).content.decode()
    assert 'd="M0 0"' in text
    for gone in ("metadata", "sodipodi", "secret", "Layer", "note", "DOCTYPE"):
        assert gone not in text


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        '<script href="https://evil.example/x.js"/>',
        '<foreignObject><body xmlns="http://www.w3.org/1999/xhtml"/></foreignObject>',
        '<x:script xmlns:x="http://www.w3.org/1999/xhtml">alert(1)</x:script>',
        '<rect onclick="alert(1)"/>',
        '<rect ONLOAD="alert(1)"/>',
        '<a href="https://evil.example/"><rect/></a>',
        '<a xlink:href="javascript:alert(1)"><rect/></a>',
        '<image href="https://evil.example/x.png"/>',
        '<image href="data:image/png;base64,AAAA"/>',
        '<use href="https://evil.example/x.svg#a"/>',
        '<use xlink:href="data:image/svg+xml;base64,AAAA#a"/>',
        '<linearGradient xlink:href="//evil.example#a"/>',
        '<filter><feImage href="https://evil.example/"/></filter>',
        '<set attributeName="href" to="javascript:alert(1)"/>',
        '<animate attributeName="href" values="javascript:alert(1)"/>',
        '<rect fill="url(https://evil.example/#a)"/>',
        '<rect fill="url( //evil.example/#a )"/>',
        '<rect style="fill: URL(https://evil.example/)"/>',
        "<rect style=\"background: image-set('https://evil.example/' 1x)\"/>",
        '<rect style="width: expression(alert(1))"/>',
        '<rect style="fill: u\\72l(https://evil.example/)"/>',
        "<style>@import 'https://evil.example/x.css';</style>",
        "<style>@font-face { src: url(https://evil.example/x) }</style>",
        "<style>a { fill: url(#a) url(//evil.example) }</style>",
        "<style>a { fill: ur/**/l(//evil.example) }</style>",
        "<style><![CDATA[ </style><script>alert(1)</script> ]]></style>",
    ],
)
def test_what_acts_or_fetches_is_refused_with_a_word(inside: str) -> None:
    said = sentence_for(svg(inside))
    assert "which a picture must not" in said or "outside of itself" in said


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>',
        '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE svg [<!ENTITY % x SYSTEM "https://evil.example/x.dtd"> %x;]>',
    ],
)
def test_entities_are_refused(head: str) -> None:
    assert "cannot be read" in sentence_for(svg("<text>&a;</text>" if "a" in head else "<rect/>", head=head))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"<svg", "cannot be read"),
        (b"<html><script>alert(1)</script></html>", "PNG, JPEG, WebP or SVG"),
        (b"<svg viewBox='0 0 1 1'/>", "not an SVG picture"),
        (b'<?xml version="1.0" encoding="nothing"?><svg/>', "cannot be read"),
        (svg("", attributes=""), "how large it is"),
        (svg("", attributes='viewBox="0 0 0 10"'), "how large it is"),
        (svg("", attributes='width="100%" height="2em"'), "how large it is"),
        (svg("<g>" * 60 + "</g>" * 60), "too detailed"),
        (svg("<g>" * 60_000 + "</g>" * 60_000), "too detailed"),
        (svg("<rect/>" * 6000), "too detailed"),
        (svg('<g id="a"><use href="#b"/></g><g id="b"><rect/></g><use href="#a"/>'), "too detailed"),
        (svg('<g id="a"><use href="#a"/></g>'), "too detailed"),
    ],
)
def test_a_drawing_that_cannot_be_shown_is_refused_in_words(data: bytes, said: str) -> None:
    assert said in sentence_for(data)


def test_a_drawing_may_say_its_size_in_pixels() -> None:
    assert logos.shown(logos.read(svg("<rect/>", attributes='width="120px" height="40"'))) == (108, 36)

"""What owners write becomes HTML that holds nothing but what a page may show."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain import site_text
from webapp.domain.site_text import Shown

ALLOWED = {
    *("a", "blockquote", "br", "code", "del", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "img", "li"),
    *("ol", "p", "pre", "section", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul"),
}


class Tags(HTMLParser):
    """Every tag of a text, with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))


def known(name: str) -> Shown | None:
    return Shown(f"/_site/pictures/{name}", 640, 480) if name == "cake.jpg" else None


def html(text: str) -> str:
    return str(site_text.to_html(text, known).html)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<iframe src='https://example.com'></iframe>",
        "<style>body{display:none}</style>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](vbscript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "![x](https://tracker.example/pixel.gif)",
        "![x](data:image/svg+xml;base64,PHN2Zz4=)",
        '![" onerror="alert(1)](cake.jpg)',
        "[<svg onload=alert(1)>](https://example.com)",
        "<a href='https://example.com' onclick='x()'>x</a>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "| a |\n|---|\n| <script>x</script> |",
        "```html\n<script>x</script>\n```",
    ],
)
def test_nothing_runs(text: str) -> None:
    check(text)


MARKS = st.sampled_from(
    [
        "<script>",
        "![",
        "](",
        ")",
        "[",
        "]",
        "javascript:",
        "cake.jpg",
        '"',
        "'",
        "onerror=",
        "\n\n",
        "---\n",
        "# ",
        "|",
        "<",
        ">",
        "&#",
        "`",
        "data:",
        "x",
    ]
)


@given(st.lists(MARKS | st.text(max_size=4), max_size=30).map("".join))
def test_nothing_runs_whatever_is_written(text: str) -> None:
    check(text)


def check(text: str) -> None:
    for tag, attributes in Tags(html(text)).found:
        assert tag in ALLOWED
        assert set(attributes) <= {
            "href",
            "aria-disabled",
            "rel",
            "title",
            "src",
            "alt",
            "width",
            "height",
            "loading",
            "class",
            "role",
            "tabindex",
            "start",
            "align",
        }
        assert (
            not attributes.get("href", "")
            .lower()
            .replace("&", "")
            .strip()
            .startswith(("javascript:", "vbscript:", "data:", "file:"))
        )
        assert attributes.get("src", "/_site/").startswith("/_site/")


def test_a_text_that_begins_with_a_heading_needs_no_other() -> None:
    text = site_text.to_html("# Bakery\n\nOpen.\n\n# Bread\n\n## Rye", known)
    assert text.begins_with_heading
    assert "<h1>Bakery</h1>" in text.html
    assert "<h2>Bread</h2>" in text.html
    assert "<h2>Rye</h2>" in text.html


def test_what_begins_lower_becomes_the_pages_heading() -> None:
    assert "<h1>Bakery</h1>" in html("## Bakery")
    assert not site_text.to_html("Bread.", known).begins_with_heading


def test_lines_divide_sections() -> None:
    assert html("One\n\n---\n\nTwo").count("<section") == html("One\n\n---\n\nTwo").count("</section>") == 2


def test_a_line_within_a_list_divides_nothing() -> None:
    assert html("- One\n\n  ---\n\n  Two").count("<section") == 1


def test_a_link_alone_is_a_button_and_pictures_alone_a_gallery() -> None:
    assert '<a href="/order" class="button">' in html("[Order](/order)")
    assert "button" not in html("[Order](/order) now")
    assert '<p class="gallery">' in html("![A](cake.jpg)\n![B](cake.jpg)")
    assert (
        '<p class="picture"><img src="/_site/pictures/cake.jpg" alt="A" width="640" height="480" loading="lazy"></p>'
        in html("![A](cake.jpg)")
    )


def test_a_picture_that_is_not_there_is_its_words() -> None:
    assert html("![A cake](gone.jpg)").count("A cake") == 1
    assert "<img" not in html("![A cake](gone.jpg)")


def test_what_is_filled_in_is_never_markdown() -> None:
    text = site_text.filled(
        "# {{ site_title }}\n\n{{owner}} {{ nobody }}", {"site_title": "*A* [b](c) <i>", "owner": "1. Ada\n# x"}
    )
    shown = html(text)
    assert "<em>" not in shown
    assert "<a " not in shown
    assert shown.count("<h1>") == 1
    assert "1. Ada # x {{ nobody }}" in shown


def test_a_book_is_cut_off() -> None:
    assert len(html("a" * 200_000)) < 101_000


def test_columns_are_aligned_by_classes() -> None:
    shown = html("| a | b |\n|---|--:|\n| 1 | 2 |")
    assert "style" not in shown
    assert '<td class="right">2</td>' in shown
    assert '<div class="wide" role="region" tabindex="0">' in shown

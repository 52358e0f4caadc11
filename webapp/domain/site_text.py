"""What owners write, as HTML: Markdown without anybody's HTML, with safe links and their own pictures only.

A line of dashes ends a section, a paragraph of one link is a button, a paragraph of pictures is a gallery.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple
from urllib.parse import quote

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape

LONGEST = 100_000  # characters; more is a book
SIGNS = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~&=])")
LEAVES = re.compile(r"//|[a-z][a-z0-9+.-]*:", re.IGNORECASE)  # another host's, or no page at all
PLACEHOLDER = re.compile(r"\{\{ *([a-z_]+(?:\.[a-z0-9_]+)?) *\}\}")
# Where in Markdown a value may stand.
PLACES = re.compile(
    r"(?P<code>^(?P<fence>```|~~~)[\s\S]*?(?:^(?P=fence)|\Z)|(?P<ticks>`+)(?!`)[^\n]*?(?<!`)(?P=ticks)(?!`))"
    r"|(?P<address>\]\((?:\{\{[^{}\n]*\}\}|[^\s(){}])*|<[a-z][a-z0-9+.-]*:(?:\{\{[^{}\n]*\}\}|[^\s<>{}])*>)"
    r"|\{\{[^{}\n]*\}\}",
    re.MULTILINE,
)
SECTION = '</div></section>\n<section class="section"><div class="inner">\n'


class Shown(NamedTuple):
    """A picture on a page: where it is, how large, in pixels (0: it does not say)."""

    url: str
    width: int
    height: int


class Text(NamedTuple):
    html: Markup
    begins_with_heading: bool  # then the page needs no other


def plain(value: str) -> str:
    """Words that stand in Markdown for themselves, whatever they are."""
    return SIGNS.sub(r"\\\1", " ".join(value.split()))


def filled(text: str, values: Mapping[str, str]) -> str:
    """Markdown with values for `{{ site_title }}` and the like, each as it has to be where it stands: in code it is
    what it is, in a link's address it is quoted, elsewhere it is plain words. A name that has no value stays."""

    def value(found: re.Match[str]) -> str:
        if found["code"]:
            return PLACEHOLDER.sub(lambda one: _value(one, values, in_code), found[0])
        if found["address"]:
            return PLACEHOLDER.sub(lambda one: _value(one, values, in_address), found[0])
        return PLACEHOLDER.sub(lambda one: _value(one, values, plain), found[0])

    return PLACES.sub(value, text)


def filled_words(text: str, values: Mapping[str, str]) -> str:
    """The same for words that are no Markdown, such as a title."""
    return PLACEHOLDER.sub(lambda one: _value(one, values, lambda value: " ".join(value.split())), text)


def placeholders_in(text: str) -> set[str]:
    """Whatever stands between two pairs of braces."""
    return {found.strip() for found in re.findall(r"\{\{([^{}\n]*)\}\}", text)}


def _value(found: re.Match[str], values: Mapping[str, str], write: Callable[[str], str]) -> str:
    return write(values[found[1]]) if found[1] in values else found[0]


def in_code(value: str) -> str:
    """Nothing that would end it."""
    return " ".join(value.replace("`", "'").replace("~~~", "").split())


def in_address(value: str) -> str:
    """Nothing that would end it, or would mean more than itself."""
    return quote(" ".join(value.split()), safe="/:?#@!$&*+,;=%~")


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])


def to_html(text: str, picture: Callable[[str], Shown | None], link: Callable[[str], str] = str) -> Text:
    """`picture` knows a picture by its name, as it stands in the text; what it does not know is not shown.

    `link`: where a link of the text leads on this page; empty: nowhere.
    """
    tokens = _markdown().parse(text[:LONGEST])
    _one_first_heading(tokens)
    for token in tokens:
        if token.type == "inline":
            token.children = [_pictured(_linked(one, link), picture) for one in token.children or []]
    _name_paragraphs(tokens)
    html = _markdown().renderer.render(_in_sections(tokens), _markdown().options, {})
    begins = bool(tokens) and tokens[0].type == "heading_open"
    return Text(Markup(f'<section class="section"><div class="inner">\n{html}</div></section>'), begins)  # noqa: S704 - made above


def _one_first_heading(tokens: Sequence[Token]) -> None:
    """The first thing on a page may be its heading; every other one is below it."""
    for at, token in enumerate(tokens):
        if token.type in ("heading_open", "heading_close") and token.tag == "h1" and at > 2:
            token.tag = "h2"
        elif token.type in ("heading_open", "heading_close") and at <= 2:
            token.tag = "h1"


def _linked(token: Token, link: Callable[[str], str]) -> Token:
    if token.type == "link_open":
        address = link(str(token.attrs.pop("href", "")))
        token.attrs = {**({"href": address} if address else {"aria-disabled": "true"}), **token.attrs}
    return token


def _pictured(token: Token, picture: Callable[[str], Shown | None]) -> Token:
    if token.type == "link_open" and _leads_away(str(token.attrs.get("href", ""))):
        token.attrs["rel"] = "noopener"
    if token.type != "image":
        return token
    shown = picture(str(token.attrs.get("src", "")))
    if shown is None:
        words = Token("text", "", 0)
        words.content = token.content
        return words
    size = {"width": shown.width, "height": shown.height} if shown.width and shown.height else {}
    alt = "".join(one.content for one in token.children or [])
    image = Token("html_inline", "", 0)
    facts = {"src": shown.url, "alt": alt, **size, "loading": "lazy"}
    image.content = "<img " + " ".join(f'{name}="{escape(str(value))}"' for name, value in facts.items()) + ">"
    return image


def within(address: str, front: str) -> str:
    """The same link where the front page is at `front`, for a look at it; what leads out of the site is empty."""
    if address.startswith("#"):
        return address
    if LEAVES.match(address) or "\\" in address:
        return ""
    return front + address.lstrip("/")


def _leads_away(address: str) -> bool:
    return address.startswith(("http://", "https://", "//"))


def _name_paragraphs(tokens: Sequence[Token]) -> None:
    for before, token in pairwise(tokens):
        if before.type != "paragraph_open" or token.type != "inline":
            continue
        parts = [one for one in token.children or [] if one.type not in ("softbreak", "hardbreak")]
        pictures = [one for one in parts if one.type == "html_inline"]
        if pictures and len(pictures) == len(parts):
            before.attrs["class"] = "gallery" if len(parts) > 1 else "picture"
            token.children = parts
        elif _is_one_link(parts):
            parts[0].attrs["class"] = "button"


def _is_one_link(parts: Sequence[Token]) -> bool:
    links = [one for one in parts if one.type == "link_open"]
    return len(links) == 1 and links[0] is parts[0] and parts[-1].type == "link_close"


def _in_sections(tokens: Sequence[Token]) -> list[Token]:
    """With what divides them instead of lines, and tables that can be moved sideways on a phone."""
    found: list[Token] = []
    for token in tokens:
        if token.type == "hr" and token.level == 0:
            found.append(_html(SECTION))
        elif token.type == "table_open":
            found += [_html('<div class="wide" role="region" tabindex="0">'), token]
        elif token.type in ("th_open", "td_open"):
            found.append(_aligned(token))
        elif token.type == "table_close":
            found += [token, _html("</div>\n")]
        else:
            found.append(token)
    return found


def _aligned(token: Token) -> Token:
    """By a class: a page may hold no style."""
    style = str(token.attrs.pop("style", ""))
    if style:
        token.attrs["class"] = style.partition(":")[2]
    return token


def _html(content: str) -> Token:
    token = Token("html_block", "", 0)
    token.content = content
    return token

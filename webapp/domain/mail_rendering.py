"""From one source, a subject and a body in Markdown with placeholders, to a mail's subject, text and HTML.

What a placeholder stands for is never read as Markdown or HTML: while the words around it are, it is a token.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape

from webapp.settings import ROOT

FOLDER = ROOT / "webapp" / "templates" / "mail"
SUBJECT_AT_MOST = 200
REPLACED_AT_MOST = 100_000
NESTED_AT_MOST = 24  # what Jinja takes to compile grows with the third power of it: 300 are half a minute
# Around each value in the text that callbacks of `wu_email_content` are given: invisible to who reads it.
OPEN, CLOSE = "\u2062", "\u2063"
VALUE = re.compile(f"{OPEN}([^{OPEN}{CLOSE}]*){CLOSE}")
FILTERS = ("upper", "lower", "capitalize", "title", "trim", "default", "replace", "truncate", "length")
# All that a text may be made of. A loop or a macro is more than a message needs, and could keep a worker busy.
ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.If,
    nodes.CondExpr,
    nodes.Filter,
    nodes.Const,
    nodes.Compare,
    nodes.Operand,
    nodes.Not,
    nodes.And,
    nodes.Or,
    nodes.Keyword,
)


class Source(NamedTuple):
    subject: str
    body: str


class Words(NamedTuple):
    subject: str
    text: str
    html: str


class Layout(NamedTuple):
    """What stands around every body."""

    locale: str
    network_name: str
    footer: tuple[str, ...]
    accent: str = ""  # of links and buttons: "#14664a", on light paper and on dark; empty: the product's own
    accent_dark: str = ""


class NotAllowed(ValueError):
    """The text uses more of the template language than a message needs."""


def _enclosed(value: object) -> str:
    return f"{OPEN}{re.sub(f'[{OPEN}{CLOSE}]', '', str(value))}{CLOSE}"


@cache
def _environment() -> Environment:
    made = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, finalize=_enclosed, autoescape=False, trim_blocks=True, lstrip_blocks=True
    )
    made.globals.clear()
    made.filters = {name: made.filters[name] for name in FILTERS} | {"replace": _replace}
    return made


def _replace(text: object, old: str, new: str, count: int = -1) -> str:
    """As Jinja's, but for what would fill the memory: each in a chain may make ten of one. Raises NotAllowed."""
    words = str(text)
    if len(words) + words.count(old) * len(new) > REPLACED_AT_MOST:
        raise NotAllowed("replace")
    return words.replace(old, new, count)


@cache
def _layout() -> Any:
    return Environment(loader=FileSystemLoader(FOLDER), autoescape=True).get_template("layout.html")


@cache
def _markdown() -> MarkdownIt:
    """No images, which would tell somebody that the mail was opened, and no HTML of anybody's own."""
    return MarkdownIt("commonmark", {"html": False, "breaks": True}).disable(["image", "code", "html_block"])


def parsed(text: str) -> nodes.Template:
    """Raises TemplateSyntaxError, NotAllowed."""
    with _not_too_deep():
        tree = _environment().parse(text)
    if _depth(tree) > NESTED_AT_MOST:
        raise NotAllowed("nested too deeply")
    return tree


def _depth(tree: nodes.Node) -> int:
    """How many pieces stand within each other, without calling itself as often."""
    depth, level = 0, [tree]
    while level:
        depth, level = depth + 1, [inner for outer in level for inner in outer.iter_child_nodes()]
    return depth


def names_in(text: str) -> set[str]:
    """The placeholders that a text uses. Raises TemplateSyntaxError, NotAllowed."""
    tree = parsed(text)
    for node in tree.find_all(nodes.Node):
        if not isinstance(node, ALLOWED) or (isinstance(node, nodes.Filter) and node.name not in FILTERS):
            raise NotAllowed(type(node).__name__)
    return {node.name for node in tree.find_all(nodes.Name)}


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its values, each between OPEN and CLOSE. Raises TemplateError, NotAllowed."""
    names_in(text)
    with _not_too_deep():
        return _environment().from_string(text).render(values)


@contextmanager
def _not_too_deep() -> Iterator[None]:
    """Python itself gives up on braces within braces without end. Raises NotAllowed."""
    try:
        yield
    except (RecursionError, SyntaxError, MemoryError) as error:
        raise NotAllowed(type(error).__name__) from None


def plain(filled: str) -> str:
    return re.sub(f"[{OPEN}{CLOSE}]", "", filled)


def one_line(text: str) -> str:
    """For a header: no control characters, so nothing in it can begin another header."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+", " ", text).split())


def render(
    source: Source, values: Mapping[str, str], layout: Layout, change: Callable[[str], str] = lambda text: text
) -> Words:
    """`change` is given the body with its values, before it is read as Markdown."""
    subject = one_line(plain(fill(source.subject, values)))[:SUBJECT_AT_MOST]
    text, html = both(change(fill(source.body, values)))
    page = _layout().render(subject=subject, body=Markup(html), **layout._asdict())  # noqa: S704 - made by `both`
    return Words(subject, "\n".join((text, "", "-- ", *layout.footer, "")), page)


def both(filled: str) -> tuple[str, str]:
    """A body as text and as HTML."""
    held = _Held()
    tokens = _markdown().parse(held.hide(filled))
    for token in tokens:
        if token.type == "inline":
            held.link(token.children or [])
            _mark_button(token.children or [])
    text = held.show("\n".join(_lines(tokens)), str)
    html = _markdown().renderer.render(tokens, _markdown().options, {})
    return text, held.show(str(html), lambda value: str(escape(value)).replace("\n", "<br>\n"))


class _Held:
    """Values that are kept out of Markdown's sight, each under a token of its own."""

    def __init__(self) -> None:
        self.salt = secrets.token_hex(6)
        self.values: list[str] = []

    def hide(self, filled: str) -> str:
        return plain(VALUE.sub(self._take, filled.replace("\r\n", "\n")))

    def _take(self, found: re.Match[str]) -> str:
        self.values.append(found[1])
        return f"zv{self.salt}n{len(self.values) - 1}z" if found[1] else ""

    def show(self, text: str, written: Callable[[str], str]) -> str:
        return re.sub(f"zv{self.salt}n([0-9]+)z", lambda found: written(self.values[int(found[1])]), text)

    def link(self, inline: Sequence[Token]) -> None:
        """A link's address is shown at once: what it leads to must be looked at."""
        for token in inline:
            if token.type == "link_open":
                address = one_line(self.show(str(token.attrs.get("href", "")), str))
                token.attrs["href"] = address if _markdown().validateLink(address) else "#"


def _mark_button(inline: Sequence[Token]) -> None:
    """A link that is a whole paragraph is what the mail is about."""
    links = [token for token in inline if token.type == "link_open"]
    if len(links) == 1 and links[0] is inline[0] and inline[-1].type == "link_close":
        links[0].attrs["class"] = "button"


# -- text ------------------------------------------------------------------------------------------------------------
def _lines(tokens: Sequence[Token]) -> list[str]:
    lines: list[str] = []
    counts: list[int | None] = []  # of the lists we are in: the next number, or None for a bullet
    bullet, tight = "", False
    for at, token in enumerate(tokens):
        if token.type in ("bullet_list_open", "ordered_list_open"):
            counts.append(int(token.attrs.get("start", 1)) if token.type.startswith("ordered") else None)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            counts.pop()
            tight = tight and bool(counts)
        elif token.type == "list_item_open":
            bullet, counts = _bullet(counts)
        elif token.type == "hr":
            lines += ["", "----------"] if lines else ["----------"]
        elif token.type in ("fence", "inline"):
            hidden = at > 0 and tokens[at - 1].hidden
            if lines and not (tight and hidden):
                lines.append("")
            said = _said(token.children or []) if token.type == "inline" else token.content.rstrip()
            lines.append(bullet + said.replace("\n", "\n" + " " * len(bullet)))
            bullet, tight = "", hidden
    return lines


def _bullet(counts: list[int | None]) -> tuple[str, list[int | None]]:
    *outer, number = counts
    indent = "  " * len(outer)
    return (f"{indent}- ", counts) if number is None else (f"{indent}{number}. ", [*outer, number + 1])


def _said(inline: Sequence[Token]) -> str:
    """A line's words; a link's address follows its words, on a line of its own when the link is all there is."""
    out, address = "", ""
    for token in inline:
        if token.type == "link_open":
            address = str(token.attrs.get("href", ""))
            alone = token.attrs.get("class") == "button"
        elif token.type == "link_close":
            if not out.endswith(address):
                out += f":\n{address}" if alone else f" ({address})"
        else:
            out += "\n" if token.type in ("softbreak", "hardbreak") else token.content
    return out

"""The templates alone: a plain Jinja environment with stand-ins for what the application provides."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from webapp.money import Money

TEMPLATES = Path(__file__).parents[2] / "webapp" / "templates"
VOID = frozenset(["area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"])
INLINE = frozenset(["a", "b", "code", "span", "strong", "time"])
SYMBOLS = {"EUR": "€", "USD": "$"}


class Element:
    """One element of a parsed page, with just enough of a DOM to make claims about it."""

    def __init__(self, tag: str, attrs: dict[str, str], parent: Element | None) -> None:
        self.tag = tag
        self.attrs = attrs
        self.parent = parent
        self.children: list[Element | str] = []

    def __iter__(self) -> Iterator[Element]:
        """Itself and everything below it, in document order."""
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child

    def all(self, *tags: str, **attrs: str) -> list[Element]:
        """Elements of these tags (any, when none is named) with these attributes; `_` stands for `-`."""
        wanted = {name.strip("_").replace("_", "-"): value for name, value in attrs.items()}
        return [
            element
            for element in self
            if (not tags or element.tag in tags)
            and all(element.attrs.get(name) == value for name, value in wanted.items())
        ]

    def one(self, *tags: str, **attrs: str) -> Element:
        (found,) = self.all(*tags, **attrs)
        return found

    def by_id(self, id: str) -> Element:
        return self.one(id=id)

    @property
    def text(self) -> str:
        """As it reads: inline elements join what is around them, others stand apart."""
        return " ".join(self._raw_text().split())

    def _raw_text(self) -> str:
        parts = [child if isinstance(child, str) else child._raw_text() for child in self.children]
        return "".join(parts) if self.tag in INLINE else f" {''.join(parts)} "

    def inside(self, tag: str) -> bool:
        above = self.parent
        while above is not None:
            if above.tag == tag:
                return True
            above = above.parent
        return False


class Reader(HTMLParser):
    """Builds the tree and insists on tags that are closed in the order in which they were opened."""

    def __init__(self) -> None:
        super().__init__()
        self.root = self.at = Element("#root", {}, None)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> repeats an attribute: {names}"
        element = Element(tag, {name: value or "" for name, value in attrs}, self.at)
        self.at.children.append(element)
        if tag not in VOID:
            self.at = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.at.children.append(Element(tag, {name: value or "" for name, value in attrs}, self.at))

    def handle_endtag(self, tag: str) -> None:
        assert self.at.tag == tag, f"</{tag}> closes <{self.at.tag}>"
        assert self.at.parent is not None
        self.at = self.at.parent

    def handle_data(self, data: str) -> None:
        self.at.children.append(data)


def parse(html: str) -> Element:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.at is reader.root, f"<{reader.at.tag}> is never closed"
    return reader.root


def show_money(amount: Money) -> str:
    return f"{SYMBOLS.get(amount.currency, amount.currency)}{amount.decimal:,}"


def long_date(instant: datetime) -> str:
    return f"{instant.day} {instant:%B %Y}"


def show_day(instant: datetime) -> Markup:
    return in_time(instant, long_date(instant))


def show_instant(instant: datetime) -> Markup:
    return in_time(instant, f"{instant:%Y-%m-%d %H:%M} UTC")


def show_moment(instant: datetime) -> Markup:
    return in_time(instant, f"{instant.day} {instant:%b %Y, %H:%M} UTC")


def in_time(instant: datetime, text: str) -> Markup:
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        instant.isoformat(), f"{instant:%H:%M:%S %z}", text
    )


def show_address(endpoint: str, **values: object) -> str:
    return "/" + "/".join([endpoint, *(str(value) for value in values.values() if value is not None)])


def environment(catalogue: Callable[[str], str] = str) -> Environment:
    """As the application configures it, with a `catalogue` from English to whatever a test reads."""
    jinja = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        extensions=["jinja2.ext.i18n"],
        auto_reload=False,
    )
    jinja.install_gettext_callables(  # type: ignore[attr-defined]  # added by the extension at run time
        catalogue,
        lambda one, many, n: catalogue(one if n == 1 else many),
        newstyle=True,
    )
    jinja.filters |= {
        "money": show_money,
        "date": show_day,
        "long_date": long_date,
        "datetime": show_instant,
        "moment": show_moment,
        "limit_name": lambda limit: f"DATA {limit}",
        "use_said": lambda use: f"DATA {use.used} of {use.most}",
    }
    jinja.globals |= {
        "url_for": show_address,
        "get_flashed_messages": lambda with_categories=False: [],
        "csrf_token": lambda: "token",
    }
    return jinja


@pytest.fixture(scope="session")
def jinja() -> Environment:
    return environment()


@pytest.fixture
def snippet(jinja: Environment) -> Callable[..., Element]:
    """Render a piece of template source, and read it."""

    def render(source: str, **context: Any) -> Element:
        return parse(jinja.from_string(source).render(**context))

    return render


@pytest.fixture
def page(jinja: Environment) -> Callable[..., Element]:
    """Render a template by its name, and read it."""

    def render(name: str, **context: Any) -> Element:
        return parse(jinja.get_template(name).render(**context))

    return render


def wiring_faults(root: Element) -> list[str]:
    """What would keep a screen reader or a keyboard from using this: empty when all is well."""
    ids = [element.attrs["id"] for element in root if "id" in element.attrs]
    faults = [f"id {id} occurs twice" for id in sorted(set(ids)) if ids.count(id) > 1]
    labelled = {label.attrs.get("for") for label in root.all("label")}
    for element in root:
        faults += faults_of(element, set(ids), labelled)
    return faults


def faults_of(element: Element, ids: set[str], labelled: set[str | None]) -> Iterator[str]:
    for name in (
        "for",
        "aria-describedby",
        "aria-labelledby",
        "aria-controls",
        "popovertarget",
        "list",
    ):
        for id in element.attrs.get(name, "").split():
            if id not in ids:
                yield f"{name} of <{element.tag}> names #{id}, which does not exist"
    for name in element.attrs:
        if name == "style" or (name.startswith("on") and not name.startswith("on-")):
            yield f"<{element.tag}> has an inline {name}"
    if element.tag in ("script", "style") and not element.attrs.get("src"):
        yield f"inline <{element.tag}>"
    named = "aria-label" in element.attrs or element.attrs.get("id") in labelled
    if element.tag in ("input", "select", "textarea") and element.attrs.get("type") != "hidden" and not named:
        yield f"{element.attrs.get('name')} has no label"
    hidden = "aria-hidden" in element.attrs
    named = element.text or element.attrs.get("aria-label") or any(one.attrs.get("alt") for one in element.all("img"))
    if element.tag in ("button", "a") and not (hidden or named):
        yield f"a <{element.tag}> without a name"
    if element.tag == "button" and "type" not in element.attrs:
        yield f"button {element.text!r} has no type"


def heading_levels(root: Element) -> list[int]:
    return [int(element.tag[1]) for element in root.all("h1", "h2", "h3", "h4")]


def page_faults(root: Element) -> list[str]:
    """The claims every whole page must meet, beside its wiring."""
    faults = wiring_faults(root)
    levels = heading_levels(root)
    if levels.count(1) != 1:
        faults.append(f"{levels.count(1)} h1")
    if any(deeper > level + 1 for level, deeper in itertools.pairwise(levels)):
        faults.append(f"headings skip a level: {levels}")
    for tag in ("header", "main", "footer"):
        if len(root.all(tag)) != 1:
            faults.append(f"{len(root.all(tag))} <{tag}>")
    first = next(element for element in root.one("body") if element.tag in ("a", "button", "input"))
    if "skip-link" not in first.attrs.get("class", ""):
        faults.append("the skip link is not first")
    for region in ("status", "alert"):
        if not root.all(role=region):
            faults.append(f"no role={region} in the first HTML")
    return faults


@pytest.fixture
def faults() -> Callable[[Element], list[str]]:
    return wiring_faults


@pytest.fixture
def faults_of_page() -> Callable[[Element], list[str]]:
    return page_faults


@pytest.fixture
def some_day() -> datetime:
    return datetime(2026, 12, 23, 9, 30, tzinfo=UTC)

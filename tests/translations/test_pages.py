"""Every page through a catalogue that marks what it gives: what is not marked, no translation can reach."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from babel.support import NullTranslations
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import Domain
from sqlalchemy import select

from tests import factories
from tests.blueprints.admin import rows
from tests.templates.conftest import Element, parse
from tools import translations
from webapp.domain import built_in_templates
from webapp.extensions import Base, db
from webapp.flows import ordering
from webapp.models import Customer
from webapp.models.sandbox import SandboxCharge
from webapp.settings import Settings

(GERMAN,) = (path for path in translations.catalogues() if "de" in path.parts)
MARK = re.compile(r"⟦[^⟦⟧]*⟧")
READ_ALOUD = ("aria-label", "title", "alt", "placeholder")
NOT_OURS = {"code", "pre", "time", "option", "script", "style"}  # identifiers, instants, countries
# What the rows of this test are called, names that stay what they are, and parts of addresses.
DATA = re.compile(
    r"Ada|Lovelace|Grace Hopper|Konrad Zuse|Olga Peters|card_declined|Person|Premium|Parzelle|A site|English|Deutsch(?:land)?|[\w.+-]+@[\w.-]+|https?://\S+|\S*\.(?:com|org|localhost)\S*"
    r"|EUR|Stripe|PayPal|Set-up fee|manual|refused|crm\S*|wu_\w+|UTC|sandbox|[0-9a-f]{8,}|person-\w+|site-\w+|DE"
    r"|sync_contact|\d+\. [A-Z]\w+"  # days on a chart
    r"|^\s*(?:Jan|Feb|Mär|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez)(?: (?:20)?\d\d)*\s*$",  # months on one, in tables
    re.MULTILINE,
)
WORD = re.compile(r"[^\W\d_]{3,}")


class Marking(NullTranslations):
    def ugettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ungettext(self, one: str, many: str, number: int) -> str:
        return f"⟦{one if number == 1 else many}⟧"

    def upgettext(self, context: str, message: str) -> str:
        return f"⟦{message}⟧"

    def unpgettext(self, context: str, one: str, many: str, number: int) -> str:
        return f"⟦{one if number == 1 else many}⟧"


@pytest.fixture
def marking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Domain, "get_translations", lambda self: Marking())


def unmarked(root: Element) -> list[str]:
    """Words of the page that no catalogue gave and that are nobody's data; a sentence may have elements in it."""
    left = without_marked("\n".join(texts_of(root)))
    lines = [line.strip(" –") for line in DATA.sub("", left).splitlines() if WORD.search(line)]
    return [line for line in lines if line not in words_of_templates()]


@cache
def words_of_templates() -> set[str]:
    """A site's template brings its own, in each language that it has: of no catalogue."""
    known = built_in_templates.built_in().values()
    words = {said for one in known for said in (one.title("de"), one.description("de"), one.category("de"))}
    return words | {f": {one.title('de')}" for one in known}  # behind what a control of its row does


def texts_of(root: Element) -> Iterator[str]:
    """What is read or read aloud, in pieces."""
    for element in root:
        foreign = element.tag != "html" and element.attrs.get("lang") == "en"  # declarations of hooks, by add-ons too
        if element.tag not in NOT_OURS and not foreign:
            yield from (child for child in element.children if isinstance(child, str))
            yield from (element.attrs[name] for name in READ_ALOUD if name in element.attrs)


def without_marked(text: str) -> str:
    """Marks may be nested: a word that was inserted into a sentence."""
    shorter = MARK.sub("", text)
    return shorter if shorter == text else without_marked(shorter)


@pytest.fixture
def sold(app: Flask, settings: Settings) -> Customer:
    """Something of everything: a sale that is under way, and rows in each list."""
    plan = factories.product("premium", year=29900, setup_fee_minor=990)
    ordering.place(factories.order(plan.slug), settings)
    customer = db.session.scalars(select(Customer)).one()
    membership = factories.active_membership(customer=customer, plan=plan)
    factories.payment(membership=membership, gateway="manual")
    dead = rows.dead(customer=customer)
    rows.attempt(dead[0])
    return customer


def first_of(argument: str) -> Any:
    """A value for an argument of an address: the number of the first row of that kind."""
    for mapper in Base.registry.mappers:
        if argument == f"{mapper.class_.__name__.lower()}_id":
            return db.session.scalars(select(mapper.class_.id).order_by(mapper.class_.id)).first()
    return None


def pages(app: Flask) -> Iterator[str]:
    charge = db.session.scalars(select(SandboxCharge)).first()
    known = {"plan": "premium", "duration": 1, "unit": "year", "code": None, "filename": None}
    if charge is not None:
        known["reference"] = charge.reference
    for rule in app.url_map.iter_rules():
        values = {name: known.get(name, first_of(name)) for name in rule.arguments}
        if "GET" in (rule.methods or ()) and None not in values.values():
            yield app.url_map.bind("localhost").build(rule.endpoint, values, force_external=False)


def looked_at(app: Flask, client: FlaskClient, who: str, sold: Customer) -> dict[str, Element]:
    """Each page that this person gets to see, refusals included."""
    person = {"visitor": None, "customer": sold, "operator": factories.operator()}[who]
    if person is not None:
        factories.signed_in(client, person)
    answers = [client.get(path, headers={"Accept-Language": "de"}) for path in [*pages(app), "/none/such"]]
    shown = [one for one in answers if one.mimetype == "text/html" and one.status_code != 303]
    assert len(shown) >= 8
    return {f"{one.request.path} ({one.status_code})": parse(one.text) for one in shown}


WHO = pytest.mark.parametrize("who", ["visitor", "customer", "operator"])


@WHO
def test_every_word_of_every_page_can_be_translated(
    app: Flask, client: FlaskClient, sold: Customer, marking: None, who: str
) -> None:
    found = {path: unmarked(root) for path, root in looked_at(app, client, who, sold).items()}
    assert {path: words for path, words in found.items() if words} == {}


@WHO
def test_no_english_is_left_on_a_german_page(app: Flask, client: FlaskClient, sold: Customer, who: str) -> None:
    translated = [message for message in translations.read(GERMAN) if message.id and message.string != message.id]
    english = {one for message in translated for one in translations.ids_of(message)}
    german = {one for message in translated for one in translations.strings_of(message)}
    for path, root in looked_at(app, client, who, sold).items():
        assert root.one("html").attrs["lang"] == "de", path
        said = {" ".join(text.split()) for text in texts_of(root)}
        assert said & (english - german - {"Set-up fee"}) == set(), path  # kept with the order, as it was said then


@pytest.mark.ux("W13")
@WHO
def test_no_two_pages_have_one_title(app: Flask, client: FlaskClient, sold: Customer, who: str) -> None:
    """The order form is one page, whatever its address chooses, and so is a product with a link made for it."""
    titles: dict[str, list[str]] = {}
    for path, root in looked_at(app, client, who, sold).items():
        if "(200)" in path and not path.startswith("/register/") and "/links" not in path:
            titles.setdefault(root.all("title")[0].text, []).append(path)
    assert {title: paths for title, paths in titles.items() if len(paths) > 1} == {}

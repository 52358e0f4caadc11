"""Every way a product is priced, in its form: what is kept, what is refused, and what nobody loses."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.blueprints.admin import rows
from tests.blueprints.admin.conftest import Look
from tests.blueprints.admin.rows import errors
from tests.blueprints.admin.test_product_edit import FORM, ROW, sent
from tests.conftest import only
from tests.domain.test_logos import picture, svg
from tests.flows.test_site_jobs import Far, far
from tests.pages import Browser, Page
from tests.templates.conftest import parse
from webapp import hooks
from webapp.domain import catalog
from webapp.extensions import db
from webapp.models import BrandFile, CurrencyPrice, PricingType, Product, ProductType, PwywRecurring, TaxRate
from webapp.money import Money
from webapp.periods import Period, Unit

__all__ = ["far"]
MONTH, YEAR = Period(1, Unit.MONTH), Period(1, Unit.YEAR)
FRANCS = {
    "currency_prices-0-currency": "CHF",
    "currency_prices-0-amount": "33",
    "currency_prices-0-setup_fee": "50",
    "currency_prices-0-variations-0": "330",
}
CONTACT = {
    "pricing_type": "contact_us",
    "contact_us_label": "Call us",
    "contact_us_link": "https://example.com/call",
}
NAMED = {"pricing_type": "pay_what_you_want", "pwyw_minimum": "5", "pwyw_suggested": "15", "pwyw_maximum": "100"}


def addon(slug: str = "backup", **values: Any) -> Product:
    return factories.product(slug, **{"name": slug.title(), "type": ProductType.PACKAGE, **values})


# -- other currencies ------------------------------------------------------------------------------------------------
def test_prices_in_another_currency_are_added_without_script(browser: Browser) -> None:
    browser.get("/admin/products/new")
    rows.send(browser, "/admin/products", press={"add_row": "1"}, name="Premium", amount="29.99")
    page = rows.send(browser, "/admin/products", press={"add_currency": "1"}, variations__0__amount="299")
    assert page.fields["currency_prices-0-variations-0"] == ""
    names = {name.replace("-", "__"): value for name, value in FRANCS.items()}
    page = rows.send(browser, "/admin/products", **names)
    assert "is saved" in page.text
    product = only(Product)
    assert product.prices("CHF") == {MONTH: Money(3300, "CHF"), YEAR: Money(33000, "CHF")}
    assert product.setup_fee_in("CHF") == Money(5000, "CHF")
    page = browser.get(f"/admin/products/{product.id}/edit")
    assert {name: page.fields[name] for name in FRANCS} == {
        "currency_prices-0-currency": "CHF",
        "currency_prices-0-amount": "33.00",
        "currency_prices-0-setup_fee": "50.00",
        "currency_prices-0-variations-0": "330.00",
    }


def test_a_period_may_be_sold_in_one_currency_only(signed_in: FlaskClient) -> None:
    assert sent(signed_in, **ROW, **{**FRANCS, "currency_prices-0-variations-0": ""}).status_code == 303
    assert only(Product).prices("CHF") == {MONTH: Money(3300, "CHF")}
    assert only(Product).price_for(YEAR) == Money(29900, "EUR")


def test_each_currency_has_its_own_decimals(signed_in: FlaskClient) -> None:
    yen = {"currency_prices-0-currency": "JPY", "currency_prices-0-amount": "5,000"}
    dinar = {"currency_prices-1-currency": "KWD", "currency_prices-1-amount": "9.999"}
    assert sent(signed_in, **yen, **dinar).status_code == 303
    assert [only(Product).price_in(one) for one in ("JPY", "KWD")] == [Money(5000, "JPY"), Money(9999, "KWD")]


@pytest.mark.parametrize(
    ("changes", "places"),
    [
        ({"currency_prices-0-currency": ""}, ["#currency_prices-0-currency"]),
        ({"currency_prices-0-currency": "XXX"}, ["#currency_prices-0-currency"]),
        ({"currency_prices-0-currency": "euro"}, ["#currency_prices-0-currency"]),
        ({"currency_prices-0-currency": "EUR"}, ["#currency_prices-0-currency"]),
        ({"currency_prices-0-amount": ""}, ["#currency_prices-0-amount"]),
        ({"currency_prices-0-amount": "0"}, ["#currency_prices-0-amount"]),
        ({"currency_prices-0-amount": "-1"}, ["#currency_prices-0-amount"]),
        ({"currency_prices-0-amount": "NaN"}, ["#currency_prices-0-amount"]),
        ({"currency_prices-0-amount": "9" * 20}, ["#currency_prices-0-amount"]),
        ({"currency_prices-0-amount": "1.005"}, ["#currency_prices-0-amount"]),
        ({"currency_prices-0-setup_fee": "x"}, ["#currency_prices-0-setup_fee"]),
        ({"currency_prices-0-setup_fee": "9" * 20}, ["#currency_prices-0-setup_fee"]),
        ({"currency_prices-0-variations-0": "0"}, ["#currency_prices-0-variations-0"]),
        ({"currency_prices-0-variations-0": "1e3"}, ["#currency_prices-0-variations-0"]),
        (
            {"currency_prices-1-currency": "CHF", "currency_prices-1-amount": "1"},
            ["#currency_prices-1-currency"],
        ),
    ],
)
def test_a_wrong_price_in_another_currency_stands_beside_its_field(
    signed_in: FlaskClient, changes: dict[str, str], places: list[str]
) -> None:
    typed = {**ROW, **FRANCS, **changes}
    answer = sent(signed_in, **typed)
    root, page = parse(answer.text), Page(answer.text)
    assert (answer.status_code, errors(root)) == (422, places)
    assert root.by_id(f"{places[0][1:]}-error").text
    amounts = [name for name in typed if name.endswith(("amount", "setup_fee")) or "-variations-" in name]
    assert {name: page.fields[name] for name in amounts} == {name: typed[name] for name in amounts}
    assert db.session.scalars(select(Product)).all() == []


def test_a_row_that_goes_takes_its_prices_in_other_currencies_along(signed_in: FlaskClient) -> None:
    two = {**ROW, "variations-1-amount": "80", "variations-1-duration": "3", "variations-1-duration_unit": "month"}
    typed = {**two, **FRANCS, "currency_prices-0-variations-1": "88"}
    less = Page(sent(signed_in, **typed, remove_row="variations-0").text)
    assert less.fields["currency_prices-0-variations-0"] == "88"
    assert "currency_prices-0-variations-1" not in less.fields
    gone = Page(sent(signed_in, **typed, remove_row="currency_prices-0").text)
    assert not [name for name in gone.fields if name.startswith("currency_prices")]
    assert gone.fields["variations-1-amount"] == "80"


def test_the_preview_shows_every_currency(signed_in: FlaskClient) -> None:
    answer = sent(signed_in, "/admin/products/preview", **ROW, **FRANCS, name="Premium")
    cards = [one.text for one in parse(answer.text).by_id("preview").all("li", class_="plan")]
    assert len(cards) == 4
    assert "CHF33.00 per month" in cards[2]
    assert "Leads to /register/premium/1/year?currency=CHF" in cards[3]


def test_a_price_in_another_currency_is_in_the_history_and_the_copy(browser: Browser, look: Look) -> None:
    swiss = [CurrencyPrice(currency="CHF", amount_minor=3300, setup_fee_minor=5000)]
    plan = factories.product("premium", currency_prices=swiss)
    browser.get(f"/admin/products/{plan.id}/edit")
    rows.send(browser, f"/products/{plan.id}", currency_prices__0__amount="35")
    root = look(f"/admin/products/{plan.id}")
    [entry] = root.all("li", class_="timeline__entry")
    assert "CHF33.00 per month, CHF50.00 for the set-up → CHF35.00 per month, CHF50.00 for the set-up" in entry.text
    browser.get(f"/admin/products/{plan.id}")
    page = rows.send(browser, "/copies")
    assert page.fields["currency_prices-0-amount"] == "35.00"


def test_a_link_leads_to_the_order_form_in_a_currency(look: Look, client: FlaskClient) -> None:
    plan = factories.product("premium", currency_prices=[CurrencyPrice(currency="CHF", amount_minor=3300)])
    root = look(f"/admin/products/{plan.id}/links?currency=CHF")
    address = root.by_id("links").one("code").text
    assert address == "http://localhost/register/premium?currency=CHF"
    order = parse(client.get(address.removeprefix("http://localhost")).text)
    assert "CHF33.00" in order.by_id("summary").text
    other = look(f"/admin/products/{plan.id}/links?currency=USD").by_id("links").one("code").text
    assert other == "http://localhost/register/premium"


# -- at a price that the buyer names ---------------------------------------------------------------------------------
def test_an_amount_that_buyers_name_has_bounds(signed_in: FlaskClient) -> None:
    changes = {**NAMED, "pwyw_recurring_mode": "force_one_time", "amount": "x", **ROW, **FRANCS}
    assert sent(signed_in, **changes).status_code == 303
    gift = only(Product)
    assert (gift.pricing_type, gift.amount_minor, gift.recurring) == (PricingType.PAY_WHAT_YOU_WANT, 0, False)
    assert (gift.pwyw_minimum, gift.price, gift.pwyw_maximum) == (
        Money(500, "EUR"),
        Money(1500, "EUR"),
        Money(10000, "EUR"),
    )
    assert gift.pwyw_recurring_mode == PwywRecurring.FORCE_ONE_TIME
    assert (gift.variations, gift.currency_prices) == ([], [])


def test_without_a_suggestion_the_lowest_amount_is_suggested(signed_in: FlaskClient) -> None:
    assert sent(signed_in, **{**NAMED, "pwyw_suggested": "", "pwyw_maximum": ""}).status_code == 303
    assert (only(Product).price, only(Product).pwyw_maximum) == (Money(500, "EUR"), None)


@pytest.mark.parametrize(
    ("changes", "places"),
    [
        ({"pwyw_minimum": "-1"}, ["#pwyw_minimum"]),
        ({"pwyw_minimum": "cheap"}, ["#pwyw_minimum"]),
        ({"pwyw_maximum": "4"}, ["#pwyw_maximum", "#pwyw_suggested"]),
        ({"pwyw_maximum": "50000.01"}, ["#pwyw_maximum"]),
        ({"pwyw_suggested": "4"}, ["#pwyw_suggested"]),
        ({"pwyw_suggested": "101"}, ["#pwyw_suggested"]),
        ({"pwyw_suggested": "NaN"}, ["#pwyw_suggested"]),
        ({"duration": "0"}, ["#duration"]),
    ],
)
def test_bounds_that_leave_no_room_are_refused(
    signed_in: FlaskClient, changes: dict[str, str], places: list[str]
) -> None:
    answer = sent(signed_in, **{**NAMED, **changes})
    assert answer.status_code == 422
    assert sorted(errors(parse(answer.text))) == sorted(places)
    assert Page(answer.text).fields["pwyw_minimum"] == {**NAMED, **changes}["pwyw_minimum"]


# -- on request ------------------------------------------------------------------------------------------------------
def test_what_is_sold_on_request_has_a_link_and_no_price(signed_in: FlaskClient) -> None:
    assert sent(signed_in, **CONTACT, setup_fee="5", trial_duration="7", **ROW).status_code == 303
    agency = only(Product)
    assert (agency.pricing_type, agency.contact_us_label) == (PricingType.CONTACT_US, "Call us")
    assert (agency.amount_minor, agency.setup_fee_minor, agency.recurring, agency.trial) == (0, 0, False, None)
    assert not agency.can_be_bought


@pytest.mark.parametrize(
    "link",
    [
        "",
        "example.com",
        "javascript:alert(1)",
        "ftp://example.com",
        "https://",
        "https://u:p@example.com",
        "https://exa mple.com",
        "https://[",
        "https://example.com/" + "x" * 500,
        "//example.com",
        "data:text/html,x",
    ],
)
def test_a_link_that_leads_nowhere_or_acts_is_refused(signed_in: FlaskClient, link: str) -> None:
    answer = sent(signed_in, **{**CONTACT, "contact_us_link": link})
    assert (answer.status_code, errors(parse(answer.text))) == (422, ["#contact_us_link"])


def test_a_button_has_words(signed_in: FlaskClient) -> None:
    for label in ("", "x" * 81):
        answer = sent(signed_in, **{**CONTACT, "contact_us_label": label})
        assert errors(parse(answer.text)) == ["#contact_us_label"]


# -- beside a plan ---------------------------------------------------------------------------------------------------
def test_a_plan_offers_what_is_ticked_in_its_form(browser: Browser) -> None:
    backup, move = addon(), addon("move", list_order=20)
    plan = factories.product("premium")
    page = browser.get(f"/admin/products/{plan.id}/edit")
    offers = [one.text for one in parse(page.html).by_id("available_addons").all("label")]
    assert offers == ["Backup €29.99 per month", "Move €29.99 per month"]
    rows.send(browser, f"/products/{plan.id}", available_addons=[str(move.id), str(backup.id)])
    assert rows.fresh(plan).available_addons == [move.id, backup.id]
    assert [one.slug for one in catalog.find_by_ids(plan.available_addons)] == ["move", "backup"]
    page = browser.get(f"/admin/products/{plan.id}")
    assert "Offered with it" in page.text
    assert "Offered with the plans" in browser.get(f"/admin/products/{backup.id}").text


def test_only_packages_and_services_are_offered(signed_in: FlaskClient) -> None:
    plan, other = factories.product("premium"), factories.product("other")
    path = f"/admin/products/{plan.id}"
    for wrong in (str(other.id), str(plan.id), "999", "x", "-1"):
        answer = sent(signed_in, path, slug="premium", version="1", available_addons=wrong)
        assert (answer.status_code, errors(parse(answer.text))) == (422, ["#available_addons"]), wrong
    assert rows.fresh(plan).available_addons == []


def test_what_a_plan_offers_cannot_become_a_plan_nor_go(signed_in: FlaskClient) -> None:
    backup = addon()
    factories.product("premium", available_addons=[backup.id])
    path = f"/admin/products/{backup.id}"
    answer = sent(signed_in, path, slug="backup", type="plan", version="1")
    assert (answer.status_code, errors(parse(answer.text))) == (422, ["#type"])
    assert "It is offered with Premium." in answer.text
    assert signed_in.get(f"{path}/deletion").status_code == 200
    answer = signed_in.post(f"{path}/deletion")
    assert (answer.status_code, "It is offered with Premium." in answer.text) == (409, True)
    assert db.session.get(Product, backup.id) is not None


def test_what_is_no_plan_offers_nothing(signed_in: FlaskClient) -> None:
    backup = addon()
    assert sent(signed_in, type="service", available_addons=str(backup.id)).status_code == 303
    service = db.session.scalars(select(Product).where(Product.slug == "premium")).one()
    assert service.available_addons == []


# -- the rest --------------------------------------------------------------------------------------------------------
def test_a_limited_plan_ends_or_stays(signed_in: FlaskClient) -> None:
    assert sent(signed_in, billing_cycles="12", afterwards="stays", product_group="hosting").status_code == 303
    assert (only(Product).billing_cycles, only(Product).stays_for_life, only(Product).product_group) == (
        12,
        True,
        "hosting",
    )


def test_what_has_no_end_cannot_stay_after_it(signed_in: FlaskClient) -> None:
    assert sent(signed_in, billing_cycles="", afterwards="stays").status_code == 303
    assert not only(Product).stays_for_life


def test_a_groups_name_is_short(signed_in: FlaskClient) -> None:
    assert errors(parse(sent(signed_in, product_group="x" * 21).text)) == ["#product_group"]


def test_the_tax_categories_are_those_of_the_rates(signed_in: FlaskClient, look: Look) -> None:
    factories.save(lambda: TaxRate(category="reduced", title="VAT", country="DE"))
    choices = look("/admin/products/new").by_id("tax_category").all("option")
    assert [(one.attrs["value"], one.text) for one in choices] == [("default", "Default"), ("reduced", "reduced")]
    assert errors(parse(sent(signed_in, tax_category="none").text)) == ["#tax_category"]
    assert sent(signed_in, tax_category="reduced").status_code == 303
    assert only(Product).tax_category == "reduced"


def upload(client: FlaskClient, product: Product, content: bytes, name: str = "card.png") -> Any:
    head = f'--x\r\nContent-Disposition: form-data; name="picture"; filename="{name}"\r\n\r\n'
    body = head.encode() + content + b"\r\n--x--\r\n"
    path = f"/admin/products/{product.id}/picture"
    return client.post(path, data=body, content_type="multipart/form-data; boundary=x")


def test_a_picture_is_on_the_card_and_served_as_a_picture(signed_in: FlaskClient, client: FlaskClient) -> None:
    plan = factories.product("premium")
    assert upload(signed_in, plan, picture("PNG", size=(1200, 300))).status_code == 303
    image = parse(client.get("/").text).one("li", class_="plan").one("img")
    assert (image.attrs["width"], image.attrs["height"], image.attrs["alt"]) == ("480", "120", "")
    answer = client.get(image.attrs["src"])
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", b"x" * 1_000_001, b"GIF89a", svg("<script>alert(1)</script>"), picture("PNG")[:40]],
    ids=["nothing", "a page", "too much", "another format", "what acts", "half a picture"],
)
def test_what_is_no_picture_is_refused(signed_in: FlaskClient, content: bytes) -> None:
    plan = factories.product("premium")
    answer = upload(signed_in, plan, content)
    assert answer.status_code == 422
    assert parse(answer.text).by_id("picture-error").text
    assert rows.fresh(plan).image == ""


def test_a_picture_that_nothing_shows_is_not_kept(signed_in: FlaskClient) -> None:
    plan = factories.product("premium")
    upload(signed_in, plan, picture("PNG"))
    first = rows.fresh(plan).image
    signed_in.post(f"/admin/products/{plan.id}/copies")
    upload(signed_in, plan, picture("JPEG"))
    assert db.session.get(BrandFile, first) is not None, "its copy shows it"
    signed_in.post(f"/admin/products/{plan.id}/picture", data={"remove": "1"})
    db.session.rollback()
    assert [one.name for one in db.session.scalars(select(BrandFile))] == [first]
    copy = db.session.scalars(select(Product).where(Product.id != plan.id)).one()
    signed_in.post(f"/admin/products/{copy.id}/deletion")
    db.session.rollback()
    assert db.session.scalars(select(BrandFile)).all() == []


def test_a_new_logo_leaves_the_pictures_of_products(signed_in: FlaskClient) -> None:
    plan = factories.product("premium")
    upload(signed_in, plan, picture("PNG"))
    signed_in.post(
        "/admin/settings/look/logo",
        data={"logo": (BytesIO(picture("WEBP")), "logo.webp")},
        content_type="multipart/form-data",
    )
    db.session.rollback()
    kinds = {one.name.rpartition(".")[2] for one in db.session.scalars(select(BrandFile))}
    assert kinds == {"png", "webp"}


def test_two_edits_of_prices_show_both(browser: Browser, signed_in: FlaskClient) -> None:
    plan = factories.product("premium", currency_prices=[CurrencyPrice(currency="CHF", amount_minor=3300)])
    browser.get(f"/admin/products/{plan.id}/edit")
    path = f"/admin/products/{plan.id}"
    theirs = {**FRANCS, "currency_prices-0-amount": "35", "currency_prices-0-setup_fee": ""}
    assert sent(signed_in, path, slug="premium", version="1", **theirs).status_code == 303
    page = rows.send(browser, path, currency_prices__0__amount="39")
    assert browser.response.status_code == 409
    told = [one.text for one in parse(page.html).by_id("clash").all("tr")]
    assert "Prices in other currencies CHF35.00 per month CHF39.00 per month" in told
    assert page.fields["currency_prices-0-amount"] == "39"
    assert FORM["name"] == "Premium"


# -- who makes its sites ---------------------------------------------------------------------------------------------
def test_a_plan_says_who_makes_its_sites_once_there_is_a_choice(signed_in: FlaskClient, far: Far) -> None:
    """Without a hosting system, only the network can."""
    hooks.registry.filters["wu_site_provisioners"].callbacks[-1].off = True
    assert "Sites are made by" not in signed_in.get("/admin/products/new").text
    hooks.registry.filters["wu_site_provisioners"].callbacks[-1].off = False
    page = parse(signed_in.get("/admin/products/new").text)
    offered = [one.text for one in page.by_id("provisioner").all("option")]
    assert offered == ["As the settings say", "This network", "Far away"]
    assert sent(signed_in, provisioner="far").status_code == 303
    assert only(Product).provisioner == "far"
    assert "Far away" in signed_in.get(f"/admin/products/{only(Product).id}").text
    answer = sent(signed_in, slug="other", provisioner="nobody")
    assert (answer.status_code, errors(parse(answer.text))) == (422, ["#provisioner"])


def test_only_a_plan_has_sites(signed_in: FlaskClient, far: Far) -> None:
    assert sent(signed_in, type="service", provisioner="far").status_code == 303
    assert only(Product).provisioner == ""

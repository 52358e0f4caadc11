"""Operators put order forms together: by plain posts, kept at once, shown to buyers when published."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.blueprints.admin.conftest import Look
from webapp.domain import checkout_forms
from webapp.domain.form_definitions import Definition, Spec
from webapp.extensions import db
from webapp.models import AuditEntry, OrderForm, ProductType

BASE = "/admin/checkout-forms"
SPRING = f"{BASE}/spring-offer"


@pytest.fixture(autouse=True)
def shop(app: Any) -> None:
    factories.product("premium")


def worked_at(slug: str = "spring-offer") -> Definition:
    db.session.rollback()
    db.session.expire_all()
    return checkout_forms.worked_at(checkout_forms.find(slug))


def ids(slug: str = "spring-offer") -> list[list[str]]:
    return [[one.id for one in step.fields] for step in worked_at(slug).steps]


def change(client: FlaskClient, slug: str = "spring-offer", status: int = 303, **sent: Any) -> str:
    answer = client.post(f"{BASE}/{slug}/changes", data=sent)
    assert answer.status_code == status, answer.text
    return answer.text


def test_a_form_is_made_put_together_and_published(signed_in: FlaskClient, look: Look) -> None:
    facts = {"name": "Spring", "slug": "Spring-Offer", "pattern": "blank"}
    assert signed_in.post(BASE, data=facts).location == SPRING
    for kind in ("pricing_table", "email", "password", "billing_address", "payment", "terms_of_use", "text"):
        change(signed_in, do="add-field", step="order", type=kind)
    refused = signed_in.post(f"{SPRING}/publication", data={"do": "publish"})
    assert refused.status_code == 422
    assert "“Order summary” is missing; a sale needs it." in refused.text
    for kind in ("submit_button", "order_summary"):
        change(signed_in, do="add-field", step="order", type=kind)
    assert ids()[0][-3:] == ["text", "order_summary", "submit_button"]
    typed = {
        "id": "shoe_size",
        "label_en": "Shoe size",
        "label_de": "Schuhgröße",
        "required": "y",
        "audience": "always",
        "save_as": "customer_meta",
    }
    assert signed_in.post(f"{SPRING}/fields/text", data=typed).status_code == 303
    assert signed_in.get("/checkout/spring-offer").status_code == 404
    assert signed_in.post(f"{SPRING}/publication", data={"do": "publish"}).status_code == 303
    assert "Shoe size" in signed_in.get("/checkout/spring-offer").text
    assert "published" in look(BASE).text
    actions = db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions[0] == "checkout-forms.create"
    assert actions[-1] == "checkout-forms.publish"


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("slug", "summary"),
        ("slug", "a"),
        ("slug", "a b"),
        ("slug", "x" * 61),
        ("slug", "main-form"),
        ("slug", ""),
        ("slug", "taken"),
        ("name", ""),
        ("name", "x" * 81),
        ("pattern", "x"),
    ],
)
def test_a_form_that_cannot_be_is_refused(signed_in: FlaskClient, field: str, typed: str) -> None:
    factories.order_form("taken")
    facts = {"name": "Spring", "slug": "spring", "pattern": "single-step", field: typed}
    answer = signed_in.post(BASE, data=facts)
    assert answer.status_code == 422
    assert "There is a problem" in answer.text


def test_fields_and_steps_are_moved_by_plain_posts(signed_in: FlaskClient) -> None:
    factories.order_form("spring-offer", "multi-step", Spec("size", "text", label={"en": "Size"}))
    change(signed_in, do="shift-field", field="site_url", by="-1")
    assert ids()[1][:3] == ["site_section", "site_url", "site_title"]
    change(signed_in, do="place-field", field="site_url", step="plan", at="1")
    assert ids()[0][1] == "site_url"
    change(signed_in, do="duplicate-field", field="size")
    assert "size_2" in ids()[2]
    change(signed_in, do="remove-field", field="size")
    assert "size" not in ids()[2]
    change(signed_in, do="add-step")
    assert [one.id for one in worked_at().steps] == ["plan", "site", "step", "details"]
    change(signed_in, do="shift-step", step="step", by="-1")
    change(signed_in, do="change-step", step="step", name_en="More", audience="guests_only")
    step = worked_at().steps[1]
    assert (step.name, str(step.audience)) == ({"en": "More"}, "guests_only")
    change(signed_in, do="remove-step", step="step")
    assert len(worked_at().steps) == 3


def test_what_cannot_be_done_is_said(signed_in: FlaskClient) -> None:
    factories.order_form()
    for sent in ({"do": "nonsense"}, {"do": "add-field", "step": "order", "type": "nonsense"}):
        assert "Nothing was changed" in change(signed_in, status=422, **sent)
    for sent in (
        {"do": "add-field", "step": "order", "type": "email"},
        {"do": "remove-step", "step": "order"},
        {"do": "duplicate-field", "field": "email"},
        {"do": "add-step", "version": "99"},
    ):
        change(signed_in, status=409, **sent)
    for sent in ({"do": "remove-field", "field": "nothing"}, {"do": "add-field", "step": "x", "type": "text"}):
        change(signed_in, status=404, **sent)


def test_htmx_is_given_the_editor_and_a_sentence(signed_in: FlaskClient) -> None:
    factories.order_form()
    sent = {"do": "shift-field", "field": "site_url", "by": "-1"}
    answer = signed_in.post(f"{SPRING}/changes", data=sent, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith("<section")
    assert "“Address of the site” is now number" in answer.text


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"id": "email_address"}, "This name is taken."),
        ({"id": "email"}, "This name is taken."),
        ({"id": "A b"}, "A name has small letters"),
        ({"label_en": "x" * 201}, "Use at most 200 characters."),
        ({"save_as": "x"}, "This is not the description of a form."),
        ({"version": "99"}, ""),
    ],
)
def test_a_field_that_cannot_be_is_refused(signed_in: FlaskClient, typed: dict[str, str], sentence: str) -> None:
    factories.order_form("spring-offer", "single-step", Spec("size", "text", label={"en": "Size"}))
    facts = {"id": "size", "label_en": "Size", "audience": "always", "save_as": "nothing", **typed}
    answer = signed_in.post(f"{SPRING}/fields/size", data=facts)
    assert answer.status_code in (409, 422)
    assert sentence in answer.text


def test_every_type_can_be_edited(signed_in: FlaskClient, look: Look) -> None:
    from webapp.domain.field_types import TYPES

    factories.order_form("spring-offer", "blank", published=False)
    for kind in TYPES:
        change(signed_in, do="add-field", step="order", type=kind)
        assert str(TYPES[kind].title) in look(f"{SPRING}/fields/{ids()[0][ids()[0].index(kind)]}").text
        sent = {"audience": "always", "save_as": "customer_meta", "id": kind if kind not in ("text",) else "own_text"}
        assert signed_in.post(f"{SPRING}/fields/{kind}", data=sent).status_code == 303, kind
    assert signed_in.get(SPRING).status_code == 200
    assert signed_in.get(f"{SPRING}/preview").status_code == 200


def test_the_settings_of_a_form(signed_in: FlaskClient) -> None:
    factories.order_form()
    typed = {
        "name": "Spring",
        "countries": ["DE", "AT"],
        "thanks_en": "Welcome",
        "script_1-name": "Ads",
        "script_1-code": "track({{ total }})",
        "script_1-sources": "https://ads.example\nhttps://more.example",
    }
    assert signed_in.post(f"{SPRING}/settings", data=typed).status_code == 303
    made = worked_at()
    assert (made.name, made.countries, made.thanks) == ("Spring", ("DE", "AT"), {"en": "Welcome"})
    [script] = made.snippets
    assert (script.code, script.consent, len(script.sources)) == ("track({{ total }})", False, 2)
    assert signed_in.post(f"{SPRING}/settings", data={**typed, "script_1-code": ""}).status_code == 303
    assert worked_at().snippets == ()
    for wrong in (
        {"countries": "XX"},
        {"script_1-code": "<script>x</script>"},
        {"script_1-name": ""},
        {"name": ""},
        {"script_1-sources": "http://ads.example"},
    ):
        assert signed_in.post(f"{SPRING}/settings", data={**typed, **wrong}).status_code == 422, wrong


def test_the_preview_shows_the_draft_and_can_only_be_looked_at(signed_in: FlaskClient) -> None:
    factories.order_form("spring-offer", "multi-step", Spec("size", "text", label={"en": "Shoe size"}), published=False)
    answer = signed_in.get(f"{SPRING}/preview?step=details")
    assert "Shoe size" in answer.text
    assert " inert" in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in policy
    assert "script-src" not in policy
    assert "form-action 'none'" in policy
    assert "“Shoe size”" in signed_in.get(SPRING).text


def test_a_form_is_copied_closed_and_deleted(signed_in: FlaskClient) -> None:
    factories.order_form()
    copy = signed_in.post(f"{SPRING}/copies").location
    assert signed_in.get(copy.replace("/admin/checkout-forms", "/checkout")).status_code == 404
    for do, status in (("off", 404), ("on", 200)):
        assert signed_in.post(f"{SPRING}/publication", data={"do": do}).status_code == 303
        assert signed_in.get("/checkout/spring-offer").status_code == status
    assert signed_in.post(f"{copy}/publication", data={"do": "discard"}).status_code == 409
    assert signed_in.post(f"{SPRING}/deletion").status_code == 303
    assert signed_in.get("/checkout/spring-offer").status_code == 404
    assert signed_in.get(SPRING).status_code == 404


def test_the_networks_own_form_stays_open_and_goes_back(signed_in: FlaskClient) -> None:
    main = f"{BASE}/main-form"
    assert "Registration" in signed_in.get(main).text
    assert signed_in.post(f"{main}/publication", data={"do": "off"}).status_code == 409
    change(signed_in, "main-form", do="remove-field", field="discount_code")
    assert "Do you have a voucher?" in signed_in.get("/register").text
    signed_in.post(f"{main}/publication", data={"do": "publish"})
    assert "Do you have a voucher?" not in signed_in.get("/register").text
    signed_in.post(f"{main}/deletion")
    assert "Do you have a voucher?" in signed_in.get("/register").text
    assert db.session.scalars(select(OrderForm)).all() == []


def picked(html: str, name: str) -> list[str]:
    """The values that are ticked, or chosen, under a name."""
    ticks = re.findall(rf'<input class="tick" type="checkbox" name="{name}"[^>]*value="([^"]*)" checked', html)
    found = re.search(rf'<select[^>]*name="{name}".*?</select>', html, re.DOTALL)
    return ticks + re.findall(r'<option value="([^"]*)" selected', found[0] if found else "")


@pytest.mark.parametrize(
    ("field", "setting", "value"),
    [
        ("pricing_table", "opt_plans", ["premium"]),
        ("period_selection", "opt_periods", ["1-month"]),
        ("order_bump", "opt_products", ["backup"]),
        ("template_selection", "opt_templates", ["business", "event"]),
        ("template_selection", "opt_categories", ["companies"]),
        ("password", "opt_strength", ["strong"]),
        ("site_title", "width", ["half"]),
    ],
)
def test_settings_are_picked_from_what_there_is(
    signed_in: FlaskClient, field: str, setting: str, value: list[str]
) -> None:
    factories.product("backup", name="Backups", type=ProductType.PACKAGE)
    factories.order_form()
    page = signed_in.get(f"{SPRING}/fields/{field}").text
    assert all(f'value="{one}"' in page for one in value)
    assert signed_in.post(f"{SPRING}/fields/{field}", data={"audience": "always", setting: value}).status_code == 303
    assert picked(signed_in.get(f"{SPRING}/fields/{field}").text, setting) == value
    assert signed_in.post(f"{SPRING}/publication", data={"do": "publish"}).status_code == 303


def test_what_was_picked_and_is_gone_can_be_given_up(signed_in: FlaskClient) -> None:
    factories.order_form()
    signed_in.post(f"{SPRING}/fields/pricing_table", data={"audience": "always", "opt_plans": ["premium", "gone"]})
    assert picked(signed_in.get(f"{SPRING}/fields/pricing_table").text, "opt_plans") == ["premium", "gone"]
    refused = signed_in.post(f"{SPRING}/publication", data={"do": "publish"})
    assert "There is no product “gone”." in refused.text


def test_the_first_value_of_a_list_is_one_of_it(signed_in: FlaskClient) -> None:
    size = Spec("size", "select", label={"en": "Size"}, text={"en": "s | Small\nl | Large"}, default="l")
    factories.order_form("spring-offer", "single-step", size)
    page = signed_in.get(f"{SPRING}/fields/size").text
    assert picked(page, "default") == ["l"]
    assert "Large</option>" in page


def test_countries_are_picked_by_their_names(signed_in: FlaskClient) -> None:
    factories.order_form(countries=("AT",))
    page = signed_in.get(f"{SPRING}/settings").text
    assert picked(page, "countries") == ["AT"]
    assert "Germany</label>" in page

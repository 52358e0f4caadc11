"""Order forms by the API, by the rules of the editor."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from tests import factories
from tests.blueprints.api.conftest import Caller, Callers, params
from tests.conftest import Statements
from webapp.domain.form_definitions import Spec
from webapp.extensions import db
from webapp.models import AuditEntry, OrderForm

SPRING = "/checkout-forms/spring-offer"
FACTS = {"name": "Spring offer", "slug": "spring-offer"}
SIZE = {
    "id": "shoe_size",
    "type": "text",
    "name": {"en": "Shoe size", "de": "Schuhgröße"},
    "required": True,
    "width": 50,
}


@pytest.fixture(autouse=True)
def shop(app: Any) -> None:
    factories.product("premium")


def test_a_form_is_made_published_and_shown_to_buyers(caller: Caller) -> None:
    facts = {
        "allowed_countries": ["DE"],
        "thank_you": "Welcome",
        "conversion_snippets": [{"id": "ads", "name": "Ads", "code": "track({{ total }})", "sources": []}],
    }
    answer = caller.post("/checkout-forms", {**FACTS, **facts, "template": "single-step"})
    assert answer.status_code == 201, answer.text
    row = answer.json
    assert (row["status"], row["thank_you"], row["allowed_countries"]) == ("draft", {"en": "Welcome"}, ["DE"])
    assert row["conversion_snippets"][0]["consent"] is True
    assert row["url"].endswith("/checkout/spring-offer")
    assert answer.headers["Location"] == "/api/v2/checkout-forms/spring-offer"
    assert caller.get(f"/checkout-forms/{row['id']}").json == row
    assert caller.client.get("/checkout/spring-offer").status_code == 404
    steps = row["settings"]
    steps[0]["fields"].insert(0, SIZE)
    answer = caller.patch(SPRING, {"settings": steps, "publish": True})
    assert answer.status_code == 200, answer.text
    assert answer.json["status"] == "published"
    field = answer.json["settings"][0]["fields"][0]
    assert {name: field[name] for name in SIZE} == SIZE
    assert (field["save_as"], field["logged"]) == ("customer_meta", "always")
    assert "Shoe size" in caller.client.get("/checkout/spring-offer").text
    assert caller.patch(SPRING, {"name": "Summer"}).json["status"] == "changed"
    actions = db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == [
        *("checkout-forms.create", "checkout-forms.change"),  # what was made, and what was said of it
        *("checkout-forms.change", "checkout-forms.publish", "checkout-forms.change"),
    ]


def test_a_form_is_closed_and_deleted(caller: Caller) -> None:
    factories.order_form()
    assert caller.patch(SPRING, {"active": False}).json["active"] is False
    assert caller.client.get("/checkout/spring-offer").status_code == 404
    assert caller.get("/checkout-forms?status=inactive").json["data"][0]["slug"] == "spring-offer"
    assert caller.delete(SPRING).status_code == 204
    assert caller.get(SPRING).status_code == 404


def test_the_networks_own_form_is_read_changed_and_given_back(caller: Caller) -> None:
    own = caller.get("/checkout-forms/main-form")
    assert (own.json["id"], own.json["status"], own.json["url"][-9:]) == (None, "published", "/register")
    steps = own.json["settings"]
    steps[0]["fields"].insert(0, SIZE)
    answer = caller.patch(
        "/checkout-forms/main-form", {"settings": steps, "publish": True}, if_match=own.headers["ETag"]
    )
    assert answer.status_code == 200, answer.text
    assert "Shoe size" in caller.client.get("/register").text
    assert caller.patch("/checkout-forms/main-form", {"active": False}).status_code == 409
    assert caller.delete("/checkout-forms/main-form").status_code == 204
    assert "Shoe size" not in caller.client.get("/register").text


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"settings": [{"id": "order", "fields": [{"id": "A b", "type": "text"}]}]}, "settings"),
        ({"settings": [{"id": "a"}, {"id": "a"}]}, "settings"),
        ({"settings": [{"id": "order", "fields": [{"id": "x"}]}]}, "settings.0.fields.0.type"),
        ({"settings": [{"id": "order", "fields": [{**SIZE, "width": 33}]}]}, "settings.0.fields.0.width"),
        ({"settings": [{"id": "order", "fields": [{**SIZE, "logged": "some"}]}]}, "settings.0.fields.0.logged"),
        ({"settings": [{"id": "order", "fields": [{**SIZE, "options": {"x": 1.5}}]}]}, "settings"),
        ({"settings": [], "publish": True}, "settings"),
        ({"allowed_countries": ["XX"]}, "allowed_countries"),
        ({"thank_you": {"english": "x"}}, "thank_you"),
        (
            {"conversion_snippets": [{"id": "a", "name": "A", "code": "x", "sources": ["http://a.example"]}]},
            "conversion_snippets",
        ),
        ({"slug": "other"}, "slug"),
        ({"template": "blank"}, "template"),
    ],
)
def test_what_the_editor_refuses_is_refused(caller: Caller, sent: dict[str, Any], field: str) -> None:
    factories.order_form()
    before = caller.get(SPRING).json
    answer = caller.patch(SPRING, sent)
    assert (answer.status_code, [*params(answer)]) == (422, [field]), answer.text
    assert caller.get(SPRING).json == before


@pytest.mark.parametrize("slug", ["summary", "a", "a b", "spring-offer"])
def test_an_address_that_cannot_be_is_refused(caller: Caller, slug: str) -> None:
    factories.order_form()
    answer = caller.post("/checkout-forms", {"name": "Another", "slug": slug})
    assert (answer.status_code, [*params(answer)]) == (422, ["slug"])


def test_what_lacks_for_a_sale_is_told_in_full(caller: Caller) -> None:
    answer = caller.post("/checkout-forms", {**FACTS, "template": "blank", "publish": True})
    assert params(answer)["settings"].startswith("The form is empty.")
    assert db.session.scalars(select(OrderForm)).all() == []


def test_nobody_writes_over_what_they_have_not_seen(caller: Caller) -> None:
    factories.order_form()
    seen = caller.get(SPRING).headers["ETag"]
    assert caller.patch(SPRING, {"name": "Summer"}, if_match=seen).status_code == 200
    for method, body in (("PATCH", {"name": "Autumn"}), ("DELETE", None)):
        assert caller(method, SPRING, body, if_match=seen).status_code == 412
    assert caller.get(SPRING).json["name"] == "Summer"


def test_a_key_needs_the_scope(callers: Callers) -> None:
    factories.order_form()
    reader = callers("checkout-forms:read")
    assert reader.get(SPRING).status_code == 200
    assert reader.patch(SPRING, {"name": "x"}).status_code == 403
    assert callers("products:read").get(SPRING).status_code == 403


def test_forms_are_listed_searched_and_cost_the_same(caller: Caller, statements: Statements) -> None:
    for number in range(5):
        factories.order_form(f"offer-{number}", "single-step", Spec("size", "text", label={"en": "Size"}))
    assert [one["slug"] for one in caller.get("/checkout-forms?search=offer-3").json["data"]] == ["offer-3"]
    counted = []
    for size in (1, 5):
        statements.clear()
        found = caller.get(f"/checkout-forms?per_page={size}&orderby=slug&order=asc").json["data"]
        assert [one["slug"] for one in found] == [f"offer-{number}" for number in range(size)]
        counted.append(len(statements))
    assert counted[0] == counted[1]

"""Anything at all is sent to each operation: what its description allows, and what it does not.

Whatever comes, the answer is one that the description knows, and never a failure of ours.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import hypothesis
import pytest
from flask.testing import FlaskClient
from hypothesis import strategies as st

from tests import factories
from tests.blueprints.api import described
from tests.blueprints.api.conftest import Caller
from webapp.blueprints.api.operations import OPERATIONS
from webapp.models import DomainName, DomainStatus, ProductType, Site, SiteStatus

TEXTS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["premium", "TEN", "EUR", "DE", "*", "default", "1-month", "10", "7.25", "-1", "", "2027-01-31T10:00:00Z"]
    ),
)
NUMBERS = st.one_of(st.integers(-3, 40), st.sampled_from([10**12, 10**13, 2**63, -(2**63), 10**50]))
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, st.floats(allow_nan=False, allow_infinity=False), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=6,
)


def strategy(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that the schema allows, most of them."""
    if "$ref" in schema:
        return strategy(described.description()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
    if not schema:
        return JSON
    if "oneOf" in schema:
        return st.one_of([strategy(one) for one in schema["oneOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kind = schema.get("type", "object")
    kinds: dict[str, Callable[[], st.SearchStrategy[Any]]] = {
        "string": lambda: TEXTS,
        "integer": lambda: NUMBERS,
        "boolean": st.booleans,
        "null": st.none,
        "array": lambda: st.lists(strategy(schema["items"]), max_size=3),
        "object": lambda: fields(schema),
    }
    return st.one_of([kinds[one]() for one in (kind if isinstance(kind, list) else [kind])])


def fields(schema: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Some of the fields, each as it may be or as anything; now and then one that there is not. Of a map, any names."""
    if "properties" not in schema:
        return st.dictionaries(TEXTS, strategy(schema["additionalProperties"]), max_size=3)
    known = {name: st.one_of(strategy(one), strategy(one), JSON) for name, one in schema["properties"].items()}
    needed = {name: known.pop(name) for name in schema.get("required", ())}
    some = st.fixed_dictionaries(needed, optional=known)
    return st.builds(lambda body, extra: {**body, **extra}, some, st.dictionaries(TEXTS, JSON, max_size=1))


NUMBERED = (("int:tax_rate_id", "1"), ("int:domain_id", "1"))
WITH_BODY = [one for one in OPERATIONS.values() if one.body is not None]


@pytest.mark.parametrize("name", [one.name for one in WITH_BODY])
@hypothesis.settings(max_examples=25, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
@hypothesis.given(data=st.data())
def test_whatever_is_sent_is_answered_as_described(client: FlaskClient, name: str, data: st.DataObject) -> None:
    known = OPERATIONS[name]
    caller, path = grounds(client), known.rule
    forms = ("checkout_form", "spring-offer")
    for argument, value in (("product", "premium"), ("discount_code", "TEN"), forms, *NUMBERED):
        path = path.replace(f"<{argument}>", value)
    found = described.operation_of(client.application, known.method, f"/api/v2{path}")
    assert found is not None
    body = data.draw(strategy(found["requestBody"]["content"]["application/json"]["schema"]))
    answer = caller(known.method, path, json.dumps(body).encode())
    assert answer.status_code < 500


QUERIES = [one for one in OPERATIONS.values() if one.query is not None]


@pytest.mark.parametrize("name", [one.name for one in QUERIES])
@hypothesis.settings(max_examples=15, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
@hypothesis.given(data=st.data())
def test_whatever_is_asked_is_answered_as_described(client: FlaskClient, name: str, data: st.DataObject) -> None:
    known, caller = OPERATIONS[name], grounds(client)
    names = [*known.query.fields, "nonsense"] if known.query is not None else []
    values = st.one_of(TEXTS, st.sampled_from(["1", "active", "asc", "id", "999999999999999999999"]))
    query = data.draw(st.dictionaries(st.sampled_from(names), values, max_size=4))
    answer = caller.client.get(f"/api/v2{known.rule}", query_string=query, headers=caller.authorization)
    assert answer.status_code in (200, 400)


def grounds(client: FlaskClient) -> Caller:
    """A little of everything, once for a test."""
    known: Caller | None = getattr(client, "grounds", None)
    if known is None:
        factories.product("premium", year=29900)
        factories.product("backup", type=ProductType.PACKAGE)
        factories.discount_code("TEN")
        factories.order_form()
        factories.payment()
        agreement = factories.active_membership(plan=factories.product("shop", limits={"custom_domains": 2}))
        facts = {"membership_id": agreement.id, "customer_id": agreement.customer_id, "status": SiteStatus.PUBLISHED}
        site = factories.save(lambda: Site(id=1, slug="bakery", title="Bakery", **facts))
        factories.save(lambda: DomainName(id=1, site_id=site.id, name="bakery.de", status=DomainStatus.ACTIVE))
        known = Caller(client, *factories.api_key())
        vars(client)["grounds"] = known
    return known

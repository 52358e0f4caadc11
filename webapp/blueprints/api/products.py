"""Products by the API: by the same functions as the admin's form, so that both refuse the same."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from webapp.blueprints.admin.products import search
from webapp.blueprints.api import rows
from webapp.blueprints.api.fields import OneOf, Text
from webapp.blueprints.api.lists import List
from webapp.blueprints.api.operations import Answer, check_match, operation
from webapp.blueprints.api.product_facts import NAMES, changed, new, shown
from webapp.blueprints.api.product_shapes import SENT, TOLD, ProductNew, ProductShown
from webapp.domain import catalog, product_problems, product_rows, products
from webapp.extensions import db
from webapp.models import Product, ProductType

TAG = "products"
READ, WRITE = ("products:read",), ("products:write",)
PRODUCTS = List(
    Product,
    sorts={"id": Product.id, "list_order": Product.list_order, "name": Product.name},
    search=search,
    statuses={"active": Product.active.is_(True), "inactive": Product.active.is_(False)},
    filters={
        "type": lambda value: Product.type == ProductType(value),
        "product_group": lambda value: Product.product_group == value,
    },
    options=(selectinload(Product.currency_prices),),
)
ASKED = PRODUCTS.asked(type=OneOf([str(one) for one in ProductType]), product_group=Text(longest=20))


def find(text: str) -> Product:
    """By slug or id. Raises NotFound."""
    found: Product = rows.find(catalog.PRICED, Product.slug, Product.id, text)
    return found


def locked(text: str) -> Product:
    """The same, which nobody else changes until this unit ends; nothing of it was read before. Raises NotFound."""
    found: Product = rows.find(select(Product), Product.slug, Product.id, text)
    return products.locked(found.id)


def answer(product: Product) -> Answer:
    return Answer(shown([product])[0], tag(product))


def tag(product: Product) -> str:
    """Its place in lists is changed without a new version, and told all the same."""
    return f"{rows.tag(product)}-{product.list_order}"


@operation("GET", "/products", tag=TAG, scopes=READ, query=ASKED, gives=ProductShown(), many=True, answer=TOLD)
def list_products(query: dict[str, Any]) -> Answer:
    """List products."""
    return PRODUCTS.answer(query, shown)


@operation("GET", "/products/<product>", tag=TAG, scopes=READ, gives=ProductShown(), answer=TOLD)
def get_product(product: str) -> Answer:
    """Read a product."""
    return answer(find(product))


@operation(
    "POST",
    "/products",
    tag=TAG,
    scopes=WRITE,
    body=ProductNew(),
    gives=ProductShown(),
    status=201,
    example=SENT,
    answer=TOLD,
)
def create_product(body: dict[str, Any]) -> Answer:
    """Make a product.

    What its `pricing_type` has no use for is left empty, whatever was sent: what is free has no amount.
    """
    facts = new(body)
    rows.refuse(product_problems.problems(facts), NAMES)
    made = products.create(facts, active=body.get("active", True))
    return rows.made(shown([made])[0], tag(made), "get_product", product=made.slug)


@operation(
    "PATCH",
    "/products/<product>",
    tag=TAG,
    scopes=WRITE,
    body=ProductNew(partial=True),
    gives=ProductShown(),
    refusals=(409, 412),
    example={"amount": 3499},
    answer={**TOLD, "amount": 3499},
)
def update_product(product: str, body: dict[str, Any]) -> Answer:
    """Change a product.

    Lists such as `prices` are sent whole. Memberships keep the price they were bought for.
    """
    row = locked(product)
    check_match(tag(row))
    before = product_rows.facts_of(row)
    facts = changed(before, body)
    rows.refuse(product_problems.problems(facts, row), NAMES)
    if facts != before:
        products.change(row, facts, seen=row.version)
    if "active" in body:
        products.put_on_sale(row, on_sale=body["active"])
    db.session.flush()  # for the version that it has now
    return answer(row)


@operation("DELETE", "/products/<product>", tag=TAG, scopes=WRITE, status=204, refusals=(409, 412))
def delete_product(product: str) -> Answer:
    """Delete a product.

    One that was ever bought or ordered is refused; take it off sale instead.
    """
    row = locked(product)
    check_match(tag(row))
    products.delete(row)
    return Answer()

"""What it takes to price a cart of ten lines, with a code, taxes and a VAT id: its SQL statements, and our own part."""

from __future__ import annotations

import timeit
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

from benchmarks.counting import watching
from benchmarks.measuring import Result, at_most, interleaved
from benchmarks.network import Network

LINES = 10
TIMES = 200
FRENCH = "FR40303265045"
PRODUCTS = [f"cart-{number}" for number in range(LINES)]
MOST_STATEMENTS, MOST_MILLISECONDS = 4, 1.0


def run(network: Network, rounds: int) -> Iterator[Result]:
    with network.app.app_context():
        stock()
        with watching(network) as seen:
            priced()
        figures = interleaved(rounds, all=lambda: milliseconds(priced), sql=lambda: milliseconds(asked))
    own = [every - sql for every, sql in zip(figures["all"], figures["sql"], strict=True)]
    yield at_most("carts", f"A cart of {LINES} lines, SQL statements", seen.statements, MOST_STATEMENTS, "")
    yield Result(
        "carts",
        f"A cart of {LINES} lines, apart from SQL",
        f"{median(own):.2f} ms of {median(figures['all']):.1f}",
        f"at most {MOST_MILLISECONDS:.0f} ms",
        median(own) <= MOST_MILLISECONDS,
        rounds=figures,
    )


def stock() -> None:
    """Ten products with prices by the month and the year, a code, and rates of several places."""
    from decimal import Decimal

    from webapp import clock
    from webapp.domain import network
    from webapp.models import DiscountCode, PriceVariation, Product, TaxIdCheck, TaxIdStatus, TaxRate
    from webapp.periods import Unit
    from webapp.transactions import unit_of_work

    with unit_of_work("benchmark") as session:
        network.change({"enable_taxes": True, "inclusive_tax": True, "company_country": "DE"})
        session.add(DiscountCode(code="TEN", value=Decimal(10), max_uses=1000))
        session.add(TaxRate(title="VAT", country="FR", rate=Decimal(20)))
        session.add_all(TaxRate(title="VAT", country="US", state=f"S{n}", rate=Decimal(n)) for n in range(50))
        now = clock.now()
        session.add(TaxIdCheck(number=FRENCH, status=TaxIdStatus.VALID, asked_at=now, answered_at=now))
        for number in range(LINES):
            yearly = PriceVariation(duration=1, duration_unit=Unit.YEAR, amount_minor=9990)
            facts: dict[str, Any] = {"name": f"Product {number}", "currency": "EUR", "amount_minor": 999}
            kind = "package" if number else "plan"
            session.add(Product(slug=f"cart-{number}", type=kind, variations=[yearly], **facts))


def priced() -> None:
    """In a session that knows nothing yet, as each request has one. Raises RuntimeError when it is not as expected."""
    from webapp.domain import carts
    from webapp.domain.carts import CartRequest
    from webapp.extensions import db

    cart = carts.build(CartRequest(PRODUCTS, discount_code="TEN", country="FR", tax_id=FRENCH))
    if cart.errors or len(cart.line_items) != LINES or not cart.is_reverse_charged:
        raise RuntimeError(f"not the cart that was to be priced: {cart.errors}")
    db.session.remove()


def asked() -> None:
    """The same questions to the database, and nothing made of the answers."""
    from webapp.domain import catalog, discounts, network, taxes
    from webapp.domain.taxes import Place
    from webapp.extensions import db

    network.settings()
    catalog.find_many(PRODUCTS)
    discounts.look_up("TEN")
    taxes.decide(Place("FR", tax_id=FRENCH))
    db.session.remove()


def milliseconds(work: Callable[[], None]) -> float:
    """The quickest of many: what it takes when nothing else is in the way."""
    return min(timeit.repeat(work, number=1, repeat=TIMES)) * 1000

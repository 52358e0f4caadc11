"""Valid rows with as little said as possible; a test states only what matters to it."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from webapp import clock
from webapp.domain import checkout_forms, customers, network, own_templates, passwords, sessions, sites
from webapp.domain.carts import CartRequest
from webapp.domain.checkout import Order
from webapp.domain.customers import Profile
from webapp.domain.form_definitions import Spec
from webapp.domain.reconciliations import Line
from webapp.extensions import db
from webapp.models import (
    ApiKey,
    Customer,
    DiscountCode,
    Membership,
    MembershipStatus,
    OrderForm,
    Payment,
    PriceVariation,
    PricingType,
    Product,
    Reconciliation,
    Role,
    SiteTemplate,
    TaxIdCheck,
    TaxIdStatus,
    TaxRate,
    User,
    UserSession,
)
from webapp.periods import Unit
from webapp.transactions import unit_of_work
from webapp.unit import current_unit

numbers = itertools.count(1)
FOREVER = datetime(2100, 1, 1, tzinfo=UTC)
PASSWORD = "a long enough sentence"
HASHES: dict[str, str] = {}


def password_hash(password: str = PASSWORD) -> str:
    """Made once a process: hashing takes its time by design."""
    if password not in HASHES:
        HASHES[password] = passwords.hash_password(password)
    return HASHES[password]


def save(make: Callable[[], Any]) -> Any:
    """Make a row and keep it: in the open unit, or in one of its own."""
    if current_unit.get() is not None:
        row = make()
        db.session.add(row)
        db.session.flush()
        return row
    with unit_of_work("factory") as session:
        row = make()
        session.add(row)
    db.session.refresh(row)
    return row


def user(**values: Any) -> User:
    number = next(numbers)
    values.setdefault("email", f"person{number}@example.com")
    facts = {"username": f"person-{number}", "name": "Ada Person", "password_hash": password_hash(), **values}
    return save(lambda: User(**facts))


def operator(**values: Any) -> User:
    return user(**{"role": Role.OWNER, **values})


def customer(**values: Any) -> Customer:
    owner = values.pop("user", None) or user()
    facts = {"display_name": "Ada Person", "billing_country": "DE", **values}
    return save(lambda: Customer(**{"user": owner, "email": owner.email, **facts}))


def product(slug: str | None = None, *, year: int | None = None, **values: Any) -> Product:
    number = next(numbers)
    facts = {"name": "Premium", "currency": "EUR", "amount_minor": 2999, **values}
    yearly = [] if year is None else [PriceVariation(duration=1, duration_unit=Unit.YEAR, amount_minor=year)]
    return save(lambda: Product(slug=slug or f"plan-{number}", variations=yearly, **facts))


def free_product(slug: str = "free", **values: Any) -> Product:
    facts = {"name": "Free", "pricing_type": PricingType.FREE, "amount_minor": 0, "recurring": False, **values}
    return product(slug, **facts)


def discount_code(code: str = "TEN", value: int = 10, **values: Any) -> DiscountCode:
    return save(lambda: DiscountCode(code=code, value=Decimal(value), **values))


def taxed(*, inclusive: bool = False, **settings: Any) -> None:
    """Let the network reckon tax."""
    change = {"enable_taxes": True, "inclusive_tax": inclusive, **settings}
    if current_unit.get() is not None:
        network.change(change)
    else:
        with unit_of_work("factory"):
            network.change(change)


def tax_rate(rate: str, country: str = "*", **values: Any) -> TaxRate:
    return save(lambda: TaxRate(**{"title": "VAT", "country": country, "rate": Decimal(rate), **values}))


def site_template(site_id: int, title: str = "Workshop", **more: Any) -> SiteTemplate:
    """One of the operator's own, made of this site."""
    with unit_of_work("test"):
        package = own_templates.package_of(sites.find(site_id), with_placeholders=True)
        facts = own_templates.Facts(titles={"en": title, "de": title}, **more)
        return own_templates.create(facts, package, of="test")


def order_form(
    slug: str = "spring-offer", pattern: str = "single-step", *fields: Spec, published: bool = True, **more: Any
) -> OrderForm:
    """An own form as one begins, with these fields before the summary of its last step."""
    with unit_of_work("test"):
        row = checkout_forms.create("Spring offer", slug, pattern)
        made = checkout_forms.worked_at(row)
        last = made.steps[-1]
        at = next((at for at, one in enumerate(last.fields) if one.type == "order_summary"), len(last.fields))
        kept = replace(last, fields=(*last.fields[:at], *fields, *last.fields[at:]))
        checkout_forms.keep(row, replace(made.with_steps([*made.steps[:-1], kept]), **more), seen=row.version)
        if published:
            checkout_forms.publish(row)
    return row


def tax_id_check(number: str = "FR40303265045", **values: Any) -> TaxIdCheck:
    """The registry's answer to a VAT id, of this moment; of a French company unless said otherwise."""
    now = clock.now()
    facts = {"status": TaxIdStatus.VALID, "asked_at": now, "answered_at": now, **values}
    return save(lambda: TaxIdCheck(number=number, **facts))


def membership(**values: Any) -> Membership:
    owner = values.pop("customer", None) or customer()
    plan = values.pop("plan", None) or product()
    facts = {"currency": "EUR", "price_minor": 2999, **values}
    facts.setdefault("net_price_minor", facts["price_minor"])
    return save(lambda: Membership(customer=owner, plan=plan, **facts))


def active_membership(**values: Any) -> Membership:
    now = clock.now()
    return membership(**{"status": MembershipStatus.ACTIVE, "activated_at": now, "anchor": now, **values})


def payment(**values: Any) -> Payment:
    agreement = values.pop("membership", None) or membership()
    facts = {"currency": "EUR", "subtotal_minor": 2999, "total_minor": 2999, "gateway": "sandbox", **values}
    return save(lambda: Payment(customer=agreement.customer, membership=agreement, **facts))


def reconciliation(payment: Payment, **values: Any) -> Reconciliation:
    """A comparison with the gateways that mended this payment, and could not ask for all of them."""
    lines = [Line("stripe", None, "does not answer; 3 more wait for the next run", failed=True)]
    lines += [Line("payment", payment.id, "completed", "sandbox", "sb_1", "pending", "completed")]
    facts = {"actor": "clock", "ended_at": clock.now(), "looked_at": 5, "repaired": 1, "failed": 1, **values}
    return save(lambda: Reconciliation(lines=[asdict(one) for one in lines], problem=str(lines[0]), **facts))


def order(plan: str, *, gateway: str = "sandbox", **values: Any) -> Order:
    """An order as the checkout form would make it."""
    number = next(numbers)
    facts: dict[str, Any] = {
        "checkout_id": f"checkout-{number}",
        "cart": CartRequest(products=[plan], **values.pop("cart", {})),
        "profile": Profile(full_name="Ada Person", billing_country="DE"),
        "gateway": gateway,
        "email": f"buyer{number}@example.com",
        "password_hash": password_hash(),
        "site_title": "A site",
        "site_url": f"site-{number}",
    }
    return Order(**{**facts, **values})


def api_key(*scopes: str) -> tuple[ApiKey, str]:
    """A key and its secret; without scopes one that may do everything."""
    secret = secrets.token_urlsafe(32)
    facts = {"name": "Shop", "key": f"pz_{next(numbers)}", "secret_hash": sessions.hashed(secret)}
    return save(lambda: ApiKey(scopes=list(scopes or ("*",)), **facts)), secret


def signed_in(client: Any, person: User | Customer) -> Any:
    """The client, with a session of this person."""
    owner = person.user if isinstance(person, Customer) else person
    token = secrets.token_urlsafe(32)
    times = dict.fromkeys(("created_at", "seen_at", "proved_at"), FOREVER)  # the test's clock may be turned far
    save(lambda: UserSession(user_id=owner.id, token_hash=sessions.hashed(token), **times))
    with client.session_transaction() as session:
        session["_user_id"] = token
        session["_fresh"] = True
    return client


def registered(email: str, **values: Any) -> Customer:
    """A customer as a checkout makes them, hooks and events included."""
    with unit_of_work("factory"):
        owner = customers.create_user(email, "", "Ada Person", password_hash=password_hash())
        return customers.create(owner, Profile(full_name="Ada Person", **values), signup_form="main-form", locale="en")

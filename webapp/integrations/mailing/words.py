"""What mails say of a sale, a membership, a site: short texts in the reader's language, for placeholders."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask_babel import gettext as _
from sqlalchemy import select

from webapp.countries import countries
from webapp.domain import legal, mails, network, tax_names, transfers
from webapp.extensions import db
from webapp.formatting import long_date, money, per_period
from webapp.models import Customer, LineItem, Membership, Payment, Sale, Site
from webapp.settings import Settings

_domain: list[str] = ["localhost"]


def init(settings: Settings) -> None:
    _domain[:] = [settings.network_domain]


def site_address(site: Site) -> str:
    """Where its provisioner says, else `https://my-site.example.org/`: the network's scheme and port, its own host."""
    if site.address:
        return site.address
    own = urlsplit(mails.url(""))
    port = f":{own.port}" if own.port else ""
    host = site.main_domain or f"{site.slug}.{_domain[0]}"
    return f"{own.scheme}://{host}{port}/"


def payment_link(payment: Payment) -> str:
    return mails.url(f"/pay/{payment.reference}")


def void_on(payment: Payment) -> str:
    """When an order that waits for a transfer is given up; nothing for what is not given up by itself."""
    given_up = transfers.gives_up_at(payment)
    return long_date(given_up) if given_up is not None else ""


def lines(payment: Payment) -> str:
    """`2 × Extra storage: €10.00`, one below the other."""
    return "\n".join(_line(one) for one in payment.line_items)


def _line(line: LineItem) -> str:
    title = f"{line.quantity} × {line.title}" if line.quantity > 1 else line.title
    return f"{title}: {money(line.total)}"


def paid_by(payment: Payment) -> str:
    """The card or account that was charged, else the way to pay; nothing where there was nothing to pay."""
    if not payment.total_minor:
        return ""
    credential = payment.membership.credential if payment.membership is not None else None
    if credential is not None and credential.label:
        return credential.label
    return _("Bank transfer") if payment.gateway == "manual" else payment.gateway.capitalize()


def price(membership: Membership) -> str:
    """`€29.99 per month`; nothing for what is not charged again."""
    if not membership.recurring or not membership.price_minor:
        return ""
    return f"{money(membership.price)} {per_period(membership.period)}"


def next_charge(membership: Membership) -> str:
    """`€29.99 on 3 December 2026`."""
    if membership.renews_at is None or not membership.price_minor:
        return ""
    return _("%(amount)s on %(date)s", amount=money(membership.price), date=long_date(membership.renews_at))


def billed_to(customer: Customer, locale: str) -> str:
    """Name and address as they stand on the receipt."""
    place = f"{customer.billing_zip_code} {customer.billing_city}".strip()
    country = countries(locale).get(customer.billing_country, customer.billing_country)
    street = (customer.billing_address_line_1, customer.billing_address_line_2)
    names = (customer.company_name, customer.display_name)
    return "\n".join(filter(None, (*names, *street, place, country, customer.tax_id)))


def sold_by() -> str:
    known = network.settings()
    return "\n".join(filter(None, (known.company_name, known.company_address, known.support_email)))


def asked_to_begin(payment: Payment) -> bool:
    """Whether the buyer wanted us to begin before the time to withdraw is over."""
    sale = db.session.scalars(select(Sale).where(Sale.payment_id == payment.id)).first()
    return sale is not None and bool(sale.form.get("early_start"))


def withdrawal(customer: Customer, locale: str) -> str:
    """The information that consumers in the EU must have in hand; nothing for others."""
    if network.settings().consumer_law != "eu" or customer.business:
        return ""
    return legal_text("withdrawal", locale)


def terms(locale: str) -> str:
    """What the contract says, as it stood when it was made; where the terms are elsewhere, nothing."""
    return "" if network.settings().terms_url else legal_text("terms", locale)


def legal_text(page: str, locale: str) -> str:
    return legal.plain(page, locale, mails.url(""))


def tax_note(payment: Payment) -> str:
    """Why there is no tax in what was paid, where that has to be said."""
    if payment.is_reverse_charged:
        return tax_names.reverse_charge()
    return network.settings().invoice_untaxed_note if payment.total_minor and not payment.tax_minor else ""


def tax(payment: Payment) -> str:
    """`€4.79 (19% VAT)`, of several rates each with its amount; "" when there is none."""
    if not payment.tax_minor:
        return ""
    by_rate = tax_names.of_payment(payment)
    each = [name if len(by_rate) == 1 else f"{name} {money(amount)}" for name, amount in by_rate]
    return f"{money(payment.tax_total)} ({', '.join(each)})"

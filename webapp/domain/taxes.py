"""What tax a line bears: which of the operator's rates match the buyer's place, and what they come to.

The rates of a place are read once, with what is known of the buyer's VAT id; the rest is reckoning.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from flask_babel import gettext as _
from sqlalchemy import and_, bindparam, literal, select

from webapp.domain import network, tax_ids
from webapp.domain.cart_lines import CartLine
from webapp.extensions import db
from webapp.hooks import apply_filters, has_filter
from webapp.models import LineTax, Product, TaxIdCheck, TaxIdStatus, TaxRate
from webapp.models.tax import EVERYWHERE
from webapp.money import Money

log = logging.getLogger(__name__)


class Rate(NamedTuple):
    """A row of the operator's table."""

    id: int
    category: str
    title: str
    country: str
    state: str
    city: str
    rate: Decimal
    priority: int
    compound: bool


class Known(NamedTuple):
    """What the registry has said of a VAT id, as the row stands."""

    check_id: int | None
    status: TaxIdStatus | None
    asked_at: datetime | None
    answered_at: datetime | None
    consultation: str | None


_ONE = select(literal(1).label("one")).subquery()
_COLUMNS = [getattr(TaxRate, name) for name in Rate._fields]
_CHECK = (TaxIdCheck.id, TaxIdCheck.status, TaxIdCheck.asked_at, TaxIdCheck.answered_at, TaxIdCheck.consultation)
# One row at least, so that a VAT id is known of where nothing is taxed.
RATES = (
    select(*_COLUMNS, *_CHECK)
    .select_from(_ONE)
    .outerjoin(TaxRate, and_(TaxRate.active.is_(True), TaxRate.country.in_((EVERYWHERE, bindparam("country")))))
    .outerjoin(TaxIdCheck, TaxIdCheck.number == bindparam("number"))
    .order_by(TaxRate.priority, TaxRate.id)
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody buys from, and as whom; `ip_country`: where their browser seemed to be, only kept as evidence."""

    country: str = ""
    state: str = ""
    city: str = ""
    tax_id: str = ""
    ip_country: str = ""


class Part(NamedTuple):
    """One tax of a category: `over` by `under` of what it is reckoned on."""

    title: str
    rate: Decimal
    rate_id: int | None
    over: int
    under: int


@dataclass(frozen=True, slots=True)
class Decision:
    """How an order is taxed, and what that was decided on."""

    place: Place
    inclusive: bool
    rates: Sequence[Rate]
    number: str = ""  # the VAT id that counts, with its country
    known: Known | None = None
    reverse_charge: bool = False
    doubt: bool = False  # taxed only because the VAT id is not known to be valid (yet)
    _chains: dict[str, tuple[Rate, ...]] = field(default_factory=dict, compare=False)

    def chain(self, category: str) -> tuple[Rate, ...]:
        """The rates that count for a category, in the order in which they add up."""
        if category not in self._chains:
            self._chains[category] = chosen([one for one in self.rates if one.category == category], self.place)
        return self._chains[category]

    @property
    def asks_state(self) -> bool:
        """Whether the tax of this country depends on where in it somebody is."""
        return any(is_given(one.state) for one in self.rates)

    def evidence(self, lines: Sequence[CartLine]) -> dict[str, Any]:
        """What a payment keeps of it: plain JSON. `rates`: those that its lines were reckoned by."""
        used = {tax.rate_id for line in lines for tax in line.taxes}
        place = {name: getattr(self.place, name) for name in ("country", "state", "city", "ip_country")}
        return {
            **place,
            "tax_id": self.number or self.place.tax_id,
            "check": tax_ids.told(self.known) if self.known is not None else None,
            "inclusive": self.inclusive,
            "reverse_charge": self.reverse_charge,
            "rates": [{**one._asdict(), "rate": format(one.rate, "f")} for one in self.rates if one.id in used],
        }


def decide(place: Place) -> Decision | None:
    """How somebody at this place is taxed now; None where the network reckons no tax. One statement."""
    settings = network.settings()
    if not settings.enable_taxes:
        return None
    number = tax_ids.number_abroad(place.tax_id, place.country, settings.seller_country)
    rows = db.session.execute(RATES, {"country": place.country, "number": number}).all()
    width = len(Rate._fields)
    rates = [Rate(*row[:width]) for row in rows if row[0] is not None]
    known = Known(*rows[0][width:]) if number else None
    answer = tax_ids.answer(known) if known is not None else None
    return Decision(
        place=place,
        inclusive=settings.inclusive_tax,
        rates=rates,
        number=number,
        known=known,
        reverse_charge=answer == TaxIdStatus.VALID,
        doubt=bool(number) and answer is None,
    )


# -- which rates count -----------------------------------------------------------------------------------------------
def chosen(rates: Sequence[Rate], place: Place) -> tuple[Rate, ...]:
    """Of those that match, the most specific one of each priority; the earlier row where two are equal."""
    best: dict[int, tuple[tuple[bool, bool, bool], Rate]] = {}
    for rate in rates:
        if not (matches(rate.state, place.state) and matches(rate.city, place.city)):
            continue
        specific = (is_given(rate.city), is_given(rate.state), rate.country != EVERYWHERE)
        if rate.priority not in best or specific > best[rate.priority][0]:
            best[rate.priority] = specific, rate
    return tuple(best[priority][1] for priority in sorted(best))


def is_given(wanted: str) -> bool:
    return wanted.strip() not in ("", EVERYWHERE)


def matches(wanted: str, actual: str) -> bool:
    """Whether a rate's states (or cities) are all, or name the buyer's; case and spaces around do not count."""
    return not is_given(wanted) or folded(actual) in [folded(one) for one in wanted.split(",") if one.strip()]


def folded(text: str) -> str:
    return text.strip().casefold()


# -- what they come to -----------------------------------------------------------------------------------------------
def parts_of(chain: Sequence[Rate], *, inclusive: bool) -> list[Part]:
    """Each rate as a fraction of a line's net; a compound one is reckoned on the taxes before it as well."""
    shares: list[Fraction] = []
    for one in chain:
        shares.append(Fraction(one.rate) / 100 * (1 + sum(shares) if one.compound else 1))
    whole = 1 + sum(shares) if inclusive else 1
    return [
        Part(one.title, one.rate, one.id, *(share / whole).as_integer_ratio())
        for one, share in zip(chain, shares, strict=True)
    ]


def apply(decision: Decision | None, lines: Sequence[CartLine], products: Mapping[int, Product]) -> None:
    """Reckon the taxes of lines whose discount is taken off. `products`: for who filters the rate of one."""
    if decision is None:
        return
    filtered = has_filter("wu_tax_rate")
    by_category: dict[str, list[Part]] = {}
    for line in lines:
        line.inclusive = decision.inclusive
        if not line.tax_category:
            continue
        if line.tax_category not in by_category:
            chain = decision.chain(line.tax_category)
            by_category[line.tax_category] = parts_of(chain, inclusive=decision.inclusive)
        parts = by_category[line.tax_category]
        if filtered:
            parts = _filtered(parts, decision, products.get(line.product_id or 0))
        _tax(line, parts, exempt=decision.reverse_charge)


def restate(decision: Decision | None, line: CartLine, total: Money, products: Mapping[int, Product]) -> None:
    """Let a line without a discount come to `total` with its taxes: they are found in it, whatever prices contain."""
    line.restated, line.taxes = total, ()
    if decision is None or decision.reverse_charge or not line.tax_category:
        return
    parts = parts_of(decision.chain(line.tax_category), inclusive=decision.inclusive)
    if has_filter("wu_tax_rate"):
        parts = _filtered(parts, decision, products.get(line.product_id or 0))
    whole = 1 if decision.inclusive else 1 + sum(Fraction(one.over, one.under) for one in parts)
    shares = [(Fraction(one.over, one.under) / whole).as_integer_ratio() for one in parts]
    line.taxes = tuple(
        LineTax(one.title, one.rate, total.times(*share), one.rate_id) for one, share in zip(parts, shares, strict=True)
    )
    if not decision.inclusive:
        line.restated = total - line.tax_total


def _tax(line: CartLine, parts: Sequence[Part], *, exempt: bool) -> None:
    """Added to the line, or found in it; an exempt line is restated without a tax that its price contains."""
    if not exempt:
        net = line.net
        line.taxes = tuple(LineTax(one.title, one.rate, net.times(one.over, one.under), one.rate_id) for one in parts)
    elif line.inclusive and parts:
        subtotal, net = _without(line.subtotal, parts), _without(line.net, parts)
        line.restated, line.discount_total = subtotal, subtotal - net


def _without(amount: Money, parts: Sequence[Part]) -> Money:
    return Money(amount.minor - sum(amount.times(one.over, one.under).minor for one in parts), amount.currency)


def _filtered(parts: list[Part], decision: Decision, product: Product | None) -> list[Part]:
    """What integrators make of the rate of a line, all its taxes together; as it was when that is no percentage."""
    together = _percent(parts, inclusive=decision.inclusive)
    place = decision.place
    wanted = apply_filters("wu_tax_rate", together, place.country, place.state, place.city, product)
    if type(wanted) is int:
        wanted = Decimal(wanted)
    if not isinstance(wanted, Decimal) or not wanted.is_finite() or not 0 <= wanted <= 100:
        log.error("taxes.no_percentage", extra={"filter": "wu_tax_rate"})
        return parts
    if wanted == together:
        return parts
    share = Fraction(wanted) / (100 + Fraction(wanted) if decision.inclusive else 100)
    title = parts[0].title if parts else _("Tax")
    return [Part(title, wanted, None, *share.as_integer_ratio())] if wanted else []


def _percent(parts: Sequence[Part], *, inclusive: bool) -> Decimal:
    """What all of them come to, in percent of the price without tax."""
    if len(parts) == 1:
        return parts[0].rate
    share = sum((Fraction(one.over, one.under) for one in parts), Fraction(0))
    whole = share / (1 - share) if inclusive else share
    return Decimal(whole.numerator) * 100 / Decimal(whole.denominator)

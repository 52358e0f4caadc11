"""Values for the page of components: one of each state that a component can be in, and none of them kept anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, EmailField, PasswordField, RadioField, SelectField, StringField

from webapp import charts, clock
from webapp.blueprints.admin.timeline import Entry
from webapp.blueprints.checkout.cards import Contact, PlanCard
from webapp.blueprints.form import Form
from webapp.domain.limits import MEGABYTE, Limit, Use
from webapp.formatting import per_period
from webapp.money import Money
from webapp.periods import Period, Unit

MONTH = Period(1, Unit.MONTH)
# Untyped, because the stubs of WTForms do not know yet that a choice may be its value alone.
CODES: Any = ["DE", "AT", "CH"]
SLUGS: Any = ["basic", "premium"]


class SampleForm(Form):
    """A field of each kind; shown twice, as it should be and refused."""

    email = EmailField(_l("E-mail address"), description=_l("We send the order confirmation and sign-in link here."))
    password = PasswordField(_l("Password"))
    address = StringField(_l("Site address"))
    country = SelectField(_l("Country"), choices=CODES)
    plan = RadioField(_l("Plan"), choices=SLUGS)
    news = BooleanField(_l("E-mail me product news (optional)"))


def fine() -> SampleForm:
    return SampleForm(
        formdata=None,
        prefix="fine",
        data={"email": "ada@example.com", "address": "ada", "country": "DE", "plan": "premium", "news": True},
    )


def plan_field() -> Any:
    """One more of the kind, for the cards of plans."""
    return SampleForm(formdata=None, prefix="plans", data={"plan": "premium"}).plan


def refused() -> SampleForm:
    form = SampleForm(formdata=None, prefix="refused", data={"email": "ada", "address": "a b", "country": "AT"})
    form.email.errors = [_("Enter an e-mail address like name@example.com.")]
    form.password.errors = [_("Use at least 12 characters.")]
    form.address.errors = [_("Use only letters, digits and hyphens.")]
    form.country.errors = [_("Choose a country.")]
    form.plan.errors = [_("Choose a plan.")]
    form.news.errors = [_("Choose a plan.")]
    return form


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the sample list."""

    id: int
    name: str
    standing: tuple[str, str]
    amount: Money


def rows(search: str = "") -> list[Row]:
    made = (
        Row(1, "Ada Lovelace", (_("active"), "success"), Money(2999, "EUR")),
        Row(2, "Grace Hopper", (_("on hold"), "warning"), Money(120000, "EUR")),
        Row(3, "Konrad Zuse", (_("cancelled"), "neutral"), Money(0, "EUR")),
    )
    return [one for one in made if search.lower() in one.name.lower()]


def columns(url: str) -> list[dict[str, Any]]:
    """The first is sorted by, the last holds amounts."""
    return [
        {"label": _("Name"), "sort_url": f"{url}?sort=-name", "sorted": "ascending"},
        {"label": _("Status")},
        {"label": _("Price"), "align": "end"},
    ]


def bulk(url: str) -> dict[str, Any]:
    actions = [{"value": "suspend", "label": _("Suspend")}, {"value": "export", "label": _("Export")}]
    words = _("Select all %(number)s matching", number="1,204")
    return {"url": url, "actions": actions, "kept": {}, "all": words, "all_count": "1,204"}


def standings() -> list[tuple[str, str]]:
    """A word in each tone."""
    return [
        (_("cancelled"), "neutral"),
        (_("active"), "success"),
        (_("on hold"), "warning"),
        (_("failed"), "error"),
        (_("on trial"), "info"),
        (_("unpaid"), "pending"),
        (_("suspended"), "paused"),
    ]


def plan(name: str, amount: int, *, trial: str | None = None, setup_fee: int = 0) -> PlanCard:
    return PlanCard(
        slug=name.lower(),
        name=name,
        description=_("Everything for a small shop."),
        features=["10 GB", _("E-mail address")],
        price=Money(amount, "EUR"),
        period_text=per_period(MONTH),
        monthly=None,
        setup_fee=Money(setup_fee, "EUR") if setup_fee else None,
        trial=trial,
        is_free=amount == 0,
        is_current=amount > 0,
    )


def plans() -> list[PlanCard]:
    named = replace(plan(_("Supporter"), 500), is_named=True, is_current=False, credit=Money(500, "EUR"))
    asked = replace(plan(_("Agency"), 0), contact=Contact(_("Contact us"), "https://example.com/contact"))
    return [plan(_("Basic"), 0), plan("Premium", 2999, trial=_("Free trial"), setup_fee=4900), named, asked]


def history() -> list[Entry]:
    now = clock.now()
    return [
        Entry(now, _("Payment completed"), actor="Olga Peters", tone="success"),
        Entry(now - timedelta(days=1), _("A try to take the money failed"), "card_declined", tone="error"),
        Entry(now - timedelta(days=3), _("Membership put on hold"), tone="warning"),
        Entry(now - timedelta(days=30), _("Sale completed")),
    ]


def drawings() -> Sequence[charts.Chart]:
    """Bars of two kinds, and a line; names of months need no language."""
    months = ["2026-06", "2026-07", "2026-08", "2026-09", "2026-10", "2026-11"]
    paid = charts.Series(_("Payments"), [120000, 98000, 143000, 150000, 131000, 172000])
    back = charts.Series(_("Refund"), [4000, 0, 9900, 0, 2999, 0])
    served = charts.Series(_("Memberships"), [12, 15, 15, 19, 24, 31])
    return [
        charts.bars(_("Payments"), months, [paid, back], charts.of_money("EUR")),
        charts.lines(_("Memberships"), months, [served]),
    ]


def uses() -> list[Use]:
    """Little, nearly all, too much; and one that has no limit."""
    counted = ((Limit.SITES, 1, 3), (Limit.PAGES, 9, 10), (Limit.DISK, 120 * MEGABYTE, 100 * MEGABYTE))
    return [*(Use(*one) for one in counted), Use(Limit.VISITS, 1234, None)]

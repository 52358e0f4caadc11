"""Exchange rates: the last ones, how fetching them goes, and entering one by hand."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from babel.numbers import format_decimal
from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectChoice, SelectField, StringField
from wtforms.validators import Length
from wtforms.widgets import DateInput

from webapp import clock
from webapp.blueprints.access import needs
from webapp.blueprints.admin import settings_choices
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.form import Form
from webapp.blueprints.views import View, go_to
from webapp.domain import audit, exchange_rates, network, rate_fetches
from webapp.domain.exchange_rates import EURO
from webapp.domain.staff import Capability
from webapp.extensions import db
from webapp.models import RateFetch, RateSource
from webapp.transactions import unit_of_work

view = View("admin/exchange_rates.html")
TYPED = re.compile(r"\d{1,11}(?:[.,]\d{1,10})?", re.ASCII)
SOURCES = {RateSource.ECB: _l("European Central Bank"), RateSource.MANUAL: _l("entered by hand")}


def currencies() -> list[SelectChoice]:
    """Those that figures need first, of them the ones that nobody says anything of."""
    used = rate_fetches.in_use(db.session())
    names = {code: name for code, name in settings_choices.all_currencies().items() if code != EURO}
    order = sorted(names, key=lambda one: (one not in used, one in used and one in rate_fetches.PUBLISHED))
    return [SelectChoice(one, names[one]) for one in order]


class RateForm(Form):
    currency = SelectField(_l("Currency"), choices=currencies)
    day = StringField(_l("Day"), validators=[Length(max=20)], widget=DateInput())
    rate = StringField(
        _l("Worth of one euro"),
        validators=[Length(max=40)],
        description=_l("In this currency, like 1.0834."),
    )

    def read(self) -> tuple[date, Decimal] | None:
        """What is to be kept; None when something is wrong, which then stands beside its field."""
        self.validate()
        day, rate = day_of(self.day.data or ""), rate_of(self.rate.data or "")
        if day is None:
            self.day.errors = [*self.day.errors, _("Enter a day up to today.")]
        if rate is None:
            self.rate.errors = [*self.rate.errors, _("Enter how much of the currency one euro is worth, like 1.0834.")]
        return None if day is None or rate is None or self.problems() else (day, rate)


def day_of(typed: str) -> date | None:
    try:
        day = date.fromisoformat(typed.strip())
    except ValueError:
        return None
    return day if date(1999, 1, 4) <= day <= clock.now().date() else None


def rate_of(typed: str) -> Decimal | None:
    if not TYPED.fullmatch(typed.strip()):
        return None
    rate = Decimal(typed.strip().replace(",", "."))
    return rate if exchange_rates.is_possible(rate) else None


@bp.get("/exchange-rates")
@needs(Capability.SETTINGS_VIEW)
def list_exchange_rates() -> ResponseReturnValue:
    form = RateForm(formdata=None)
    form.day.data = clock.now().date().isoformat()
    return show(form)


def show(form: RateForm, status: int = 200) -> Response:
    session = db.session()
    known, used = exchange_rates.newest(session), rate_fetches.in_use(session)
    there = {one.currency for one in known}
    return view.show(
        status=status,
        form=form,
        errors=form.problems(),
        rates=[(one, written(one.rate), str(SOURCES[one.source])) for one in known],
        lacking=[one for one in used if one not in there and one != EURO],
        beyond=[one for one in rate_fetches.beyond(used) if one not in there],
        used=used,
        to=rate_fetches.reporting_currency(),
        fetch=rate_fetches.status(session),
        fetches=network.settings().fetch_rates,
    )


def written(rate: Decimal) -> str:
    """With all its decimals."""
    return format_decimal(rate, locale=settings_choices.language(), decimal_quantization=False)


@bp.post("/exchange-rates")
@needs(Capability.SETTINGS_EDIT)
def create_exchange_rate() -> ResponseReturnValue:
    form = RateForm()
    read = form.read()
    if read is None:
        return show(form, status=422)
    with unit_of_work(actor()) as session:
        exchange_rates.enter(session, form.currency.data, *read)
    flash(_("The rate is saved. It counts from that day on, until a newer one."), "success")
    return go_to(url_for("admin.list_exchange_rates"))


@bp.post("/exchange-rates/fetches")
@needs(Capability.SETTINGS_EDIT)
def create_rate_fetch() -> ResponseReturnValue:
    """Ask the bank now, and not only when it would have been next."""
    with unit_of_work(actor()) as session:
        rate_fetches.ask_now(session)
        audit.note(RateFetch, "exchange-rates.fetch", before={}, after={})
    flash(_("The rates are being fetched. Look again in a moment."), "info")
    return go_to(url_for("admin.list_exchange_rates"))

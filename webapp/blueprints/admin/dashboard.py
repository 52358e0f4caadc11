"""The dashboard: how the network stands, beside how it stood before, and what is to be done."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from webapp import clock
from webapp.blueprints.access import may, needs
from webapp.blueprints.admin import figure_currencies, figure_words, setup, spans
from webapp.blueprints.admin.base import bp, count_of, open_things
from webapp.blueprints.admin.figure_currencies import Wanted
from webapp.blueprints.admin.related import CUSTOMER_NAME, PLAN
from webapp.blueprints.admin.spans import Choice
from webapp.blueprints.views import View
from webapp.domain import figures, reported_figures
from webapp.domain.attention_sources import SOURCES
from webapp.domain.figures import Figures, Span
from webapp.domain.reported_figures import Lacking
from webapp.domain.staff import Capability
from webapp.extensions import db
from webapp.models import Payment

SALES_AT_MOST = 8
view = View("admin/dashboard.html")


@bp.get("/")
@needs(Capability.CUSTOMERS_VIEW)
def dashboard() -> ResponseReturnValue:
    choice = spans.CHOICES.get(request.args.get("period", ""), spans.CHOICES[spans.USUAL])
    now, before = choice.spans(clock.now().date())
    found, wanted, said = look(now, before)
    with_money = may(Capability.PAYMENTS_VIEW)
    groups = (figure_words.MONEY, figure_words.PEOPLE) if with_money else (figure_words.PEOPLE,)
    return view.show(
        is_empty=not found.currencies,
        tiles=[figure_words.tiles(one, found) for one in groups],
        charts=figure_words.charts(found, choice, now, with_money=with_money),
        choices=[period_choices(choice, wanted), *currency_choices(choice, wanted)],
        said=said,
        compared_with=choice.before,
        sales=latest_sales() if with_money else [],
        open_things=open_by_source(),
        still_to_do=setup.still_to_do(),
        with_money=with_money,
    )


def look(now: Span, before: Span) -> tuple[Figures, Wanted, str]:
    """The figures, in which currency they are, and what is to be said of that."""
    wanted, said = figure_currencies.wanted(), ""
    if wanted.together:
        try:
            found = reported_figures.read(db.session(), wanted.to, wanted.known, now, before)
        except Lacking as problem:
            wanted, said = wanted.alone(), figure_currencies.lacking(problem.currencies)
        else:
            return found, wanted, figure_currencies.basis(wanted, found.rates) if found.rates else ""
    return figures.read(db.session(), wanted.chosen, now, before), wanted, said


def period_choices(chosen: Choice, wanted: Wanted) -> dict[str, Any]:
    """For the macro `segments`."""
    links = [
        {"id": f"period-{one.name}", "label": str(one.word), "url": address(one, wanted), "current": one is chosen}
        for one in spans.CHOICES.values()
    ]
    return {"label": _("Period"), "links": links}


def currency_choices(choice: Choice, wanted: Wanted) -> list[dict[str, Any]]:
    """Only where there is something to choose."""
    links = [
        {
            "id": f"currency-{value}",
            "label": word,
            "url": address(choice, replace(wanted, chosen=value)),
            "current": value == wanted.chosen,
        }
        for value, word in wanted.choices
    ]
    return [{"label": _("Currency"), "links": links}] if links else []


def address(choice: Choice, wanted: Wanted) -> str:
    """What is usual is left out of it."""
    return url_for(
        "admin.dashboard",
        period=None if choice.name == spans.USUAL else choice.name,
        currency=None if wanted.chosen == wanted.usual else wanted.chosen,
    )


def open_by_source() -> list[tuple[str, str, str]]:
    """(title, number, address) of what needs a person."""
    return [
        (SOURCES[name].title, count_of(number), url_for("admin.list_attention", source=name))
        for name, number in open_things().items()
    ]


def latest_sales() -> list[Payment]:
    """What was paid last, in any currency."""
    names = joinedload(Payment.customer).options(CUSTOMER_NAME), joinedload(Payment.membership).options(PLAN)
    paid = select(Payment).where(Payment.completed_at.is_not(None)).order_by(Payment.completed_at.desc())
    return list(db.session.scalars(paid.limit(SALES_AT_MOST).options(*names)))

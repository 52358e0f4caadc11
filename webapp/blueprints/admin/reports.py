"""The figures month by month: a table, charts, and the same as a file for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from dateutil.relativedelta import relativedelta
from flask import Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp import clock
from webapp.blueprints.access import needs
from webapp.blueprints.admin import figure_currencies, figure_words
from webapp.blueprints.admin.base import bp
from webapp.blueprints.admin.figure_currencies import Wanted
from webapp.blueprints.admin.figure_words import as_money, as_number, as_share
from webapp.blueprints.views import View
from webapp.charts import Chart, Series, bars, lines, of_money
from webapp.domain import figure_months, reported_figures
from webapp.domain.figures import Span, Totals
from webapp.domain.reported_figures import Lacking
from webapp.domain.staff import Capability
from webapp.extensions import db
from webapp.formatting import short_month
from webapp.models import Measure
from webapp.money import Money

M = Measure
MONTHS_AT_MOST = 60
view = View("admin/figures.html")


@dataclass(frozen=True, slots=True)
class Report:
    """`said`: what is to be said of the currency that all others are put together in."""

    currency: str
    span: Span
    months: Sequence[tuple[Span, Totals]]
    wanted: Wanted
    said: str = ""


@bp.get("/figures")
@needs(Capability.PAYMENTS_VIEW)
def list_figures() -> ResponseReturnValue:
    report = read()
    return view.show(
        report=report,
        currencies=report.wanted.choices or [(report.currency, report.currency)],
        columns=[{"label": _("Month")}, *({"label": label, "align": "end"} for label, _value in row_of(report, 0))],
        rows=[
            (short_month(month.first) + f" {month.first.year}", [value for _label, value in row_of(report, at)])
            for at, (month, _totals) in enumerate(report.months)
        ],
        charts=charts(report),
        meanings=[(one.label(), one.meaning()) for one in (*figure_words.MONEY, *figure_words.PEOPLE)],
        csv_url=url_for("admin.export_figures", **address(report)),
    )


def read() -> Report:
    """What the address asks for; the last twelve months unless it says otherwise."""
    today, wanted = clock.now().date(), figure_currencies.wanted()
    last = min(figure_months.month_of(request.args.get("to", "")) or today, today).replace(day=1)
    first = figure_months.month_of(request.args.get("from", "")) or last - relativedelta(months=11)
    first = max(min(first, last), last - relativedelta(months=MONTHS_AT_MOST - 1))
    end = min(last + relativedelta(months=1) - timedelta(days=1), today)
    span = Span(first, end)
    if not wanted.together:
        return alone(wanted, span)
    try:
        found, rates = reported_figures.by_month(db.session(), wanted.to, span)
    except Lacking as problem:
        return alone(wanted.alone(), span, figure_currencies.lacking(problem.currencies))
    return Report(wanted.to, span, found, wanted, figure_currencies.basis(wanted, rates))


def alone(wanted: Wanted, span: Span, said: str = "") -> Report:
    """One currency by itself."""
    return Report(wanted.chosen, span, figure_months.read(db.session(), wanted.chosen, span), wanted, said)


def address(report: Report) -> dict[str, Any]:
    months = {"from": f"{report.span.first:%Y-%m}", "to": f"{report.span.last:%Y-%m}"}
    return months | {"currency": report.wanted.chosen}


def row_of(report: Report, at: int) -> list[tuple[str, str]]:
    """(heading, value) of a month."""
    totals, currency = report.months[at][1], report.currency
    return [
        (_("MRR"), as_money(totals.mrr, currency)),
        *((str(label), as_money(totals.of.get(measure, 0), currency)) for label, measure in movements(report)),
        (_("ARR"), as_money(totals.arr, currency)),
        (_("Paying"), as_number(totals.paying, currency)),
        (_("Churn"), as_share(totals.churn, currency)),
        (_("Revenue churn"), as_share(totals.revenue_churn, currency)),
        (_("ARPU"), as_money(totals.per_member, currency)),
        (_("LTV"), as_money(totals.lifetime_value, currency)),
        (_("Trials paid"), as_share(totals.trial_conversion, currency)),
        (_("Revenue"), as_money(totals.revenue, currency)),
        (_("Tax"), as_money(totals.tax, currency)),
        (_("Net revenue"), as_money(totals.net_revenue, currency)),
    ]


def movements(report: Report) -> list[tuple[str, Measure]]:
    """Rates change what recurs only where currencies are put together."""
    rates = [(_("Exchange rates"), M.MRR_EXCHANGE)] if report.wanted.together else []
    return [
        (_("New"), M.MRR_NEW),
        (_("Expansion"), M.MRR_EXPANSION),
        (_("Contraction"), M.MRR_CONTRACTION),
        (_("Ended"), M.MRR_CHURN),
        (_("Came back"), M.MRR_REACTIVATION),
        *rates,
    ]


def charts(report: Report) -> list[tuple[str, Chart]]:
    labels = [short_month(month.first) for month, _totals in report.months]
    words, totals = of_money(report.currency), [one for _month, one in report.months]
    moved = [Series(label, [one.of.get(measure, 0) for one in totals]) for label, measure in movements(report)]
    mrr = Series(_("Recurring a month"), [one.mrr for one in totals])
    net = Series(_("Net revenue"), [one.net_revenue for one in totals])
    return [
        ("chart-mrr", lines(_("Recurring revenue a month"), labels, [mrr], words)),
        ("chart-movements", bars(_("What changed it"), labels, moved, words)),
        ("chart-net", bars(_("Net revenue"), labels, [net], words)),
    ]


# -- as a file -------------------------------------------------------------------------------------------------------
@bp.get("/figures/export")
@needs(Capability.PAYMENTS_VIEW)
def export_figures() -> ResponseReturnValue:
    """CSV with names for programs: amounts with a decimal point in their currency, shares from 0 to 1."""
    report, text = read(), io.StringIO()
    rows = [{"month": f"{month.first:%Y-%m}", **_plain(report, totals)} for month, totals in report.months]
    table = csv.DictWriter(text, fieldnames=list(rows[0]))
    table.writeheader()
    table.writerows(rows)
    what = f"all-in-{report.currency}" if report.wanted.together else report.currency
    name = f"figures-{what}-{report.span.first:%Y-%m}-{report.span.last:%Y-%m}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text.getvalue(), mimetype="text/csv", headers=headers)


def _plain(report: Report, totals: Totals) -> dict[str, str]:
    currency = report.currency
    amounts: dict[str, int | None] = {
        "mrr": totals.mrr,
        **{str(one): totals.of.get(one, 0) for one in (measure for _label, measure in movements(report))},
        "arr": totals.arr,
        "arpu": totals.per_member,
        "ltv": totals.lifetime_value,
        "revenue": totals.revenue,
        "tax": totals.tax,
        "net-revenue": totals.net_revenue,
    }
    shares = {
        "churn": totals.churn,
        "revenue-churn": totals.revenue_churn,
        "trial-conversion": totals.trial_conversion,
    }
    return {
        "currency": currency,
        **{name: "" if minor is None else str(Money(minor, currency).decimal) for name, minor in amounts.items()},
        "paying": str(totals.paying),
        **{name: "" if part is None else _share(part) for name, part in shares.items()},
    }


def _share(part: Fraction) -> str:
    """Four digits, halves away from zero."""
    return str((Decimal(part.numerator) / part.denominator).quantize(Decimal("0.0001"), ROUND_HALF_UP))

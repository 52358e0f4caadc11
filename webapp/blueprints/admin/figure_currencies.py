"""In which currency figures are looked at: one of those that things are sold in, or all of them put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from flask import request
from flask_babel import gettext as _

from webapp import clock
from webapp.domain import figure_months, network, rate_fetches
from webapp.domain.exchange_rates import Rates
from webapp.extensions import db
from webapp.formatting import plain_day

ALL = "all"
OLD = timedelta(days=5)  # longer than the bank is silent over Easter


@dataclass(frozen=True, slots=True)
class Wanted:
    """`known`: what things are sold in; `to`: what they are put together in; `chosen`: one of them, or ALL."""

    known: Sequence[str]
    to: str
    chosen: str

    @property
    def together(self) -> bool:
        return self.chosen == ALL

    @property
    def several(self) -> bool:
        """Whether there is anything to put together, or to turn into another currency."""
        return bool(self.known) and len({*self.known, self.to}) > 1

    @property
    def usual(self) -> str:
        """What is shown where the address says nothing."""
        return ALL if self.several else network.settings().currency

    @property
    def choices(self) -> list[tuple[str, str]]:
        """(value, word); empty where there is nothing to choose."""
        known = sorted({*self.known, *([] if self.together else [self.chosen])})
        if len(known) < 2 and not self.several:
            return []
        everything = [(ALL, _("All in %(currency)s", currency=self.to))] if self.several else []
        return [*everything, *((one, one) for one in known)]

    def alone(self) -> Wanted:
        """The network's own currency, where nothing can be put together."""
        own = network.settings().currency
        return Wanted(self.known, self.to, own if own in self.known or not self.known else self.known[0])


def wanted() -> Wanted:
    """What the address asks for."""
    found = Wanted(figure_months.currencies(db.session()), rate_fetches.reporting_currency(), "")
    given = request.args.get("currency", "")
    is_code = len(given) == 3 and given.isascii() and given.isupper()
    may_be = is_code or (given == ALL and found.several)
    return Wanted(found.known, found.to, given if may_be else found.usual)


# -- what is said of it ----------------------------------------------------------------------------------------------
def basis(wanted: Wanted, rates: Rates) -> str:
    """By which rates it is put together, in a sentence or some."""
    newest = rates.newest(set(rates.known) - {wanted.to})
    if newest is None:
        return ""
    said = [_("All currencies in %(currency)s, at the rate of each day.", currency=wanted.to)]
    if clock.now().date() - newest > OLD:
        said.append(_("Rates have been missing since %(day)s: the last known ones count.", day=plain_day(newest)))
    else:
        said.append(_("The last rates are of %(day)s.", day=plain_day(newest)))
    if rates.guessed:
        known = ", ".join(sorted(rates.guessed))
        said.append(_("Days before the first rate of %(currencies)s count at that one.", currencies=known))
    return " ".join(said)


def lacking(currencies: Sequence[str]) -> str:
    """Why nothing is put together."""
    return _(
        "There is no exchange rate for %(currencies)s yet, so the figures are shown for each currency.",
        currencies=", ".join(currencies),
    )

"""Why a status changed, in the reader's language. Rules keep reasons in English; other words are somebody's own."""

from __future__ import annotations

import re

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

KNOWN: dict[str, LazyString] = {
    "membership is served again": _l("the membership is served again"),
    "resumed": _l("an operator resumed it"),
    "provisioning": _l("provisioning"),
    "provisioned": _l("it was set up"),
    "the order was changed": _l("the order was changed"),
    "the buyer chose another way to pay": _l("the buyer chose another way to pay"),
    "nothing is due today": _l("nothing is due today"),
    "not paid in time": _l("not paid in time"),
    "the buyer goes on at the gateway": _l("the buyer goes on at the gateway"),
    "waiting for the transfer": _l("waiting for the transfer"),
    "paid after it was given up": _l("paid after it was given up"),
    "cancel_at reached": _l("the day it was cancelled for has come"),
    "nothing to ask for": _l("there is nothing to ask for"),
    "no decision yet": _l("no decision yet"),
    "cancelled by the customer": _l("the customer cancelled it"),
    "cancelled without signing in": _l("it was cancelled without signing in"),
    "carried out": _l("carried out"),
    "undone by the customer": _l("undone by the customer"),
    "account deleted": _l("the account was deleted"),
    "succeeded": _l("succeeded"),
    "declined": _l("declined"),
    "card_declined": _l("the card was declined"),
}
CONFIRMED = re.compile(r"confirmed by (.+)")
TRY = re.compile(r"(\S+) try (\d+)")


def told(reason: str) -> str:
    if known := KNOWN.get(reason):
        return str(known)
    if found := CONFIRMED.fullmatch(reason):
        return _("confirmed by %(name)s", name=found[1])
    if found := TRY.fullmatch(reason):
        return _("try %(number)s by %(gateway)s", gateway=found[1], number=found[2])
    return reason

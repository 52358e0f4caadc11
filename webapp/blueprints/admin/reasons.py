"""Why a status changed, in the reader's language. Rules keep reasons in English; other words are somebody's own."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

KNOWN: dict[str, LazyString] = {
    "membership is served again": _l("the membership is served again"),
    "resumed": _l("an operator resumed it"),
    "provisioning": _l("provisioning"),
    "provisioned": _l("it was set up"),
    "its records lead here": _l("its records lead here"),
    "its records lead here again": _l("its records lead here again"),
    "asked for again": _l("it was asked for again"),
    "another site has shown that it is theirs": _l("another site has shown that it is theirs"),
    "no-name": _l("the domain does not exist"),
    "silent": _l("its name servers do not answer"),
    "broken": _l("its name servers answer with an error"),
    "refused": _l("its name servers refuse to answer"),
    "lame": _l("its name servers do not know it"),
    "loop": _l("its aliases lead round in a circle"),
    "no-records": _l("it has no records"),
    "elsewhere": _l("it leads to another server"),
    "mixed": _l("some of its records lead to another server"),
    "no-proof": _l("it was not shown to be theirs"),
    "wrong-proof": _l("it was not shown to be theirs"),
    "taken": _l("another site has it"),
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
    "processing": _l("the gateway is working on it"),
    "approved": _l("the buyer has agreed"),
    "approval_pending": _l("the buyer has not agreed yet"),
    "insufficient_funds": _l("there was not enough money"),
    "expired_card": _l("the card has expired"),
    "authentication_required": _l("the buyer’s bank wants them to confirm it"),
    "subscription_payment_failed": _l("the gateway could not take the money by itself"),
    "subscription_not_charged": _l("the gateway did not charge this period"),
    "subscription_ended": _l("the agreement at the gateway has ended"),
    # what came of an answer of a gateway
    "known already": _l("known already"),
    "not ours": _l("not about anything of ours"),
    "completed": _l("completed"),
    "completed, although it had been void": _l("completed, although it had been void"),
    "paid already": _l("it was paid already"),
    "failed": _l("it failed"),
    "given up": _l("given up"),
    "no way to charge later was kept": _l("no payment method was kept for later"),
    "nothing was kept": _l("nothing was kept"),
    "a payment method was kept": _l("a payment method was kept"),
    "a payment method is gone": _l("a payment method cannot be charged any more"),
    "a payment method was renewed": _l("the bank replaced a payment method"),
    "nothing to send": _l("there was nothing to send"),
    "is still to be waited for": _l("it is still to be waited for"),
    "the amount differs: needs a decision": _l("the amount differs: needs a decision"),
    "its credit is gone: needs a decision": _l("the credit for it is used up: needs a decision"),
    "paid twice: needs a decision": _l("paid twice: needs a decision"),
    "needs a decision": _l("needs a decision"),
    "needs a decision: nobody knows whether it was taken": _l("needs a decision: nobody knows whether it was taken"),
    "money that nobody asked for: needs a decision": _l("money that nobody asked for: needs a decision"),
    "charged by the gateway": _l("the gateway charged it by itself"),
    "the agreement has ended": _l("the agreement at the gateway has ended"),
    "paid, and nothing was renewed: the membership has ended, or the period was paid otherwise": _l(
        "paid, and nothing was renewed: the membership has ended, or the period was paid otherwise"
    ),
    "the change had been withdrawn: kept as credit": _l("the change had been withdrawn: kept as credit"),
    "given back": _l("given back"),
    "seen": _l("seen"),
    "nothing new was given back": _l("nothing new was given back"),
    "more was given back than was left: needs a decision": _l("more was given back than was left: needs a decision"),
    "a dispute was opened": _l("a dispute was opened"),
    "a dispute, known already": _l("a dispute that is known already"),
    "the money stays": _l("the dispute was decided for you: the money stays"),
    "the money came back": _l("the money came back"),
    # why a person has to decide
    "it was void, and the credit that paid a part of it is used up": _l(
        "it was void, and the credit that paid a part of it is used up"
    ),
    "the money came after all, and the payment was paid otherwise": _l(
        "the money came after all, and the payment was paid otherwise"
    ),
    "its answer was lost, and the gateway cannot be asked any more": _l(
        "its answer was lost, and the gateway cannot be asked any more"
    ),
    "nobody knows whether it was given back: its answer was lost": _l(
        "nobody knows whether it was given back: the answer was lost"
    ),
    "the gateway gave it back after all, when it was taken for failed": _l(
        "the gateway gave it back after all, when it was taken for failed"
    ),
    # sites, and who makes them
    "provisioning failed": _l("the set-up failed"),
    "nothing to do": _l("nothing to do"),
    "no longer wanted": _l("no longer wanted"),
    "it is asked how the site stands": _l("it is asked how the site stands"),
    "nobody waits for the site": _l("nobody waits for the site"),
    "nobody works on it any more": _l("Nobody works on it any more."),
    "it is being worked on": _l("It is being worked on."),
    "the hosting system did not answer in time": _l("The hosting system did not answer in time."),
    "the hosting system was not reached, or its answer was lost": _l(
        "The hosting system was not reached, or its answer was lost."
    ),
    "the hosting system is not set up: it takes an address and a secret": _l(
        "The hosting system is not set up: enter its address and secret in the settings."
    ),
    # why an agreement with a gateway ended
    "other_price": _l("another price is due"),
    "paid otherwise": _l("it was paid otherwise"),
    "ended_at_gateway": _l("it was ended at the gateway"),
}
# What stands in them is an amount, a name or a sentence of the gateway's own.
PATTERNS: tuple[tuple[re.Pattern[str], Callable[..., str]], ...] = (
    (re.compile(r"confirmed by (.+)"), lambda name: _("confirmed by %(name)s", name=name)),
    (
        re.compile(r"(\S+) try (\d+)"),
        lambda gateway, number: _("try %(number)s by %(gateway)s", gateway=gateway, number=number),
    ),
    (
        re.compile(r"the gateway took (.+), asked for (.+)"),
        lambda taken, asked: _("The gateway took %(taken)s; %(asked)s was asked for.", taken=taken, asked=asked),
    ),
    (
        re.compile(r"the gateway took (.+) that nobody asked for: (.+)"),
        lambda taken, name: _("The gateway took %(taken)s that nobody asked for: %(name)s.", taken=taken, name=name),
    ),
    (
        re.compile(r"the gateway gave back (.+), asked for (.+)"),
        lambda given, asked: _("The gateway gave back %(given)s; %(asked)s was asked for.", given=given, asked=asked),
    ),
    (
        re.compile(r"the gateway gave back (.+), and only (.+) was left"),
        lambda given, left: _("The gateway gave back %(given)s, and only %(left)s was left.", given=given, left=left),
    ),
    (
        re.compile(r"(.+) given back at the gateway"),
        lambda given: _("%(given)s given back at the gateway", given=given),
    ),
    (
        re.compile(r"nobody knows whether it was given back: (.+)"),
        lambda why: _("Nobody knows whether it was given back: %(why)s", why=why),
    ),
    (re.compile(r"no end within (.+) hours"), lambda hours: _("It had not ended after %(hours)s hours.", hours=hours)),
    (
        re.compile(r"it is (working|active|suspended|deleted|failed|.+ EUR) there"),
        lambda state: _("Where it is made, the site is “%(state)s”.", state=standing_there(state)),
    ),
    (
        re.compile(r"its name was taken: (.+) instead"),
        lambda name: _("Its name was taken there; it is asked for as %(name)s.", name=name),
    ),
    (re.compile(r"the hosting system: (.+)"), lambda said: _("The hosting system says: %(said)s", said=said)),
    (
        re.compile(r"the hosting system (?:refuses|does not|redirects).*: (\d+) for .+"),
        lambda status: _("The hosting system refuses this, with status %(status)s.", status=status),
    ),
    (
        re.compile(r"the hosting system answered .+ with (\d+)"),
        lambda status: _("The hosting system answered with status %(status)s.", status=status),
    ),
    (
        re.compile(r"the gateway cannot be asked: (.+)"),
        lambda why: _("The gateway cannot be asked: %(why)s", why=why),
    ),
)
THERE: dict[str, LazyString] = {
    "working": _l("being worked on"),
    "active": _l("shown"),
    "suspended": _l("suspended"),
    "deleted": _l("not there"),
    "failed": _l("failed"),
}


def standing_there(state: str) -> str:
    """How a site stands where another system makes it."""
    return str(THERE.get(state, state))


APART = "; "  # between what came of one thing


def told(reason: str) -> str:
    if known := KNOWN.get(reason):
        return str(known)
    for pattern, words in PATTERNS:
        if found := pattern.fullmatch(reason):
            return words(*found.groups())
    parts = reason.split(APART)
    return APART.join(map(told, parts)) if len(parts) > 1 else reason

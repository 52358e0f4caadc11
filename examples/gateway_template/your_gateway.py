"""A gateway to begin with: copy it (`./dev flask addon new NAME`), and write the verbs that your vendor can do.

As it stands it sells by invoice: `begin` tells the buyer how to pay, and an operator confirms the money. All other
verbs answer as `Base` does, so delete each one that your vendor cannot do. `test_your_gateway.py` says whether what
you have written keeps to what the network relies on; `examples/hafenbank_addon` is one that is finished.

Each docstring says when a verb is asked, what to answer, and what to raise. Three things hold for all of them:

- You get plain values and give plain values: no rows, no request, no transaction. Nothing is open meanwhile, so you may
  call your vendor; give each call a time limit below a minute.
- A refusal is an answer: `Outcome(Verdict.DECLINED, reason="its_code", message="A sentence for the buyer.")`. An answer
  that was lost is none: `VendorUnreachable`, or `Verdict.UNKNOWN`. Never guess.
- Whatever you are asked, you may be asked again: after a crash, a lost answer, or by two people at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import ModuleType
from typing import Any

from flask import Flask

from webapp.gateways import Factory
from webapp.gateways.base import (
    AgreementState,
    Base,
    Beginning,
    Capability,
    ChargeRequest,
    Config,
    Credential,
    Later,
    Notice,
    Outcome,
    PaymentRequest,
    RefundRequest,
    Tested,
    Variable,
    VendorPage,
)
from webapp.money import Money

__version__ = "0.1.0"


class YourGateway(Base):
    # -- who it is ---------------------------------------------------------------------------------------------------
    # `id` is in addresses and in the database: short, in small letters, and never changed. Notices come to
    # /webhooks/<id>.
    id = "your-gateway"
    # What the buyer reads; the operator may write other words in the settings.
    title = "Invoice"
    description = "You get an invoice, and pay within 30 days."
    # What it can do, and so which verbs are asked: STORED_CREDENTIAL (`charge`, `forget`), REFUND and PARTIAL_REFUND
    # (`refund`), CAPTURE (`capture`), MANAGED_SUBSCRIPTION (`charge`, `agreement`, `pause`, `resume`), OFFLINE (the
    # money comes by another way, and a person confirms it: take this one out as soon as your vendor says what is
    # paid).
    capabilities = Capability.OFFLINE
    # What your vendor hands out: the operator enters it on the gateway's page, secrets are kept encrypted, and a
    # variable of the environment wins. Read it by `self.config.value("YOUR_KEY")` when you need it, for it may change:
    #     (Variable("YOUR_KEY", "Key", "A hint below the field.", secret=True), …)
    variables: Sequence[Variable] = ()
    # The same word for all gateways that use one account at a vendor, where a notice for one may be about another's.
    account = ""

    def __init__(self, config: Config) -> None:
        """Called once, when the gateway is first asked for; what it needs may not be entered yet. Call no vendor here.

        Raises whatever is wrong: then this gateway alone is left out, and the log says why.
        """
        super().__init__(config)

    # -- whether it is offered ---------------------------------------------------------------------------------------
    @property
    def ready(self) -> bool:
        """Asked whenever ways to pay are shown. False while something is missing that somebody can still enter, as one
        of the `variables` that are `needed`."""
        return super().ready

    def takes(self, amount: Money) -> bool:
        """Asked whenever ways to pay are shown: whether it can take so much, in that currency, now.

        An amount of zero asks whether it can keep a way to pay for later. Asks nobody.
        """
        return super().takes(amount)

    # -- setting it up, on its page in the admin ---------------------------------------------------------------------
    @property
    def mode(self) -> str:
        """`live`, or `test` where no real money moves; empty where the keys do not tell. Asks nobody."""
        return super().mode

    def test(self) -> Tested | None:
        """The operator presses "Try it out": ask the vendor something harmless, as for the account's name.

        `Tested(True)`, or `Tested(False, "What is wrong, in a sentence")`; None where there is nothing to ask.
        """
        return super().test()

    def register_webhook(self, address: str) -> Mapping[str, str]:
        """The operator presses "Register": have the vendor send notices there, once however often it is called.

        Those of your `variables` that are to be kept, as `{"YOUR_NOTICE_SECRET": "…"}`.
        Raises VendorUnreachable. That this verb is written is what offers the button, so delete it if you cannot.
        """
        return super().register_webhook(address)

    def address_of(self, reference: str) -> str:
        """The vendor's own page about a payment, for the staff; empty when it has none. Asks nobody."""
        return super().address_of(reference)

    # -- the buyer is here -------------------------------------------------------------------------------------------
    def begin(self, request: PaymentRequest) -> Beginning:
        """Somebody has ordered, or follows a link to pay: start to take `request.amount`.

        One of four: `Redirect(url, reference)` to the vendor's page, which sends the buyer to `request.return_url` (or
        `cancel_url`) afterwards; `BrowserStep(reference, data)` for a page of ours with the vendor's script;
        `Later(words)` for money that comes by another way; `Done(outcome)` when it is settled at once, as by a
        refusal.

        The same `request.idempotency_key` is the same try: give it to the vendor, so that it is never paid twice. With
        `request.store_credential` keep a way to charge again, and say so in `Outcome.credential` of `fetch`; with no
        amount, that is all. Raises VendorUnreachable only when nothing can have been taken.
        """
        return Later(f"We send you an invoice over {request.amount}, order {request.order_number}.", due_days=30)

    def page(self, request: PaymentRequest) -> VendorPage | None:
        """Only after `BrowserStep`: what our payment page loads, and what its script is told. Asks nobody.

        `webapp/gateways/stripe.py` has one. None: it has no such page.
        """
        return super().page(request)

    def confirm(self, request: PaymentRequest) -> Beginning:
        """Only after `BrowserStep`: the button on our page was pressed, so make the try at the vendor.

        A `BrowserStep` with its reference and what the script needs, which is handed to the browser and not kept;
        `Done` for a refusal. The same key is the same try. Raises VendorUnreachable only when nothing can have been
        taken.
        """
        return super().confirm(request)

    def capture(self, reference: str) -> Outcome:
        """With CAPTURE: the buyer has agreed at the vendor, and the money is still wanted. Take it, once.

        Asked for where `fetch` answers NEEDS_ACTION with the reason `webapp.paying.APPROVED`. As `fetch`.
        """
        return super().capture(reference)

    # -- the buyer is not here ---------------------------------------------------------------------------------------
    def charge(self, request: ChargeRequest) -> Outcome:
        """With STORED_CREDENTIAL, by a worker: a period ends, so charge `request.credential` without the buyer.

        SUCCEEDED with `reference` and `amount`; DECLINED with a reason (it is tried again on the days of the
        settings), which is `webapp.paying.TO_CONFIRM` when the bank wants the buyer to confirm it; NEEDS_ACTION with
        the reason `webapp.paying.PROCESSING` and a reference, to be asked for later; UNKNOWN when the answer was lost,
        and then the same request comes again. The same key charges once.

        With MANAGED_SUBSCRIPTION it takes nothing: it answers what the vendor took by itself for `request.covers`.
        """
        return super().charge(request)

    def close(self, reference: str) -> None:
        """By a worker: the buyer pays otherwise, or the order was given up. See to it that its page takes no money.

        What was taken already stays taken; what cannot be closed may end by itself. Raises VendorUnreachable to be
        asked again.
        """
        super().close(reference)

    def known_by(self, credential: str) -> Credential | None:
        """With STORED_CREDENTIAL, after a notice about it: the label and last day it has now; None when it is gone."""
        return super().known_by(credential)

    def forget(self, credential: str) -> None:
        """With STORED_CREDENTIAL, by a worker: the customer has removed this way to pay. What is gone is gone.

        With MANAGED_SUBSCRIPTION: end the agreement. Raises VendorUnreachable to be asked again.
        """
        super().forget(credential)

    def refund(self, request: RefundRequest) -> Outcome:
        """With REFUND, by an operator: give `request.amount` of `request.payment_reference` back.

        SUCCEEDED with `reference` and `amount`, or DECLINED. NEEDS_ACTION with a `reference` while the vendor works on
        it; that is then asked for by `fetch`. UNKNOWN when the answer was lost: it comes again with the same key, which
        gives back once.
        """
        return super().refund(request)

    def fetch(self, reference: str) -> Outcome:
        """The buyer is back, a notice came, or an hour has passed: what is true now of a payment or a refund?

        SUCCEEDED says in `amount` what was really taken; if it differs from what was asked for, a person decides. Say
        in `credential` what is kept, in `refunded` what went back in all, in `disputes` what payers' banks ask for.
        NEEDS_ACTION while it is open, DECLINED when it is over, UNKNOWN for what the vendor does not know. Raises
        VendorUnreachable when it cannot be asked.
        """
        return super().fetch(reference)

    # -- what the vendor tells ---------------------------------------------------------------------------------------
    def open_notice(self, body: bytes, headers: Mapping[str, str]) -> Notice:
        """Something came to `/webhooks/<id>`: check the signature on the raw body, and read it. Change nothing.

        `Notice(event_id, type, reference, payload)`: `reference` is what `fetch` shall be asked for; `event_id` is the
        same when the vendor sends it twice. Compare with `hmac.compare_digest`, header names in any case, and read the
        time from `webapp.clock`. Raises BadNotice for whatever is not right.
        """
        return super().open_notice(body, headers)

    def names(self, payload: Mapping[str, Any]) -> Sequence[str]:
        """A notice is about something that we do not know by its reference: what else may we know it by?

        Our idempotency key, if the vendor repeats it; the payment that a refund belongs to. Asks nobody.
        """
        return super().names(payload)

    def to_ask(self, about: str, known_as: str) -> str:
        """Something happened to `about`, which we know as `known_as`: what `fetch` is asked for. Mostly the latter."""
        return super().to_ask(about, known_as)

    def decided(self, since: datetime) -> Iterable[Sequence[str]]:
        """Every hour: what was taken or refused since then, and ways to pay that were kept; for lost notices.

        For one after the other its names: the vendor's own first, then as in `names`. Raises VendorUnreachable, also in
        the middle.
        """
        return super().decided(since)

    def changed(self, since: datetime) -> Iterable[Sequence[str]]:
        """Every hour: what was given back or disputed since then, by whomever. As `decided`."""
        return super().changed(since)

    def sentence(self, reason: str) -> str:
        """A page shows why something was declined: its words in the reader's language; empty: the usual ones."""
        return super().sentence(reason)

    # -- with MANAGED_SUBSCRIPTION: the vendor charges by itself -----------------------------------------------------
    def agreement(self, reference: str) -> AgreementState:
        """How an agreement stands: whether it has ended or rests, and what was taken by it of late, the oldest first.

        Raises VendorUnreachable.
        """
        return super().agreement(reference)

    def pause(self, reference: str) -> None:
        """The customer has cancelled: take nothing until `resume`. What rests or has ended is left so."""
        super().pause(reference)

    def resume(self, reference: str) -> None:
        """The cancellation was taken back: go on taking from when the next period is due."""
        super().resume(reference)


def register(app: Flask, hooks: ModuleType) -> None:
    """Called once, at the start: the add-on says what it has. Name the module in ADDONS."""
    hooks.add_filter("wu_payment_gateways", add_gateway)


def add_gateway(gateways: dict[str, Factory]) -> dict[str, Factory]:
    return {**gateways, YourGateway.id: YourGateway}

"""Our account at Stripe, whichever way a buyer pays: its customers, renewals without the buyer, refunds, notices."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from webapp.errors import ConfigurationError
from webapp.gateways import stripe_answers, stripe_notices, stripe_set_up
from webapp.gateways.base import (
    Base,
    Beginning,
    Capability,
    ChargeRequest,
    Config,
    Credential,
    Done,
    Notice,
    Outcome,
    Payer,
    RefundRequest,
    Tested,
    VendorUnreachable,
    Verdict,
)
from webapp.gateways.stripe_api import (
    API,
    UnsupportedAmount,
    code_of,
    connect,
    declined,
    digest,
    is_replayed,
    metadata_of,
    note,
    one_line,
    to_stripe,
    unreachable,
    was_refused,
)
from webapp.gateways.stripe_words import sentence_for
from webapp.vendors.addresses import checked_address

if TYPE_CHECKING:
    from stripe import StripeClient, StripeError

log = logging.getLogger(__name__)

DASHBOARD = {"pi_": "payments", "cus_": "customers", "du_": "disputes", "dp_": "disputes"}

ValueOf = Callable[[Mapping[str, str], str], str]


class StripeAccount(Base):
    """Made with `value_of`, which finds a key in the environment or in the network's settings, as it is then."""

    capabilities = Capability.STORED_CREDENTIAL | Capability.REFUND | Capability.PARTIAL_REFUND
    account = "stripe"

    def __init__(self, config: Config, *, value_of: ValueOf) -> None:
        super().__init__(config)
        self._value = partial(value_of, config.env)
        self._base = checked_address("STRIPE_API_BASE", config.env.get("STRIPE_API_BASE") or API)

    @property
    def ready(self) -> bool:
        try:
            return bool(self._value("STRIPE_SECRET_KEY") and self._value("STRIPE_PUBLISHABLE_KEY"))
        except ConfigurationError:
            log.exception("stripe.key_not_readable")
            return False

    # -- setting it up -----------------------------------------------------------------------------------------------
    @property
    def mode(self) -> str:
        return stripe_set_up.mode(self._value("STRIPE_SECRET_KEY"))

    def test(self) -> Tested | None:
        return stripe_set_up.test(self.client)

    def register_webhook(self, address: str) -> Mapping[str, str]:
        return stripe_set_up.register(self.client, address, self._value("STRIPE_WEBHOOK_SECRET"))

    @property
    def client(self) -> StripeClient:
        """Raises VendorUnreachable while there is no key."""
        key = self._value("STRIPE_SECRET_KEY")
        if not key:
            raise VendorUnreachable("stripe: there is no secret key")
        return connect(key, self._base)

    # -- its customers ----------------------------------------------------------------------------------------------
    def _for_payer(self, payer: Payer, make: Callable[[str], Beginning]) -> Beginning:
        """`make` something for a customer of Stripe's, who is made when we know none, or who is gone there."""
        import stripe

        try:
            customer = payer.known_as or self._make_customer(payer)
            try:
                return make(customer)
            except stripe.InvalidRequestError as error:
                if not payer.known_as or (error.code, error.param) != ("resource_missing", "customer"):
                    raise
            return make(self._make_customer(payer))
        except UnsupportedAmount:
            return Done(declined("amount_not_supported", message=sentence_for("amount_not_supported")))
        except stripe.StripeError as error:
            return self._not_begun(error)

    def _not_begun(self, error: StripeError) -> Beginning:
        """Nothing was taken, for nothing was confirmed. Raises VendorUnreachable where the same may work later."""
        import stripe

        if was_refused(error) or isinstance(error, stripe.IdempotencyError) or is_replayed(error):
            note(error)
            reason = "vendor_error" if is_replayed(error) else code_of(error)
            return Done(declined(reason, message=sentence_for(reason)))
        raise unreachable(error)

    def _make_customer(self, payer: Payer) -> str:
        """The key holds what is sent, so that it stays good when a buyer has put their address right."""
        key = f"cus-{payer.reference}-{digest(payer.email, payer.name, payer.known_as)}"
        params: dict[str, Any] = {"email": payer.email, "metadata": {"customer": payer.reference}}
        if payer.name:
            params["name"] = payer.name[:256]
        return self.client.v1.customers.create(params=cast(Any, params), options={"idempotency_key": key}).id

    # -- the buyer is not here ---------------------------------------------------------------------------------------
    def charge(self, request: ChargeRequest) -> Outcome:
        import stripe

        customer = ""
        try:
            customer = request.payer.known_as or self._owner_of(request.credential)
            return self._charge(request, customer)
        except UnsupportedAmount:
            return declined("amount_not_supported", message=sentence_for("amount_not_supported"))
        except VendorUnreachable as problem:
            return Outcome(Verdict.UNKNOWN, reason=str(problem))
        except stripe.StripeError as error:
            return self._not_charged(request, customer, error)

    def _charge(self, request: ChargeRequest, customer: str) -> Outcome:
        params: dict[str, Any] = {
            "amount": to_stripe(request.amount),
            "currency": request.amount.currency.lower(),
            "customer": customer,
            "payment_method": request.credential,
            "off_session": True,
            "confirm": True,
            "description": one_line(request.description, request.reference),
            "metadata": metadata_of(request),
            "expand": list(stripe_answers.INTENT),
        }
        options: Any = {"idempotency_key": request.idempotency_key}
        return stripe_answers.of_payment(
            self.client.v1.payment_intents.create(params=cast(Any, params), options=options)
        )

    def _owner_of(self, credential: str) -> str:
        return str(self.client.v1.payment_methods.retrieve(credential).customer or "")

    def _not_charged(self, request: ChargeRequest, customer: str, error: StripeError) -> Outcome:
        """A refusal is one; where Stripe itself failed, what became of the charge is looked up by our key."""
        note(error)
        if was_refused(error):
            reason = code_of(error)
            return declined(reason, _intent_named(error), sentence_for(reason))
        if customer and error.http_status is not None and (error.http_status >= 500 or error.http_status == 400):
            found = self._made_as(request.idempotency_key, customer)
            if found is not None:
                return found
            if is_replayed(error):
                return declined("vendor_error", message=sentence_for("vendor_error"))
        return Outcome(Verdict.UNKNOWN, reason=str(error.code or type(error).__name__))

    def _made_as(self, key: str, customer: str) -> Outcome | None:
        """The charge that was made under a key of ours, among the customer's newest; None too when nobody answers."""
        import stripe

        params: Any = {"customer": customer, "limit": 100, "expand": [f"data.{one}" for one in stripe_answers.INTENT]}
        try:
            newest = self.client.v1.payment_intents.list(params=params).data
        except stripe.StripeError as error:
            note(error)
            return None
        mine = (one for one in newest if one.metadata.to_dict().get(stripe_notices.TRIES) == key)
        return next((stripe_answers.of_payment(one) for one in mine), None)

    def forget(self, credential: str) -> None:
        """Without a key of ours: done twice it is done, and a failure must not be answered to the key for a day.

        Stripe refuses what is nobody's any more, or never was.
        """
        self._unless_refused(partial(self.client.v1.payment_methods.detach, credential))

    def close(self, reference: str) -> None:
        """Without a key of ours, as `forget`. What is paid, or closed already, Stripe refuses to close."""
        api, kind = self.client.v1, reference.partition("_")[0]
        closings = {
            "pi": api.payment_intents.cancel,
            "seti": api.setup_intents.cancel,
            "cs": api.checkout.sessions.expire,
        }
        if kind in closings:
            self._unless_refused(partial(closings[kind], reference))

    def known_by(self, credential: str) -> Credential | None:
        """Of one that was detached Stripe still has the name, and nobody it is of; or somebody who was deleted."""
        params: Any = {"expand": ["customer"]}
        method = self._unless_refused(partial(self.client.v1.payment_methods.retrieve, credential, params))
        if method is None or not method.customer or getattr(method.customer, "deleted", False):
            return None
        return stripe_answers.credential_of(method)

    def _unless_refused(self, call: Callable[[], Any]) -> Any:
        """None where there is no such thing, or it is no longer in a state for that. Raises VendorUnreachable."""
        import stripe

        try:
            return call()
        except stripe.InvalidRequestError as error:
            note(error)
            return None
        except stripe.StripeError as error:
            raise unreachable(error) from None

    def refund(self, request: RefundRequest) -> Outcome:
        import stripe

        try:
            params: dict[str, Any] = {
                "payment_intent": request.payment_reference,
                "amount": to_stripe(request.amount),
                "metadata": {"refund": request.idempotency_key, "reason": one_line(request.reason, "–")},
            }
            self._check_currency(request)
            options: Any = {"idempotency_key": request.idempotency_key}
            return stripe_answers.of_refund(self.client.v1.refunds.create(params=cast(Any, params), options=options))
        except UnsupportedAmount:
            return declined("amount_not_supported", message=sentence_for("amount_not_supported"))
        except VendorUnreachable as problem:
            return Outcome(Verdict.UNKNOWN, reason=str(problem))
        except stripe.StripeError as error:
            note(error)
            if was_refused(error):
                return declined(code_of(error), message=str(error.user_message or ""))
            return Outcome(Verdict.UNKNOWN, reason=str(error.code or type(error).__name__))

    def _check_currency(self, request: RefundRequest) -> None:
        """Stripe gives back in the currency of the payment, whatever we meant. Raises UnsupportedAmount."""
        intent = self.client.v1.payment_intents.retrieve(request.payment_reference)
        if intent.currency.upper() != request.amount.currency:
            raise UnsupportedAmount(str(request.amount))

    # -- what is true now --------------------------------------------------------------------------------------------
    def fetch(self, reference: str) -> Outcome:
        import stripe

        try:
            return self._fetch(reference)
        except stripe.InvalidRequestError as error:
            note(error)
            return Outcome(Verdict.UNKNOWN, reason=str(error.code or "invalid_request"))
        except stripe.StripeError as error:
            raise unreachable(error) from None

    def _fetch(self, reference: str) -> Outcome:
        api, kind = self.client.v1, reference.partition("_")[0]
        if kind == "pi":
            intent = api.payment_intents.retrieve(reference, params={"expand": list(stripe_answers.INTENT)})
            return stripe_answers.of_payment(intent, self._disputes(intent))
        if kind == "seti":
            return stripe_answers.of_setup(api.setup_intents.retrieve(reference, params={"expand": ["payment_method"]}))
        if kind == "cs":
            expand = [f"payment_intent.{one}" for one in stripe_answers.INTENT] + ["setup_intent.payment_method"]
            return stripe_answers.of_session(api.checkout.sessions.retrieve(reference, params={"expand": expand}))
        if kind in ("re", "pyr"):
            return stripe_answers.of_refund(api.refunds.retrieve(reference))
        return Outcome(Verdict.UNKNOWN, reason="nothing that can be asked for")

    def _disputes(self, intent: Any) -> list[Any]:
        if not stripe_answers.is_disputed(intent):
            return []
        found = self.client.v1.disputes.list(params={"payment_intent": intent.id, "limit": 100})
        return [stripe_answers.of_dispute(one) for one in found.data]

    def decided(self, since: datetime) -> Iterable[Sequence[str]]:
        return self._events(since, stripe_notices.DECIDED)

    def changed(self, since: datetime) -> Iterable[Sequence[str]]:
        return self._events(since, stripe_notices.LEFT)

    def _events(self, since: datetime, types: Sequence[str]) -> Iterator[Sequence[str]]:
        """Stripe keeps events for 30 days; what is older is found by asking for each payment."""
        import stripe

        params: Any = {"created": {"gte": int(since.timestamp())}, "types": list(types), "limit": 100}
        try:
            for event in self.client.v1.events.list(params=params).auto_paging_iter():
                told = event.to_dict()
                yield stripe_notices.reference_of(told), *stripe_notices.names(told)
        except stripe.StripeError as error:
            raise unreachable(error) from None

    # -- notices, words, links ---------------------------------------------------------------------------------------
    def open_notice(self, body: bytes, headers: Mapping[str, str]) -> Notice:
        given = {name.lower(): value for name, value in headers.items()}
        secrets = self._value("STRIPE_WEBHOOK_SECRET").replace(",", " ").split()
        stripe_notices.check_signature(body, given.get("stripe-signature", ""), secrets)
        return stripe_notices.read(body)

    def names(self, payload: Mapping[str, Any]) -> Sequence[str]:
        return stripe_notices.names(payload)

    def sentence(self, reason: str) -> str:
        return sentence_for(reason)

    def address_of(self, reference: str) -> str:
        room = DASHBOARD.get(f"{reference.partition('_')[0]}_")
        test = "" if "_live_" in self._value("STRIPE_SECRET_KEY") else "test/"
        return f"https://dashboard.stripe.com/{test}{room}/{reference}" if room else ""


def _intent_named(error: StripeError) -> str | None:
    """A refused charge has made an intent all the same."""
    told = error.json_body.get("error", {}) if isinstance(error.json_body, Mapping) else {}
    intent = told.get("payment_intent") if isinstance(told, Mapping) else None
    return str(intent["id"]) if isinstance(intent, Mapping) and intent.get("id") else None

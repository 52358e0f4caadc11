"""Stripe, as far as we use it: keeps state, takes only what the library's types know, signs what it tells.

    with StripeFake() as stripe:
        env = stripe.env
        stripe.next(DropAnswer())          # the next call is done, and its answer lost
        body, headers = stripe.notice(stripe.events[-1])

Cards are Stripe's own test cards. A buyer who pays in the browser is played by `pay`, `pay_page` and `confirm_setup`.
Events are collected in `events`, in the order in which they happened; whoever tests sends them as it likes.
"""

from __future__ import annotations

import hmac
import itertools
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.fakes import stripe_browser
from tests.fakes.stripe_checks import Refused, checked, form, nested, params_class
from tests.fakes.vendor import Call, FakeVendor, Reply
from webapp import clock

VERSION = "2026-10-28.endive"
SECRET, PUBLISHABLE, SIGNING = "sk_test_fake", "pk_test_fake", "whsec_fake"
Thing = dict[str, Any]

GOOD, DECLINED, NO_FUNDS, EXPIRED, WRONG_CODE = (
    "4242424242424242",
    "4000000000000002",
    "4000000000009995",
    "4000000000000069",
    "4000000000000127",
)
FAILS_LATER, ALWAYS_ASKS, ASKS_ELSEWHERE, DISPUTED, STOLEN = (
    "4000000000000341",
    "4000002760003184",
    "4000008400001629",
    "4000000000000259",
    "4000000000009979",
)
REFUSED = {
    DECLINED: ("card_declined", "generic_decline"),
    NO_FUNDS: ("card_declined", "insufficient_funds"),
    EXPIRED: ("expired_card", ""),
    WRONG_CODE: ("incorrect_cvc", ""),
    STOLEN: ("card_declined", "stolen_card"),
}

# What may be called: the method, the path, its parameters in the library, and what does it.
ROUTES = [
    ("POST", r"/v1/customers", "_customer_create_params.CustomerCreateParams", "make_customer"),
    ("POST", r"/v1/payment_intents", "_payment_intent_create_params.PaymentIntentCreateParams", "make_payment"),
    ("GET", r"/v1/payment_intents", "_payment_intent_list_params.PaymentIntentListParams", "list_payments"),
    ("GET", r"/v1/payment_intents/(pi_\w+)", "_payment_intent_retrieve_params.PaymentIntentRetrieveParams", "find"),
    (
        "POST",
        r"/v1/payment_intents/(pi_\w+)/cancel",
        "_payment_intent_cancel_params.PaymentIntentCancelParams",
        "cancel",
    ),
    ("POST", r"/v1/setup_intents/(seti_\w+)/cancel", "_setup_intent_cancel_params.SetupIntentCancelParams", "cancel"),
    (
        "POST",
        r"/v1/checkout/sessions/(cs_\w+)/expire",
        "checkout._session_expire_params.SessionExpireParams",
        "expire_at_once",
    ),
    ("POST", r"/v1/setup_intents", "_setup_intent_create_params.SetupIntentCreateParams", "make_setup"),
    ("GET", r"/v1/setup_intents/(seti_\w+)", "_setup_intent_retrieve_params.SetupIntentRetrieveParams", "find"),
    ("POST", r"/v1/checkout/sessions", "checkout._session_create_params.SessionCreateParams", "make_session"),
    ("GET", r"/v1/checkout/sessions/(cs_\w+)", "checkout._session_retrieve_params.SessionRetrieveParams", "find"),
    ("POST", r"/v1/refunds", "_refund_create_params.RefundCreateParams", "make_refund"),
    ("GET", r"/v1/refunds/(re_\w+)", "_refund_retrieve_params.RefundRetrieveParams", "find"),
    ("GET", r"/v1/payment_methods/([^/]+)", "_payment_method_retrieve_params.PaymentMethodRetrieveParams", "find"),
    (
        "POST",
        r"/v1/payment_methods/([^/]+)/detach",
        "_payment_method_detach_params.PaymentMethodDetachParams",
        "detach",
    ),
    ("GET", r"/v1/disputes", "_dispute_list_params.DisputeListParams", "list_disputes"),
    ("GET", r"/v1/events", "_event_list_params.EventListParams", "list_events"),
    ("GET", r"/v1/balance", "_balance_retrieve_params.BalanceRetrieveParams", "show_balance"),
    ("GET", r"/v1/webhook_endpoints", "_webhook_endpoint_list_params.WebhookEndpointListParams", "list_endpoints"),
    ("POST", r"/v1/webhook_endpoints", "_webhook_endpoint_create_params.WebhookEndpointCreateParams", "make_endpoint"),
    ("DELETE", r"/v1/webhook_endpoints/(we_\w+)", None, "drop_endpoint"),
    ("GET", r"/v1/(?:payment_intents|setup_intents|refunds|checkout/sessions)/([^/]+)", None, "find"),
]


class StripeFake(FakeVendor):
    def __init__(self) -> None:
        super().__init__()
        self.things: dict[str, Thing] = {}
        self.events: list[Thing] = []
        self.answers: dict[str, tuple[str, Reply, datetime]] = {}
        self.cards: dict[str, str] = {}  # payment method -> number
        self.refunds_take_long = False
        self._numbers = itertools.count(1)

    @property
    def env(self) -> dict[str, str]:
        return {
            "STRIPE_SECRET_KEY": SECRET,
            "STRIPE_PUBLISHABLE_KEY": PUBLISHABLE,
            "STRIPE_WEBHOOK_SECRET": SIGNING,
            "STRIPE_API_BASE": self.url,
            "STRIPE_JS_URL": f"{self.url}/js/stripe.js",
        }

    # -- calls ---------------------------------------------------------------------------------------------------
    def reply(self, call: Call) -> Reply:
        shown = stripe_browser.reply(self, call)
        if shown is not None:
            return shown
        key = call.headers.get("Idempotency-Key", "")
        said = f"{call.method} {call.path} {call.body.decode()}"
        if call.method == "POST" and self._remembers(key):
            before, reply, _at = self.answers[key]
            if before != said:
                message = "Keys for idempotent requests can only be used with the same parameters."
                return error_reply(400, "idempotency_error", message)
            return Reply(reply.status, reply.body, {**reply.headers, "Idempotent-Replayed": "true"})
        reply, keeps = self._answer(call)
        if call.method == "POST" and keeps and key:
            self.answers[key] = (said, reply, clock.now())
        return reply

    def _remembers(self, key: str) -> bool:
        """For a day, and then the same key takes, or gives back, once more."""
        return key in self.answers and clock.now() < self.answers[key][2] + timedelta(hours=24)

    def _answer(self, call: Call) -> tuple[Reply, bool]:
        """And whether the key remembers it: what was refused before anything was done is not remembered."""
        try:
            self._check_caller(call)
            for method, path, params, verb in ROUTES:
                match = re.fullmatch(path, call.path)
                if match and method == call.method:
                    return self._do(call, match, params, verb)
            raise Refused(f"Unrecognized request URL ({call.method}: {call.path}).", status=404)
        except Refused as refused:
            kind = "authentication_error" if refused.status == 401 else "invalid_request_error"
            return error_reply(refused.status, kind, refused.message, refused.code, refused.param), False

    def _check_caller(self, call: Call) -> None:
        if call.headers.get("Authorization") != f"Bearer {SECRET}":
            raise Refused("Invalid API Key provided", status=401)
        if call.headers.get("Stripe-Version") != VERSION:
            raise Refused(f"this code was written for {VERSION}, not {call.headers.get('Stripe-Version')}")
        if call.method == "POST" and not call.headers.get("Idempotency-Key"):
            raise Refused("a call that changes something came without a key of ours")

    def _do(self, call: Call, match: re.Match[str], params: str | None, verb: str) -> tuple[Reply, bool]:
        told = form(call.body) if call.method == "POST" else nested((k, v[0]) for k, v in call.query.items())
        if params is not None:
            module, _dot, name = params.rpartition(".")
            told = checked(params_class(module, name), told)
        expand = told.pop("expand", [])
        expand = list(expand.values()) if isinstance(expand, dict) else expand
        try:
            found = getattr(self, verb)(*match.groups(), **told)
        except CardRefused as refused:
            return Reply(402, {"error": refused.error(self)}), True
        return Reply(200, self.shown(found, expand), {"Request-Id": "req_fake"}), True

    def shown(self, thing: Any, expand: list[str] | tuple[str, ...] = ()) -> Any:
        """As Stripe shows it: with what is to be expanded put in the place of its name."""
        if "data" in thing and thing["object"] == "list":
            inner = [one.removeprefix("data.") for one in expand]
            return {**thing, "data": [self.shown(one, inner) for one in thing["data"]]}
        out = {name: value for name, value in thing.items() if not name.startswith("_")}
        for one in expand:
            name, _dot, rest = one.partition(".")
            if name not in out:
                raise Refused(f"This property cannot be expanded ({one}).")
            if isinstance(out[name], str):
                out[name] = self.shown(self.things[out[name]], [])
            if rest and isinstance(out[name], dict):
                out[name] = {**out[name], **self.shown(self.things[out[name]["id"]], [rest])} | {
                    key: value for key, value in out[name].items() if isinstance(value, dict) and "object" in value
                }
        return out

    # -- things --------------------------------------------------------------------------------------------------
    def new(self, prefix: str, kind: str, **values: Any) -> Thing:
        name = f"{prefix}_{next(self._numbers):08d}"
        made = {"id": name, "object": kind, "created": int(clock.now().timestamp()), "livemode": False, **values}
        self.things[name] = made
        return made

    def find(self, name: str, **_told: Any) -> Thing:
        found = self.things.get(name)
        if found is None:
            raise Refused(f"No such object: '{name}'", "resource_missing", "id", 404)
        return found

    def tell(self, kind: str, thing: Thing) -> Thing:
        values = {"type": kind, "api_version": VERSION, "data": {"object": self.shown(dict(thing))}}
        event = self.new("evt", "event", pending_webhooks=1, request={"id": None, "idempotency_key": None}, **values)
        self.events.append(event)
        return event

    def make_customer(self, **told: Any) -> Thing:
        made = self.new("cus", "customer", **{"metadata": {}, "email": None, "name": None, **told})
        self.tell("customer.created", made)
        return made

    # -- the account ---------------------------------------------------------------------------------------------
    def show_balance(self, **_told: Any) -> Thing:
        return {"object": "balance", "livemode": False, "available": [], "pending": []}

    def list_endpoints(self, **_told: Any) -> Thing:
        """Without their secrets: those are told once, when they are made."""
        found = [one for one in self.things.values() if one["object"] == "webhook_endpoint"]
        data = [{name: value for name, value in one.items() if name != "secret"} for one in found]
        return {"object": "list", "data": data, "has_more": False}

    def make_endpoint(self, *, url: str, enabled_events: list[str], **told: Any) -> Thing:
        if any(one.get("url") == url for one in self.things.values()):
            raise Refused("You may only have one webhook endpoint with this URL.")
        if not url.startswith("https://"):
            raise Refused("Invalid URL: must be an https address", param="url")
        secret = f"whsec_{next(self._numbers)}"
        return self.new("we", "webhook_endpoint", url=url, enabled_events=enabled_events, secret=secret, **told)

    def drop_endpoint(self, name: str, **_told: Any) -> Thing:
        self.find(name)
        del self.things[name]
        return {"id": name, "object": "webhook_endpoint", "deleted": True}

    def _owner(self, told: Mapping[str, Any]) -> str | None:
        customer = told.get("customer")
        if customer is not None and customer not in self.things:
            raise Refused(f"No such customer: '{customer}'", "resource_missing", "customer")
        return customer

    def make_payment(self, *, amount: int, currency: str, confirm: bool = False, **told: Any) -> Thing:
        if amount < 50:
            raise Refused("Amount must be at least €0.50 eur", "amount_too_small", "amount")
        owner, method = self._owner(told), told.get("payment_method")
        off_session = bool(told.pop("off_session", False))
        if method is not None and self.find(method)["customer"] != owner:
            raise Refused("The payment method must be attached to the customer.", "resource_missing", "payment_method")
        kept = {name: told.get(name) for name in ("description", "setup_future_usage", "payment_method")}
        made = self.new(
            "pi",
            "payment_intent",
            amount=amount,
            amount_received=0,
            currency=currency,
            customer=owner,
            metadata=told.get("metadata") or {},
            status="requires_confirmation" if method else "requires_payment_method",
            last_payment_error=None,
            latest_charge=None,
            next_action=None,
            **kept,
        )
        made["client_secret"] = f"{made['id']}_secret_x"
        self.tell("payment_intent.created", made)
        if confirm:
            self.confirm(made, self.cards[str(method)], str(method), off_session=off_session)
        return made

    def list_payments(self, *, customer: str, **_told: Any) -> Thing:
        return self._listed("payment_intent", customer=customer)

    def list_disputes(self, *, payment_intent: str, **_told: Any) -> Thing:
        return self._listed("dispute", payment_intent=payment_intent)

    def list_events(
        self,
        *,
        created: Mapping[str, int] | None = None,
        types: Sequence[str] = (),
        starting_after: str = "",
        limit: int = 10,
        **_told: Any,
    ) -> Thing:
        """Newest first, a page of them, as long as Stripe keeps them: 30 days."""
        if len(types) > 20:
            raise Refused("At most 20 types may be asked for.", "", "types")
        since = max(int((created or {}).get("gte", 0)), int(clock.now().timestamp()) - 30 * 86400)
        found = [one for one in reversed(self.events) if one["created"] >= since]
        found = [one for one in found if not types or one["type"] in types]
        if starting_after:
            found = found[[one["id"] for one in found].index(starting_after) + 1 :]
        return {"object": "list", "data": found[:limit], "has_more": len(found) > limit, "url": "/v1/events"}

    def _listed(self, kind: str, **wanted: str) -> Thing:
        mine = [one for one in self.things.values() if one["object"] == kind]
        found = [one for one in mine if all(one[name] == value for name, value in wanted.items())]
        return {"object": "list", "data": found[::-1][:100], "has_more": False, "url": f"/v1/{kind}s"}

    def make_setup(self, **told: Any) -> Thing:
        made = self.new(
            "seti",
            "setup_intent",
            customer=self._owner(told),
            metadata=told.get("metadata") or {},
            description=told.get("description"),
            usage=told.get("usage", "off_session"),
            status="requires_payment_method",
            payment_method=None,
            last_setup_error=None,
            next_action=None,
        )
        made["client_secret"] = f"{made['id']}_secret_x"
        self.tell("setup_intent.created", made)
        return made

    def make_session(self, *, mode: str, success_url: str, cancel_url: str, **told: Any) -> Thing:
        lines = told.get("line_items") or []
        if (mode == "payment") != bool(lines):
            raise Refused("line_items are for what is paid", "parameter_missing", "line_items")
        total = sum(one["price_data"]["unit_amount"] * one["quantity"] for one in lines)
        made = self.new(
            "cs_test",
            "checkout.session",
            mode=mode,
            success_url=success_url,
            cancel_url=cancel_url,
            customer=self._owner(told),
            client_reference_id=told.get("client_reference_id"),
            metadata=told.get("metadata") or {},
            amount_total=total or None,
            currency=lines[0]["price_data"]["currency"] if lines else told.get("currency"),
            status="open",
            payment_status="unpaid" if lines else "no_payment_required",
            payment_intent=None,
            setup_intent=None,
            locale=told.get("locale"),
            _told=told,
        )
        made["url"] = f"{self.url}/c/pay/{made['id']}"
        return made

    def make_refund(self, *, payment_intent: str, amount: int | None = None, **told: Any) -> Thing:
        paid = self.find(payment_intent)
        if paid["status"] != "succeeded":
            raise Refused("This PaymentIntent does not have a successful charge to refund.", "", "payment_intent")
        charge = self.things[paid["latest_charge"]]
        left = charge["amount"] - charge["amount_refunded"]
        if left == 0:
            raise Refused("Charge has already been refunded.", "charge_already_refunded")
        wanted = left if amount is None else amount
        if wanted > left:
            raise Refused("Refund amount is greater than unrefunded amount on charge", "", "amount")
        made = self.new(
            "re",
            "refund",
            amount=wanted,
            currency=paid["currency"],
            payment_intent=payment_intent,
            charge=charge["id"],
            metadata=told.get("metadata") or {},
            reason=told.get("reason"),
            status="pending" if self.refunds_take_long else "succeeded",
        )
        charge["amount_refunded"] += wanted
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
        self.tell("refund.created", made)
        self.tell("charge.refunded", charge)
        return made

    def detach(self, name: str, **_told: Any) -> Thing:
        method = self.find(name)
        if method["customer"] is None:
            raise Refused("The payment method you provided is not attached to a customer so detachment is impossible.")
        method["customer"] = None
        self.tell("payment_method.detached", method)
        return method

    def cancel(self, name: str, **_told: Any) -> Thing:
        """An intent of either kind that is not over yet. https://docs.stripe.com/api/payment_intents/cancel"""
        intent = self.find(name)
        if intent["status"] not in ("requires_payment_method", "requires_confirmation", "requires_action"):
            kind = "PaymentIntent" if intent["object"] == "payment_intent" else "SetupIntent"
            message = f"You cannot cancel this {kind} because it has a status of {intent['status']}."
            raise Refused(message, f"{intent['object']}_unexpected_state")
        intent |= {"status": "canceled", "next_action": None}
        self.tell(f"{intent['object']}.canceled", intent)
        return intent

    def expire_at_once(self, name: str, **_told: Any) -> Thing:
        if self.find(name)["status"] != "open":
            raise Refused('Only Checkout Sessions with a status in ["open"] can be expired.')
        self.expire(name)
        return self.things[name]

    # -- what the account's owner does at Stripe, and banks do with its cards --------------------------------------
    def replace_card(self, method: str, last4: str, year: int) -> None:
        self.things[method]["card"] |= {"last4": last4, "exp_year": year}
        self.tell("payment_method.automatically_updated", self.things[method])

    def remove_customer(self, name: str, *, detaches: bool = True) -> None:
        """With all that was kept for them; `detaches`: their cards say so at once. Else only the customer does."""
        self.tell("customer.deleted", self.things[name])
        self.things[name] = {"id": name, "object": "customer", "deleted": True}
        for one in self.things.values():
            if detaches and one["object"] == "payment_method" and one["customer"] == name:
                one["customer"] = None

    # -- what banks and buyers do ----------------------------------------------------------------------------------
    def card(self, number: str, customer: str | None = None) -> Thing:
        face = {"brand": "visa", "last4": number[-4:], "exp_month": 12, "exp_year": 2034, "wallet": None}
        face["fingerprint"] = f"print{number[::-1]}"
        made = self.new("pm", "payment_method", type="card", card=face, customer=customer, metadata={})
        self.cards[made["id"]] = number
        return made

    def confirm(
        self, intent: Thing, number: str, method: str, *, off_session: bool = False, asked: bool = False
    ) -> None:
        """Raises CardRefused; then the intent waits for another card."""
        intent["payment_method"] = method
        if number in (ALWAYS_ASKS, ASKS_ELSEWHERE) and not asked:
            if off_session:
                self._refuse(intent, "authentication_required", "authentication_required")
            how = "use_stripe_sdk" if number == ALWAYS_ASKS else "redirect_to_url"
            intent |= {"status": "requires_action", "next_action": {"type": how, how: {}}}
            self.tell("payment_intent.requires_action", intent)
            return
        if number in REFUSED:
            self._refuse(intent, *REFUSED[number])
        if number == FAILS_LATER and off_session:
            self._refuse(intent, "card_declined", "generic_decline")
        charge = self._charge(intent, "succeeded")
        intent |= {"status": "succeeded", "amount_received": intent["amount"], "latest_charge": charge["id"]}
        intent |= {"last_payment_error": None, "next_action": None}
        if intent["setup_future_usage"]:
            self._attach(method, intent["customer"])
        self.tell("charge.succeeded", charge)
        self.tell("payment_intent.succeeded", intent)
        if number == DISPUTED:
            self.dispute(intent["id"])

    def _attach(self, method: str, customer: str | None) -> None:
        self.things[method]["customer"] = customer
        self.tell("payment_method.attached", self.things[method])

    def _charge(self, intent: Thing, status: str) -> Thing:
        return self.new(
            "ch",
            "charge",
            amount=intent["amount"],
            amount_refunded=0,
            currency=intent["currency"],
            customer=intent["customer"],
            disputed=False,
            refunded=False,
            metadata=dict(intent["metadata"]),
            payment_intent=intent["id"],
            status=status,
        )

    def _refuse(self, intent: Thing, code: str, decline_code: str) -> None:
        error = {"type": "card_error", "code": code, "decline_code": decline_code or None, "message": "Refused."}
        charge = self._charge(intent, "failed")
        intent |= {"status": "requires_payment_method", "last_payment_error": error, "latest_charge": charge["id"]}
        intent |= {"payment_method": None, "next_action": None}
        self.tell("charge.failed", charge)
        self.tell("payment_intent.payment_failed", intent)
        raise CardRefused(intent, error)

    def pay(self, name: str, number: str = GOOD) -> Thing:
        """The buyer confirms an intent of either kind in the browser, with a card."""
        intent = self.things[name]
        method = self.card(number)["id"]
        if intent["object"] == "setup_intent":
            self._set_up(intent, number, method)
        else:
            self.confirm(intent, number, method)
        return intent

    def _set_up(self, intent: Thing, number: str, method: str, *, asked: bool = False) -> None:
        if number in REFUSED:
            code, decline_code = REFUSED[number]
            error = {"type": "card_error", "code": code, "decline_code": decline_code or None, "message": "Refused."}
            intent["last_setup_error"] = error
            self.tell("setup_intent.setup_failed", intent)
            raise CardRefused(intent, error)
        if number == ALWAYS_ASKS and not asked:
            intent |= {"status": "requires_action", "payment_method": method}
            self.tell("setup_intent.requires_action", intent)
            return
        intent |= {"status": "succeeded", "payment_method": method, "last_setup_error": None}
        self._attach(method, intent["customer"])
        self.tell("setup_intent.succeeded", intent)

    def authenticate(self, name: str, *, ok: bool) -> Thing:
        """The buyer's bank asked, and this is their answer."""
        intent = self.things[name]
        method = intent["payment_method"]
        if intent["object"] == "setup_intent":
            intent |= {} if ok else {"status": "requires_payment_method"}
            self._set_up(intent, GOOD if ok else DECLINED, method, asked=True)
        elif ok:
            self.confirm(intent, GOOD, method, asked=True)
        else:
            code = "payment_intent_authentication_failure"
            intent |= {"status": "requires_payment_method", "payment_method": None, "next_action": None}
            intent["last_payment_error"] = {"type": "invalid_request_error", "code": code, "message": "Not confirmed."}
            self.tell("payment_intent.payment_failed", intent)
        return intent

    def pay_page(self, name: str, number: str = GOOD, *, late: bool = False) -> Thing:
        """The buyer pays at the hosted page. Raises CardRefused: the page stays open. `late`: the bank takes days."""
        session = self.things[name]
        if number in REFUSED:
            code, decline_code = REFUSED[number]
            raise CardRefused(
                session, {"type": "card_error", "code": code, "decline_code": decline_code, "message": ""}
            )
        told = session["_told"]
        if session["mode"] == "setup":
            made = self.make_setup(customer=session["customer"], **told.get("setup_intent_data", {}))
            session["setup_intent"] = made["id"]
            self._set_up(made, number, self.card(number)["id"], asked=True)
        else:
            values = {
                "amount": session["amount_total"],
                "currency": session["currency"],
                "customer": session["customer"],
            }
            made = self.make_payment(**values, **told.get("payment_intent_data", {}))
            session["payment_intent"] = made["id"]
            if late:
                made |= {"status": "processing", "payment_method": self.card(number)["id"]}
                self.tell("payment_intent.processing", made)
            else:
                self.confirm(made, number, self.card(number)["id"], asked=True)
                session["payment_status"] = "paid"
        session["status"] = "complete"
        self.tell("checkout.session.completed", session)
        return session

    def settle_late(self, name: str, *, ok: bool) -> None:
        session = self.things[name]
        intent = self.things[session["payment_intent"]]
        if ok:
            self.confirm(intent, GOOD, intent["payment_method"], asked=True)
            session["payment_status"] = "paid"
            self.tell("checkout.session.async_payment_succeeded", session)
            return
        try:
            self._refuse(intent, "card_declined", "insufficient_funds")
        except CardRefused:
            self.tell("checkout.session.async_payment_failed", session)

    def expire(self, name: str) -> None:
        self.things[name] |= {"status": "expired"}
        self.tell("checkout.session.expired", self.things[name])

    def settle_refund(self, name: str, *, ok: bool) -> None:
        refund = self.things[name]
        refund["status"] = "succeeded" if ok else "failed"
        if not ok:
            self.things[refund["charge"]]["amount_refunded"] -= refund["amount"]
        self.tell("refund.updated" if ok else "refund.failed", refund)

    def dispute(self, payment_intent: str, amount: int | None = None) -> Thing:
        charge = self.things[self.things[payment_intent]["latest_charge"]]
        charge["disputed"] = True
        values = {"charge": charge["id"], "payment_intent": payment_intent, "currency": charge["currency"]}
        made = self.new(
            "du", "dispute", amount=amount or charge["amount"], reason="fraudulent", status="needs_response", **values
        )
        self.tell("charge.dispute.created", made)
        self.tell("charge.dispute.funds_withdrawn", made)
        return made

    def close_dispute(self, name: str, status: str) -> None:
        self.things[name]["status"] = status
        self.tell("charge.dispute.closed", self.things[name])
        if status == "won":
            self.tell("charge.dispute.funds_reinstated", self.things[name])

    # -- notices ---------------------------------------------------------------------------------------------------
    def notice(self, event: Thing, secret: str = SIGNING, *, age: int = 0) -> tuple[bytes, dict[str, str]]:
        """Body and headers, signed now; `age`: so many seconds ago."""
        body = json.dumps(self.shown(event), indent=2).encode()
        return body, {"Content-Type": "application/json", "Stripe-Signature": signature(body, secret, age=age)}

    def count(self, method: str, path: str) -> int:
        return sum(one.method == method and one.path == path for one in self.calls)


def signature(body: bytes, secret: str = SIGNING, *, age: int = 0) -> str:
    at = str(int(clock.now().timestamp()) - age)
    right = hmac.digest(secret.encode(), f"{at}.".encode() + body, "sha256").hex()
    return f"t={at},v1={right},v0={'0' * 64}"


class CardRefused(Exception):
    def __init__(self, intent: Thing, error: Thing) -> None:
        super().__init__(error["code"])
        self.intent, self.told = intent, error

    def error(self, fake: StripeFake) -> Thing:
        return {**self.told, self.intent["object"]: fake.shown(self.intent)}


def error_reply(status: int, kind: str, message: str, code: str = "", param: str = "") -> Reply:
    error = {"type": kind, "message": message, "code": code or None, "param": param or None}
    return Reply(status, {"error": {name: value for name, value in error.items() if value}}, {"Request-Id": "req_fake"})


Play = Callable[[StripeFake], None]

"""PayPal, as far as we use it: keeps state, takes only what its documents know, signs what it tells.

    with PayPalFake() as paypal:
        env = paypal.env
        paypal.next(DropAnswer())          # the next call is done, and its answer lost
        body, headers = paypal.notice(paypal.events[-1])

A buyer is played by `approve`, PayPal's own people by `settle`, `reverse` and `dispute`. Events are collected in
`events`, in the order in which they happened; whoever tests sends them as it likes.
"""

from __future__ import annotations

import base64
import itertools
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

from tests.fakes import paypal_signing as signing
from tests.fakes.paypal_checks import (
    ADDRESS,
    EVENT_NAMES,
    NOTHING,
    ORDER,
    REFUND,
    SIGNATURE,
    Refused,
    check,
    check_money,
    written,
)
from tests.fakes.vendor import Call, FakeVendor, Reply
from webapp import clock

CLIENT, SECRET, WEBHOOK = "client-fake", "secret-fake", "1WH00000000000000"
CERTIFICATE = "/v1/notifications/certs/CERT-360caa42"
Thing = dict[str, Any]

# What may be called: the method, the path, the shape of what is sent, and what does it.
ROUTES: list[tuple[str, str, Mapping[str, Any] | None, str]] = [
    ("POST", r"/v2/checkout/orders", ORDER, "make_order"),
    ("GET", r"/v2/checkout/orders/(\w+)", None, "show_order"),
    ("POST", r"/v2/checkout/orders/(\w+)/capture", NOTHING, "capture"),
    ("GET", r"/v2/payments/captures/(\w+)", None, "show_capture"),
    ("POST", r"/v2/payments/captures/(\w+)/refund", REFUND, "refund"),
    ("GET", r"/v2/payments/refunds/(\w+)", None, "show_refund"),
    ("GET", r"/v1/customer/disputes/([\w-]+)", None, "show_dispute"),
    ("GET", r"/v1/notifications/webhooks-events", None, "list_events"),
    ("POST", r"/v1/notifications/verify-webhook-signature", SIGNATURE, "verify"),
    ("GET", r"/v1/notifications/webhooks", None, "list_webhooks"),
    ("POST", r"/v1/notifications/webhooks", ADDRESS, "make_webhook"),
]


class PayPalFake(FakeVendor):
    routes: Sequence[tuple[str, str, Mapping[str, Any] | None, str]] = ROUTES
    without_key: tuple[str, ...] = ("verify", "make_webhook")  # verbs that PayPal knows no idempotency key of

    def __init__(self) -> None:
        super().__init__()
        self.things: dict[str, Thing] = {}
        self.events: list[Thing] = []
        self.kept: dict[tuple[str, str], tuple[bytes, str]] = {}  # by path and key: what was sent, what it made
        self.tokens: list[str] = []
        self.token_seconds = 32400
        self.refuses = ""  # the issue by which the next captures are refused
        self.holds = False  # captures are looked at by a person first
        self.refunds_take_long = False
        self.certificate_served: bytes | None = signing.pem(signing.chain())
        self._numbers = itertools.count(1)

    @property
    def env(self) -> dict[str, str]:
        return {
            "PAYPAL_CLIENT_ID": CLIENT,
            "PAYPAL_CLIENT_SECRET": SECRET,
            "PAYPAL_WEBHOOK_ID": WEBHOOK,
            "PAYPAL_API_BASE": self.url,
            "PAYPAL_SUBSCRIPTIONS": "0",
        }

    # -- calls ---------------------------------------------------------------------------------------------------
    def reply(self, call: Call) -> Reply:
        if call.path == "/v1/oauth2/token":
            return self._sign_in(call)
        if call.path == CERTIFICATE:
            served = self.certificate_served
            return Reply(404) if served is None else Reply(200, served, {"Content-Type": "application/x-pem-file"})
        if call.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            return Reply(401, {"error": "invalid_token", "error_description": "Token signature verification failed"})
        try:
            return self._answer(call)
        except Refused as refused:
            return Reply(refused.status, refused.body, {"Paypal-Debug-Id": "f00dfacefeed0"})

    def _sign_in(self, call: Call) -> Reply:
        right = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if call.headers.get("Authorization") != f"Basic {right}":
            return Reply(401, {"error": "invalid_client"})
        form = call.headers.get("Content-Type") == "application/x-www-form-urlencoded"
        if not form or parse_qs(call.body.decode()) != {"grant_type": ["client_credentials"]}:
            return Reply(400, {"error": "unsupported_grant_type"})
        self.tokens.append(f"A21-{len(self.tokens)}")
        return Reply(200, {"access_token": self.tokens[-1], "token_type": "Bearer", "expires_in": self.token_seconds})

    def _answer(self, call: Call) -> Reply:
        for method, path, schema, verb in self.routes:
            match = re.fullmatch(path, call.path)
            if match and method == call.method:
                if method == "GET":
                    return Reply(200, getattr(self, verb)(*match.groups()))
                return self._change(call, schema or NOTHING, verb, match.groups())
        raise Refused("INVALID_RESOURCE_ID", status=404)

    def _change(self, call: Call, schema: Mapping[str, Any], verb: str, named: tuple[Any, ...]) -> Reply:
        if call.headers.get("Content-Type") != "application/json":
            return Reply(415, {"name": "UNSUPPORTED_MEDIA_TYPE", "message": "No.", "details": []})
        told = call.json()
        check(schema, told)
        key = call.headers.get("PayPal-Request-Id", "")
        if verb not in self.without_key:
            if not 0 < len(key) <= 108:
                raise Refused("PAYPAL_REQUEST_ID_REQUIRED", status=400)
            known = self.kept.get((call.path, key))
            if known is not None and known[0] != call.body:
                raise Refused("DUPLICATE_REQUEST_ID")
            if known is not None:  # as it is now, which need not be as it was
                return Reply(200, self.shown(known[1]))
        made = getattr(self, verb)(*named, told) if verb != "verify" else self.verify(call.body, told)
        if made is None:
            return Reply(204)
        if "id" in made:
            self.kept[call.path, key] = (call.body, made["id"])
            return Reply(201, self.shown(made["id"]))
        return Reply(200, made)

    # -- things --------------------------------------------------------------------------------------------------
    def new(self, kind: str, name: str = "", **values: Any) -> Thing:
        made = {"id": name or f"{next(self._numbers):017d}".replace("0", "X"), "_kind": kind, **values}
        self.things[made["id"]] = made
        return made

    def find(self, name: str, *kinds: str) -> Thing:
        found = self.things.get(name)
        if found is None or found["_kind"] not in kinds:
            raise Refused("INVALID_RESOURCE_ID", status=404)
        return found

    def shown(self, name: str) -> Thing:
        thing = self.things[name]
        if thing["_kind"] == "order":
            return self.show_order(name)
        return {key: value for key, value in thing.items() if not key.startswith("_")}

    def tell(self, kind: str, resource_type: str, thing: Mapping[str, Any]) -> Thing:
        event: Thing = {
            "id": f"WH-{next(self._numbers):06d}",
            "event_version": "1.0",
            "create_time": signing.stamp(clock.now()),
            "resource_type": resource_type,
            "event_type": kind,
            "summary": kind,
            "resource": {key: value for key, value in thing.items() if not key.startswith("_")},
        }
        self.events.append(json.loads(json.dumps(event)))
        return event

    def link(self, path: str, rel: str) -> dict[str, str]:
        return {"href": f"{self.url}{path}", "rel": rel, "method": "GET"}

    # -- orders --------------------------------------------------------------------------------------------------
    def make_order(self, told: Thing) -> Thing:
        for unit in told["purchase_units"]:
            check_money(unit["amount"], "/purchase_units/amount/value")
        made = self.new("order", intent=told["intent"], status="PAYER_ACTION_REQUIRED", _captures=[], _refunds=[])
        units = [{"reference_id": "default", **unit} for unit in told["purchase_units"]]
        made |= {"purchase_units": units, "payment_source": {"paypal": {}}, "_page": told["payment_source"]["paypal"]}
        return made

    def show_order(self, name: str) -> Thing:
        order = self.find(name, "order")
        out = {key: value for key, value in order.items() if not key.startswith("_")}
        paths = [("self", f"/v2/checkout/orders/{name}"), ("payer-action", f"/checkoutnow?token={name}")]
        if order["_captures"]:
            payments = {"captures": [self.shown(one) for one in order["_captures"]]}
            if order["_refunds"]:
                payments["refunds"] = [self.shown(one) for one in order["_refunds"]]
            out["purchase_units"] = [{**out["purchase_units"][0], "payments": payments}]
            paths = paths[:1]
        return {**out, "links": [self.link(path, rel) for rel, path in paths]}

    def approve(self, name: str) -> None:
        """The buyer agrees on PayPal's page."""
        order = self.find(name, "order")
        if order["status"] != "PAYER_ACTION_REQUIRED":
            raise Refused("ORDER_ALREADY_CAPTURED")
        order["status"] = "APPROVED"
        self.tell("CHECKOUT.ORDER.APPROVED", "checkout-order", self.show_order(name))

    def expire(self, name: str) -> None:
        """Hours have passed, and nobody agreed."""
        del self.things[name]

    def capture(self, name: str, _told: Thing) -> Thing:
        order = self.find(name, "order")
        if order["status"] == "COMPLETED":
            raise Refused("ORDER_ALREADY_CAPTURED")
        if order["status"] != "APPROVED":
            raise Refused("ORDER_NOT_APPROVED")
        if self.refuses:
            raise Refused(self.refuses)
        unit = order["purchase_units"][0]
        made = self.new(
            "capture",
            status="PENDING" if self.holds else "COMPLETED",
            amount=unit["amount"],
            final_capture=True,
            custom_id=unit["custom_id"],
            invoice_id=unit["invoice_id"],
            supplementary_data={"related_ids": {"order_id": name}},
            links=[self.link(f"/v2/checkout/orders/{name}", "up")],
            _order=name,
        )
        order["status"] = "COMPLETED"
        order["_captures"].append(made["id"])
        self.tell(f"PAYMENT.CAPTURE.{made['status']}", "capture", made)
        self.tell("CHECKOUT.ORDER.COMPLETED", "checkout-order", self.show_order(name))
        return order

    def only_capture(self) -> Thing:
        return next(one for one in self.things.values() if one["_kind"] == "capture")

    def show_capture(self, name: str) -> Thing:
        """What a subscription took is shown here too, in the words of the newer interface."""
        thing = self.find(name, "capture", "sale")
        if thing["_kind"] == "capture":
            return self.shown(name)
        return {"id": name, "status": thing["state"].upper(), "amount": self._amount(thing), "final_capture": True}

    def settle(self, name: str, *, ok: bool) -> None:
        """A person at PayPal has looked at what was held."""
        capture = self.find(name, "capture")
        capture["status"] = "COMPLETED" if ok else "DECLINED"
        self.tell(f"PAYMENT.CAPTURE.{'COMPLETED' if ok else 'DENIED'}", "capture", capture)

    # -- money back ----------------------------------------------------------------------------------------------
    def refund(self, name: str, told: Thing) -> Thing:
        capture = self.find(name, "capture", "sale")
        currency = self._amount(capture)["currency_code"]
        left = check_money(self._amount(capture)) - self._given(capture)
        if not left:
            raise Refused("CAPTURE_FULLY_REFUNDED")
        amount = told.get("amount") or written(left, currency)
        if amount["currency_code"] != currency:
            raise Refused("REFUND_CAPTURE_CURRENCY_MISMATCH")
        if check_money(amount) > left:
            raise Refused("REFUND_AMOUNT_EXCEEDED")
        return self._give_back(capture, amount, told.get("custom_id"), "PENDING" if self.refunds_take_long else "")

    def _amount(self, capture: Thing) -> dict[str, str]:
        amount = capture["amount"]
        if "total" in amount:
            return {"currency_code": amount["currency"], "value": amount["total"]}
        return {"currency_code": amount["currency_code"], "value": amount["value"]}

    def _given(self, capture: Thing) -> int:
        return sum(check_money(self.things[one]["amount"]) for one in capture.get("_refunds", ()))

    def _give_back(self, capture: Thing, amount: Mapping[str, str], custom: str | None, status: str) -> Thing:
        made = self.new("refund", status=status or "COMPLETED", amount=dict(amount), _of=capture["id"])
        made["links"] = [self.link(f"/v2/payments/captures/{capture['id']}", "up")]
        if custom:
            made["custom_id"] = custom
        capture.setdefault("_refunds", []).append(made["id"])
        if "_order" in capture:
            self.things[capture["_order"]]["_refunds"].append(made["id"])
        if not status:
            self._refunded(capture, made)
        return made

    def _refunded(self, capture: Thing, refund: Thing) -> None:
        whole = self._given(capture) == check_money(self._amount(capture))
        word = "REFUNDED" if whole else "PARTIALLY_REFUNDED"
        if capture["_kind"] == "capture":
            capture["status"] = word
            self.tell("PAYMENT.CAPTURE.REFUNDED", "refund", refund)
        else:
            capture["state"] = word.lower()
            self.tell("PAYMENT.SALE.REFUNDED", "refund", {**refund, "sale_id": capture["id"]})

    def settle_refund(self, name: str, *, ok: bool) -> None:
        refund = self.find(name, "refund")
        capture = self.things[refund["_of"]]
        refund["status"] = "COMPLETED" if ok else "FAILED"
        if ok:
            self._refunded(capture, refund)
        else:
            capture["_refunds"].remove(name)
            self.tell("PAYMENT.REFUND.FAILED", "refund", refund)

    def refund_there(self, name: str, minor: int) -> Thing:
        """Somebody gives it back on PayPal's own pages."""
        capture = self.find(name, "capture", "sale")
        return self._give_back(capture, written(minor, self._amount(capture)["currency_code"]), None, "")

    def reverse(self, name: str) -> None:
        """PayPal takes all of it back from us."""
        capture = self.find(name, "capture")
        rest = written(check_money(self._amount(capture)) - self._given(capture), "EUR")
        made = self.new("refund", status="COMPLETED", amount=rest, _of=name)
        made["links"] = [self.link(f"/v2/payments/captures/{name}", "up")]
        capture["_refunds"] = [*capture.get("_refunds", []), made["id"]]
        self.things[capture["_order"]]["_refunds"].append(made["id"])
        capture["status"] = "REFUNDED"
        self.tell("PAYMENT.CAPTURE.REVERSED", "capture", capture)

    def show_refund(self, name: str) -> Thing:
        self.find(name, "refund")
        return self.shown(name)

    # -- disputes ------------------------------------------------------------------------------------------------
    def dispute(self, name: str, reason: str = "MERCHANDISE_OR_SERVICE_NOT_RECEIVED") -> str:
        capture = self.find(name, "capture", "sale")
        number = f"PP-D-{next(self._numbers)}"
        about = {"seller_transaction_id": name, "custom": capture.get("custom_id") or capture.get("custom")}
        made = self.new("dispute", number, dispute_id=number, reason=reason, status="OPEN")
        made |= {"dispute_amount": self._amount(capture), "disputed_transactions": [about]}
        self.tell("CUSTOMER.DISPUTE.CREATED", "dispute", made)
        return number

    def close_dispute(self, name: str, outcome: str) -> None:
        made = self.find(name, "dispute")
        made |= {"status": "RESOLVED", "dispute_outcome": {"outcome_code": outcome}}
        self.tell("CUSTOMER.DISPUTE.RESOLVED", "dispute", made)

    def show_dispute(self, name: str) -> Thing:
        return {key: value for key, value in self.find(name, "dispute").items() if key[0] != "_" and key != "id"}

    # -- where notices go ----------------------------------------------------------------------------------------
    def list_webhooks(self) -> Thing:
        return {"webhooks": [self.shown(name) for name, one in self.things.items() if one["_kind"] == "webhook"]}

    def make_webhook(self, told: Thing) -> Thing:
        if any(one.get("url") == told["url"] for one in self.things.values()):
            raise Refused("WEBHOOK_URL_ALREADY_EXISTS", "/url", 400)
        if not told["url"].startswith("https://"):
            raise Refused("VALIDATION_ERROR", "/url", 400)
        if not {one["name"] for one in told["event_types"]} <= EVENT_NAMES:
            raise Refused("VALIDATION_ERROR", "/event_types", 400)
        return self.new("webhook", **told)

    # -- notices -------------------------------------------------------------------------------------------------
    def list_events(self) -> Thing:
        query = self.calls[-1].query
        if not {"start_time", "end_time", "page_size"} <= set(query) and "next" not in query:
            raise Refused("INVALID_PARAMETER_VALUE", status=400)
        at = int(query.get("next", ["0"])[0])
        links = (
            []
            if at + 2 >= len(self.events)
            else [self.link(f"/v1/notifications/webhooks-events?next={at + 2}", "next")]
        )
        return {"events": self.events[at : at + 2], "count": len(self.events), "links": links}

    def notice(
        self, event: Thing, *, age: float = 0, webhook: str = WEBHOOK, by: str = ""
    ) -> tuple[bytes, dict[str, str]]:
        body = json.dumps(event, separators=(",", ":")).encode()
        transmission, at = f"69cd13f0-{event['id'][3:]}-x", signing.stamp(clock.now(), -age)
        return body, {
            "Content-Type": "application/json",
            "Paypal-Transmission-Id": transmission,
            "Paypal-Transmission-Time": at,
            "Paypal-Transmission-Sig": signing.signature(transmission, at, webhook, body, by or signing.SIGNER),
            "Paypal-Cert-Url": f"{self.url}{CERTIFICATE}",
            "Paypal-Auth-Algo": "SHA256withRSA",
        }

    def verify(self, body: bytes, told: Thing) -> Thing:
        """By the very bytes that came: written anew, its checksum would be another."""
        raw = body.partition(b'"webhook_event": ')[2][:-1]
        right = signing.signature(told["transmission_id"], told["transmission_time"], WEBHOOK, raw)
        good = right == told["transmission_sig"] and told["webhook_id"] == WEBHOOK
        good = good and told["cert_url"] == f"{self.url}{CERTIFICATE}"
        return {"verification_status": "SUCCESS" if good else "FAILURE"}

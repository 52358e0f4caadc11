"""Stands for a vendor's library on the pages of the guide: a bank that keeps its books in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class Refused(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Unreachable(Exception):
    pass


@dataclass
class Payment:
    id: str
    url: str
    amount: int
    currency: str
    asked: dict[str, Any]
    status: str = "open"
    reason: str = ""
    refunded: int = 0


BOOKS: dict[str, tuple[dict[str, Payment], dict[str, Any]]] = {}  # of each key: what it tells of is kept at the bank


class Bank:
    def __init__(self, key: str, timeout: float) -> None:
        self.key, self.timeout = key, timeout
        self.payments, self.keys = BOOKS.setdefault(key, ({}, {}))

    def open_page(self, *, amount: int, currency: str, idempotency_key: str, **asked: str) -> Payment:
        order = {"amount": amount, "currency": currency, **asked}
        known = self.keys.get(idempotency_key)
        if known is None:
            name = str(len(self.payments) + 1)
            known = Payment(name, f"https://your-bank.example/pay/{name}", amount, currency, order)
            self.payments[name] = self.keys[idempotency_key] = known
        if known.asked != order:
            raise Refused("key_reused")
        return known

    def find(self, reference: str) -> Payment:
        if reference not in self.payments:
            raise Refused("no_such_payment")
        return self.payments[reference]

    def refund(self, reference: str, amount: int, currency: str, *, idempotency_key: str) -> str:
        if idempotency_key in self.keys:
            return str(self.keys[idempotency_key])
        payment = self.find(reference)
        left = payment.amount - payment.refunded if payment.status == "paid" else 0
        if amount > left or currency != payment.currency:
            raise Refused("not_that_much")
        payment.refunded += amount
        self.keys[idempotency_key] = f"refund-{reference}-{payment.refunded}"
        return str(self.keys[idempotency_key])

    # -- what the buyer does ---------------------------------------------------------------------------------------
    def pay(self, reference: str) -> None:
        self.payments[reference].status = "paid"

    def refuse(self, reference: str) -> None:
        self.payments[reference].status, self.payments[reference].reason = "refused", "no_funds"

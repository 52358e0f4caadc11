"""The pretend bank's gateway on bad days: it declines, loses its answer, is slow, or takes the worker down with it.

    gateway = BadDays()
    gateway.next("lose", "decline")

A bad day lasts for one charge; the charges after it go as on any other day.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable

from webapp import hooks
from webapp.flows import sandbox_bank, sandbox_refunds
from webapp.gateways.base import ChargeRequest, Config, Gateway, Outcome, Verdict
from webapp.gateways.sandbox import SandboxGateway, declined


class BadDays(SandboxGateway):
    """Stands in for the sandbox gateway from the moment it is made; `charged` are the keys it was asked for."""

    def __init__(self) -> None:
        super().__init__(Config({}, "http://localhost"), bank=sandbox_bank, refunds=sandbox_refunds)
        self.charged: list[str] = []
        self.let_go = threading.Event()
        self._tricks: deque[str] = deque()
        hooks.add_filter("wu_payment_gateways", lambda ways: {**ways, "sandbox": self.make})

    @property
    def make(self) -> Callable[[Config], Gateway]:
        return self._made

    def _made(self, _config: Config) -> Gateway:
        return self

    def next(self, *tricks: str) -> None:
        """What happens to the next charges, one each: decline, lose, forget (nothing is taken), slow, kill."""
        self._tricks.extend(tricks)

    def charge(self, request: ChargeRequest) -> Outcome:
        self.charged.append(request.idempotency_key)
        trick = self._tricks.popleft() if self._tricks else ""
        if trick == "decline":
            return declined("card_declined")
        if trick == "forget":
            return Outcome(Verdict.UNKNOWN, reason="no answer")
        outcome = super().charge(request)
        if trick == "slow":
            self.let_go.wait(20)
        if trick == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        return Outcome(Verdict.UNKNOWN, reason="no answer") if trick == "lose" else outcome

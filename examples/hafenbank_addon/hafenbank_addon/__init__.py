"""An add-on that lets a network be paid through Hafenbank, an invented bank.

All that is a gateway's is in `gateway.py`; `bank.py` knows how the bank is called.
"""

from __future__ import annotations

from types import ModuleType

from flask import Flask

from hafenbank_addon.gateway import Hafenbank
from webapp.gateways import Factory

__version__ = "1.0.0"


def register(app: Flask, hooks: ModuleType) -> None:
    """Called once, at the start. Without its variables the gateway is left out, and the log says which is missing."""
    hooks.add_filter("wu_payment_gateways", add_gateway)


def add_gateway(gateways: dict[str, Factory]) -> dict[str, Factory]:
    return {**gateways, Hafenbank.id: Hafenbank}

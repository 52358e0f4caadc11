"""What the outbox benchmark's workers call: they import it as a worker imports an integration's module."""

from __future__ import annotations

import os
from functools import cache

from webapp.vendors.http import VendorHttp

HANDLER = "benchmarks.told"


def body(number: int) -> dict[str, object]:
    return {"email": f"ada{number}@example.com", "plan": "Premium", "value": 29.99, "number": number}


@cache
def vendor() -> VendorHttp:
    return VendorHttp("receiver", os.environ["RECEIVER"])


def tell(number: int) -> None:
    """A delivery: one small POST, by the client that every integration uses."""
    vendor().call("POST", "/", json_body=body(number))

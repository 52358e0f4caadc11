"""QR codes as shapes of the page itself: no image is loaded and no style is set."""

from __future__ import annotations

import segno
from markupsafe import Markup
from segno import helpers

from webapp.bank_transfers import BankAccount, to_scan
from webapp.money import Money


def of_address(address: str) -> Markup:
    """Something that a device opens."""
    return _drawn(segno.make(address, error="m", micro=False))


def of_transfer(account: BankAccount, amount: Money, reference: str) -> Markup | None:
    """What banking apps fill a transfer in from; None where they could not."""
    said = to_scan(account, amount, reference)
    return _drawn(helpers.make_epc_qr(**said, encoding="utf-8")) if said is not None else None


def _drawn(code: segno.QRCode) -> Markup:
    shapes = code.svg_inline(border=4, dark="#000", light="#fff", svgclass="qr", lineclass=None, omitsize=True)
    return Markup(shapes)  # noqa: S704 - drawn here, from numbers alone

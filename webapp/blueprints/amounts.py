"""Amounts as people type them: `29,99` and `29.99` are the same, `1.234` is what the reader's language makes of it."""

from __future__ import annotations

import re

from babel.numbers import format_decimal, get_decimal_symbol, get_group_symbol
from flask_babel import get_locale
from flask_babel import gettext as _

from webapp.errors import Invalid
from webapp.money import Money, exponent

LONGEST = 30
NOT_MEANT = re.compile(r"[\s'’]")  # what separates thousands elsewhere, and stray blanks
SHAPE = re.compile(r"-?[\d.,]*\d[\d.,]*", re.ASCII)


def read_money(text: str, currency: str) -> Money:
    """What was typed, in this currency. Raises Invalid with what to type instead."""
    plain = NOT_MEANT.sub("", text[: LONGEST + 1]).replace("−", "-")
    plain = plain.removesuffix(currency).removeprefix(currency).strip("€$£¥")
    if len(text) > LONGEST or not SHAPE.fullmatch(plain):
        raise Invalid(_("Enter an amount like %(example)s.", example=example(currency)))
    try:
        return Money.parse(_with_a_point(plain), currency)
    except ValueError as problem:
        raise Invalid(_told(currency)) from problem


def _told(currency: str) -> str:
    if exponent(currency) == 0:
        return _("Enter a whole number: %(currency)s has no decimals.", currency=currency)
    return _("Enter an amount like %(example)s.", example=example(currency))


def _with_a_point(plain: str) -> str:
    """`1.234,50` and `1,234.50` as `1234.50`. Raises ValueError.

    The last of two different signs is the one before the decimals. A sign that stands alone separates thousands only
    where it does so in the reader's language, and could.
    """
    signs = [one for one in plain if one in ".,"]
    if not signs:
        return plain
    last = signs[-1]
    if len(set(signs)) == 1 and (len(signs) > 1 or _separates(plain, last)):
        return _joined(plain, last)
    whole, decimals = plain.rsplit(last, 1)
    return f"{_joined(whole, signs[0])}.{decimals}" if len(set(signs)) > 1 else f"{whole}.{decimals}"


def _separates(plain: str, sign: str) -> bool:
    grouped = re.fullmatch(rf"-?[1-9]\d{{0,2}}{re.escape(sign)}\d{{3}}", plain, re.ASCII)
    return grouped is not None and sign == get_group_symbol(get_locale())


def _joined(plain: str, sign: str) -> str:
    """Without the signs between thousands. Raises ValueError when they stand elsewhere."""
    if not re.fullmatch(rf"-?\d{{1,3}}(?:{re.escape(sign)}\d{{3}})+", plain, re.ASCII):
        raise ValueError(f"{plain!r} is not grouped in thousands")
    return plain.replace(sign, "")


def written(amount: Money) -> str:
    """As it stands in a field: `1234,50`, with the currency's own number of decimals and no sign between thousands."""
    digits = exponent(amount.currency)
    pattern = "0." + "0" * digits if digits else "0"
    return format_decimal(amount.decimal, pattern, get_locale(), group_separator=False)


def example(currency: str) -> str:
    """`29.99`, as the reader writes it in this currency."""
    digits = exponent(currency)
    return f"29{get_decimal_symbol(get_locale())}{'9' * digits}" if digits else "29"

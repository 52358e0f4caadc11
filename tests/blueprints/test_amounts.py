"""Amounts as people type them, in both languages and every kind of currency."""

from __future__ import annotations

import pytest
from flask import Flask
from flask_babel import force_locale
from hypothesis import given
from hypothesis import strategies as st

from webapp.blueprints.amounts import read_money, written
from webapp.errors import Invalid
from webapp.money import Money


@pytest.mark.parametrize(
    ("locale", "typed", "currency", "minor"),
    [
        ("en", "29.99", "EUR", 2999),
        ("en", "29,99", "EUR", 2999),
        ("de", "29,99", "EUR", 2999),
        ("de", "29.99", "EUR", 2999),
        ("en", "1,234", "EUR", 123400),
        ("de", "1.234", "EUR", 123400),
        ("de", "1.234,50", "EUR", 123450),
        ("de", "1,234.50", "EUR", 123450),
        ("en", "1.234,50", "EUR", 123450),
        ("en", "1,234,567", "EUR", 123456700),
        ("en", "29.9", "EUR", 2990),
        ("en", "29", "EUR", 2900),
        ("en", " € 1 200.00 ", "EUR", 120000),
        ("de", "29,99\N{NO-BREAK SPACE}€", "EUR", 2999),
        ("de", "1’200,50 EUR", "EUR", 120050),
        ("en", "-10", "EUR", -1000),
        ("en", "−10.50", "EUR", -1050),
        ("en", "1,200", "JPY", 1200),
        ("de", "0,500", "EUR", 50),
        ("de", "1,234", "KWD", 1234),
        ("en", "1.234", "KWD", 1234),
        ("en", "0.001", "KWD", 1),
    ],
)
def test_what_is_typed_is_what_is_meant(app: Flask, locale: str, typed: str, currency: str, minor: int) -> None:
    with force_locale(locale):
        assert read_money(typed, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    "typed", ["", "abc", "1e3", "NaN", "Infinity", "1.2.3", "12,34,56", "1,234,5", "--5", "5-", "٣", ".", "9" * 31]
)
def test_what_is_no_amount_is_refused_with_an_example(app: Flask, typed: str) -> None:
    with force_locale("de"), pytest.raises(Invalid, match=r"29,99"):
        read_money(typed, "EUR")


@pytest.mark.parametrize(("typed", "currency"), [("29.999", "EUR"), ("1.2345", "KWD")])
def test_more_decimals_than_the_currency_has_are_never_rounded(app: Flask, typed: str, currency: str) -> None:
    with force_locale("en"), pytest.raises(Invalid):
        read_money(typed, currency)


def test_yen_have_no_decimals_and_it_is_said(app: Flask) -> None:
    with force_locale("en"), pytest.raises(Invalid, match="JPY has no decimals"):
        read_money("10.5", "JPY")


def test_what_a_field_shows_is_read_back_as_the_same(app: Flask) -> None:
    @given(st.integers(-(10**12), 10**12), st.sampled_from(["EUR", "JPY", "KWD", "CLF"]), st.sampled_from(["en", "de"]))
    def whatever_it_is(minor: int, currency: str, locale: str) -> None:
        with force_locale(locale):
            amount = Money(minor, currency)
            assert read_money(written(amount), currency) == amount

    whatever_it_is()

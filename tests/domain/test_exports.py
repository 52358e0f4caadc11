"""Cells of an export: plain where a machine reads them, harmless where a spreadsheet does."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from tests import factories
from webapp.domain import exports
from webapp.extensions import db
from webapp.models import MembershipStatus, Site
from webapp.money import Money


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+49 30 123", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "\u00a0=1", "=cmd|' /C calc'!A0"],
)
def test_text_that_could_be_a_formula_is_text(text: str) -> None:
    assert exports.cell(text) == f"'{text}"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, ""),
        (Money(-2999, "EUR"), "-29.99"),
        (Money(500, "JPY"), "500"),
        (Money(1234567, "BHD"), "1234.567"),
        (12, "12"),
        (-3, "-3"),
        (True, "yes"),
        (MembershipStatus.ON_HOLD, "on-hold"),
        (datetime(2027, 1, 31, 10, 5, 7, 123, tzinfo=UTC), "2027-01-31T10:05:07Z"),
        ("Ünal & Söhne", "Ünal & Söhne"),
        ("a\0b", "ab"),
    ],
)
def test_what_is_no_text_is_written_plainly(value: Any, written: str) -> None:
    assert exports.cell(value) == written


def test_lines_are_read_back_as_they_were() -> None:
    row = ['say "hi"', "a,b", "two\r\nlines", "", "ö"]
    text = exports.lines([row, ["1"]])
    assert text == '"say ""hi""","a,b","two\r\nlines",,ö\r\n1\r\n'
    assert list(csv.reader(io.StringIO(text, newline=""))) == [row, ["1"]]


def test_of_a_site_made_elsewhere_its_name_and_address_there_are_told(app: Flask) -> None:
    agreement = factories.active_membership()
    far = {"provisioner": "webhook", "made_as": "h-1", "address": "https://bakery.hosting.example/"}
    facts = {"customer": agreement.customer, "membership": agreement, "slug": "bakery", "title": "Bakery", **far}
    site = factories.save(lambda: Site(**facts))
    sheet = exports.SHEETS["sites"]
    header, (row, number) = sheet.header(), sheet.rows(db.session(), [site.id])
    assert header.strip().endswith("Made by,Called there,Address there")
    assert (row.strip().endswith(",webhook,h-1,https://bakery.hosting.example/"), number) == (True, 1)

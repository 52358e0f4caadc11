from __future__ import annotations

import pytest

from webapp.domain import email_typos


@pytest.mark.ux("C6")
@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ada@gmial.com", "ada@gmail.com"),  # changed places
        ("ada@gmal.com", "ada@gmail.com"),  # missing
        ("ada@gmaill.com", "ada@gmail.com"),  # too many
        ("ada@hotmsil.com", "ada@hotmail.com"),  # another
        ("ada@gmail.con", "ada@gmail.com"),
        ("ada@gmial.cmo", "ada@gmail.com"),
        ("ada@t-onlin.de", "ada@t-online.de"),
        ("ada@gmail,com", "ada@gmail.com"),
        ("ada@fastmail.co", "ada@fastmail.com"),
        ("Ada.B@GMIAL.com", "Ada.B@gmail.com"),
        ("ada@bakery.con", "ada@bakery.com"),
    ],
)
def test_a_slip_of_the_fingers_is_understood(typed: str, meant: str) -> None:
    assert email_typos.meant(typed) == meant


@pytest.mark.ux("C6")
@pytest.mark.parametrize(
    "typed",
    [
        *(f"ada@{known}" for known in email_typos.KNOWN),
        "ada@bakery.example",
        "ada@GMAIL.com",
        "ada@wob.de",
        "ada@mg.de",
        "ada@con",
        "gmial.com",
        "@gmial.com",
        "ada@",
        "",
    ],
)
def test_what_is_right_or_rare_is_left_alone(typed: str) -> None:
    assert email_typos.meant(typed) == ""

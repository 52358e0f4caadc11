"""One mailbox, however its address is written."""

from __future__ import annotations

import pytest

from webapp.mailboxes import mailbox


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (" Ada@Example.COM ", "ada@example.com"),
        ("ada+shop@example.com", "ada@example.com"),
        ("ada+a+b@example.com", "ada@example.com"),
        ("a.d.a@example.com", "a.d.a@example.com"),
        ("ada-shop@example.com", "ada-shop@example.com"),
        ("A.d.a+x@gmail.com", "ada@gmail.com"),
        ("ada@googlemail.com", "ada@gmail.com"),
        ("ada@mail.google.com", "ada@mail.google.com"),
        ("+ada@example.com", "+ada@example.com"),
        ("ada@Müller.de", "ada@xn--mller-kva.de"),
        ('"a@b"@example.com', '"a@b"@example.com'),
        ("ada@" + "ü" * 70 + ".de", "ada@" + "ü" * 70 + ".de"),
        ("nothing", "@nothing"),
    ],
)
def test_ways_to_write_an_address(address: str, expected: str) -> None:
    assert mailbox(address) == expected
    assert mailbox(expected) == expected

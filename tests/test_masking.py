"""What others sent is shown without what must stay secret."""

from __future__ import annotations

from webapp.masking import MASK, masked


def test_what_sounds_secret_is_taken_out_at_any_depth() -> None:
    sent = {"id": "ch_1", "client_secret": "x", "card": {"cvc": "123", "brand": "visa"}, "list": [{"API-Key": "k"}]}
    assert masked(sent) == {
        "id": "ch_1",
        "client_secret": MASK,
        "card": {"cvc": MASK, "brand": "visa"},
        "list": [{"API-Key": MASK}],
    }


def test_what_is_empty_or_plain_stays_as_it_came() -> None:
    assert masked({"token": None, "amount": 2999, "company": "Span", "lines": ["a"]}) == {
        "token": None,
        "amount": 2999,
        "company": "Span",
        "lines": ["a"],
    }

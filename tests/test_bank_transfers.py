"""The reference of a transfer, and what banks make of an account."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from segno import helpers

from webapp.bank_transfers import BankAccount, Terms, fill, payment_id, read_bic, read_iban, reference_of, to_scan
from webapp.money import Money

IDS = st.integers(min_value=1, max_value=10**12)
ACCOUNT = BankAccount("Ada & Söhne GmbH", "DE02120300000000202051", "BYLADEM1001", "Example Bank")


@given(IDS)
def test_a_reference_names_one_payment_however_a_bank_writes_it(number: int) -> None:
    reference = reference_of(f"{number:06d}")
    spaced = " ".join(reference[at : at + 4] for at in range(0, len(reference), 4))
    assert payment_id(reference) == payment_id(spaced) == payment_id(reference.lower()) == number
    assert len(reference) <= 25  # as ISO 11649 has it


@given(IDS, st.data())
def test_a_digit_that_was_mistyped_names_none(number: int, data: st.DataObject) -> None:
    reference = reference_of(f"{number:06d}")
    at = data.draw(st.integers(min_value=2, max_value=len(reference) - 1))
    other = data.draw(st.sampled_from([one for one in "0123456789" if one != reference[at]]))
    assert payment_id(reference[:at] + other + reference[at + 1 :]) is None


@given(IDS, st.data())
def test_neighbours_that_changed_places_name_none(number: int, data: st.DataObject) -> None:
    reference = reference_of(f"{number:06d}")
    at = data.draw(st.integers(min_value=4, max_value=len(reference) - 2))
    swapped = reference[:at] + reference[at + 1] + reference[at] + reference[at + 2 :]
    assert swapped == reference or payment_id(swapped) is None


@pytest.mark.parametrize("text", ["", "RF", "000042", "RF00000042", "RF34ABC", "RF34 0000 42 thanks", "RF" + "9" * 40])
def test_what_is_no_reference_names_none(text: str) -> None:
    assert payment_id(text) is None


def test_where_nothing_was_ordered_there_is_none() -> None:
    assert reference_of("") == reference_of("none") == ""


def test_an_iban_is_read_as_people_type_it() -> None:
    assert read_iban(" de02 1203 0000 0000 2020 51 ") == "DE02120300000000202051"
    assert BankAccount("Ada", "DE02120300000000202051").printed == "DE02 1203 0000 0000 2020 51"


@pytest.mark.parametrize("text", ["DE02120300000000202052", "DE0212030000000020205", "XX02120300000000202051", "2020"])
def test_one_with_a_slip_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_iban(text)


def test_a_bic_has_its_shape() -> None:
    assert read_bic("byladem1001") == "BYLADEM1001"
    for text in ("BYLADEM100", "12345678", "BYLADEM"):
        with pytest.raises(ValueError, match=r"."):
            read_bic(text)


def test_the_picture_says_what_banking_apps_read() -> None:
    said = to_scan(ACCOUNT, Money(2999, "EUR"), "RF34000042")
    assert said is not None
    data = helpers._make_epc_qr_data(**said, encoding="utf-8").decode().splitlines()
    assert data[:4] == ["BCD", "002", "1", "SCT"]
    assert data[4:8] == ["BYLADEM1001", "Ada & Söhne GmbH", "DE02120300000000202051", "EUR29.99"]
    assert data[-1] == "RF34000042"


def test_there_is_none_for_what_no_app_could_pay() -> None:
    for amount, reference in ((Money(2999, "USD"), "RF34000042"), (Money(0, "EUR"), "RF34000042")):
        assert to_scan(ACCOUNT, amount, reference) is None
    assert to_scan(ACCOUNT, Money(10**12, "EUR"), "RF34000042") is None
    assert to_scan(ACCOUNT, Money(2999, "EUR"), "") is None


def test_each_of_two_wordings_stands_in_for_the_other() -> None:
    terms = Terms(wordings={"en": "Quote it.", "de": "Bitte angeben."})
    assert (terms.wording("de"), terms.wording("fr")) == ("Bitte angeben.", "Quote it.")
    assert Terms(wordings={"en": "", "de": "Nur das."}).wording("en") == "Nur das."
    assert Terms().wording("en") == ""


def test_what_is_filled_in_is_no_placeholder_itself() -> None:
    assert fill("{{reference}}, {{ amount }}", {"amount": "{{ reference }}", "reference": "RF1"}) == (
        "RF1, {{ reference }}"
    )

"""The language a person chose is kept wherever one looks for it."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from tests import factories
from webapp.domain import languages
from webapp.errors import Invalid
from webapp.models import Customer
from webapp.transactions import unit_of_work


def test_the_customer_is_written_to_in_the_language_of_their_pages(db: Session) -> None:
    number = factories.customer().id
    with unit_of_work("test") as session:
        languages.choose(session.get_one(Customer, number).user, "de")
    customer = db.get_one(Customer, number)
    assert (customer.user.locale, customer.locale) == ("de", "de")


def test_a_language_we_do_not_speak_is_refused(db: Session) -> None:
    number = factories.customer().id
    with pytest.raises(Invalid), unit_of_work("test") as session:
        languages.choose(session.get_one(Customer, number).user, "xx")

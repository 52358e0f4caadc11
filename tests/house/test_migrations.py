"""A network that has customers is brought to a new version with everything that is in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import func, select, text

from tests import factories
from webapp import clock, create_app
from webapp.domain import trial_claims
from webapp.extensions import db as database
from webapp.models import Customer, Membership, NameWord, PriceVariation, Product, TrialClaim
from webapp.settings import Settings

BEFORE_TRIAL_CLAIMS = "a91c5e7d20f4"
BEFORE_BATCHES = "d93b5e7a10c6"  # what follows copies tables that others refer to
COUNTED = (Customer, Membership, NameWord, PriceVariation, Product)


@pytest.fixture
def old_network(settings: Settings, tmp_path: Path) -> Iterator[Flask]:
    own = replace(settings, database_url=f"sqlite:///{tmp_path}/old.sqlite", instance=tmp_path)
    app = create_app(own)
    with app.app_context():
        upgrade()
        yield app
        database.session.remove()


def counts() -> dict[str, int]:
    found = {kind.__tablename__: database.session.scalar(select(func.count()).select_from(kind)) for kind in COUNTED}
    database.session.rollback()
    return found


def test_tables_that_others_refer_to_are_changed_with_their_rows(old_network: Flask) -> None:
    plan = factories.product(name="Premium", year=9900)
    ada = factories.customer(display_name="Ada Lovelace", company_name="Engines Ltd")
    factories.active_membership(customer=ada, plan=plan)
    before, number = counts(), ada.id
    assert before["name_words"] >= 4
    database.session.remove()
    downgrade(revision=BEFORE_BATCHES)
    upgrade()
    assert counts() == before
    words = database.session.scalars(select(NameWord.word).where(NameWord.customer_id == number)).all()
    assert set(words) == {"ada", "lovelace", "engines", "ltd"}
    assert database.session.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_who_had_a_trial_is_known_in_a_network_that_is_brought_up_to_date(old_network: Flask) -> None:
    emails = ("A.da@gmail.com", "ada+2@googlemail.com", "grace@example.com", "never@example.com")
    people = [factories.customer(user=factories.user(email=one)) for one in emails]
    for one in people[:3]:
        factories.active_membership(customer=one, activated_at=clock.now(), trial_ends_at=clock.now())
    factories.membership(customer=people[3], trial_ends_at=clock.now())
    database.session.remove()
    downgrade(revision=BEFORE_TRIAL_CLAIMS)
    upgrade()
    mailboxes = database.session.scalars(select(Customer.mailbox).order_by(Customer.id)).all()
    assert mailboxes == ["ada@gmail.com", "ada@gmail.com", "grace@example.com", "never@example.com"]
    assert database.session.scalar(select(func.count()).select_from(TrialClaim)) == 3 + 2
    had = [trial_claims.had_by(one) for one in ("ad.a@gmail.com", "grace@example.com", "never@example.com")]
    assert had == [True, True, False]
    assert all(isinstance(one.created_at, datetime) for one in database.session.scalars(select(TrialClaim)))

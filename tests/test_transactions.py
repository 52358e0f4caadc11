"""One operation, one transaction: on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import threading

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from tests import factories
from webapp import hooks
from webapp.extensions import db as database
from webapp.models import Customer, Product
from webapp.transactions import closing_unit, reading, unit_of_work
from webapp.unit import NoUnitOfWork, current


def count(session: Session, kind: type) -> int:
    return session.scalar(select(func.count()).select_from(kind)) or 0


def test_a_rolled_back_unit_leaves_nothing_even_when_it_began_with_a_savepoint(db: Session) -> None:
    with pytest.raises(ZeroDivisionError), unit_of_work() as session:
        with session.begin_nested():
            session.add(Product(slug="a", name="A", currency="EUR"))
        with database.engine.connect() as other:
            assert other.execute(text("SELECT count(*) FROM products")).scalar() == 0
        raise ZeroDivisionError
    assert count(db, Product) == 0


def test_what_follows_the_commit_starts_after_it_and_cannot_spoil_it(db: Session) -> None:
    seen = []

    def look() -> None:
        with database.engine.connect() as other:
            seen.append(other.execute(text("SELECT count(*) FROM products")).scalar())
        raise RuntimeError("must not reach the caller")

    with unit_of_work() as session:
        current().after_commit(look)
        with session.begin_nested():
            session.add(Product(slug="a", name="A", currency="EUR"))
        assert seen == []
    assert seen == [1]


def test_what_follows_the_commit_is_dropped_with_a_rollback(db: Session) -> None:
    seen: list[int] = []
    with pytest.raises(ZeroDivisionError), unit_of_work():
        current().after_commit(lambda: seen.append(1))
        raise ZeroDivisionError
    assert seen == []


def test_units_do_not_nest(app: Flask) -> None:
    with unit_of_work(), pytest.raises(RuntimeError, match="nest"), unit_of_work():
        pass


def test_a_change_outside_of_a_unit_is_noticed(db: Session) -> None:
    product = factories.product()
    product.name = "changed"
    with pytest.raises(RuntimeError, match="outside"), unit_of_work():
        pass
    db.rollback()


def test_a_read_that_is_open_does_not_lock_the_writer_out(db: Session) -> None:
    """A deferred transaction that read before another one wrote could not write any more."""
    product = factories.product(name="old")
    assert db.get(Product, product.id).name == "old"
    change_elsewhere("UPDATE products SET name = 'newer'")
    with unit_of_work() as session:
        found = session.get(Product, product.id)
        assert found is not None
        assert found.name == "newer"
        found.description = "written"
    assert database.session.scalar(select(Product.description)) == "written"


def change_elsewhere(statement: str) -> None:
    with database.engine.begin() as other:
        other.execute(text(statement))


def test_two_writers_take_turns(app: Flask, db: Session) -> None:
    product_id = factories.product(list_order=0).id

    def add_many() -> None:
        with app.app_context():
            for _ in range(20):
                with unit_of_work() as session:
                    product = session.get(Product, product_id, with_for_update=True, populate_existing=True)
                    assert product is not None
                    product.list_order += 1

    threads = [threading.Thread(target=add_many) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    db.rollback()
    assert db.get(Product, product_id).list_order == 80


def test_a_callback_cannot_commit_the_operation_it_was_called_from(db: Session) -> None:
    def commit(customer: Customer) -> None:
        database.session.commit()

    hooks.add_action("wu_customer_post_create", commit)
    factories.registered("ada@example.com")
    assert count(db, Customer) == 1
    assert "commits" in hooks.registry.actions["wu_customer_post_create"].callbacks[-1].figures.last_error


def test_hooks_of_ours_fire_only_inside_a_unit(app: Flask) -> None:
    with pytest.raises(NoUnitOfWork):
        hooks.do_action("wu_customer_post_create", None)


def test_reading_holds_no_transaction_and_keeps_changes_for_the_closing_unit(db: Session) -> None:
    customer = factories.customer()
    customer_id = customer.id
    with reading() as session:
        found = session.get(Customer, customer_id)
        assert found is not None
        found.meta["crm_contact_id"] = "42"
        found.display_name = "Changed"
        change_elsewhere("UPDATE products SET name = 'nobody is locked out'")
        assert scalar_elsewhere("SELECT count(*) FROM meta") == 0
    with closing_unit():
        assert scalar_elsewhere("SELECT count(*) FROM meta") == 0
    assert scalar_elsewhere("SELECT count(*) FROM meta") == 1
    assert scalar_elsewhere("SELECT display_name FROM customers") == "Changed"


def scalar_elsewhere(statement: str) -> object:
    with database.engine.connect() as other:
        return other.execute(text(statement)).scalar()

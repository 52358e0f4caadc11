"""The words of customers' names, each found by its beginning: no index of a whole name finds a surname."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, String, delete, event, insert, inspect
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from webapp.extensions import Model
from webapp.models.people import Customer

LONGEST_WORD = 80
NAMES = ("display_name", "company_name")


class NameWord(Model):
    """A word of one customer's name or company, in lower case and no longer than is typed to find it."""

    __tablename__ = "name_words"
    __table_args__ = (
        Index("ix_name_words_word", "word", "customer_id", postgresql_ops={"word": "varchar_pattern_ops"}),
    )

    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), primary_key=True)
    word: Mapped[str] = mapped_column(String(LONGEST_WORD), primary_key=True)


def words_of(*names: str) -> list[str]:
    """Each once, as they are kept and looked for: `Anna Müller` is `anna` and `müller`."""
    return list(dict.fromkeys(one[:LONGEST_WORD] for name in names for one in name.lower().split()))


@event.listens_for(Customer, "after_insert")
def keep_words(_mapper: Mapper[Any], connection: Connection, customer: Customer) -> None:
    words = words_of(customer.display_name, customer.company_name)
    if words:
        connection.execute(insert(NameWord), [{"customer_id": customer.id, "word": one} for one in words])


@event.listens_for(Customer, "after_update")
def keep_other_words(mapper: Mapper[Any], connection: Connection, customer: Customer) -> None:
    """In the transaction of the change, whoever made it."""
    attributes = inspect(customer).attrs
    if any(attributes[name].history.has_changes() for name in NAMES):
        connection.execute(delete(NameWord).where(NameWord.customer_id == customer.id))
        keep_words(mapper, connection, customer)

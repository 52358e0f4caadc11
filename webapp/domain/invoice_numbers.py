"""The numbers of invoices: one sequence for each legal entity, without a gap and without a double.

The row of the sequence is locked from the drawing of a number to the commit, so a number that is rolled back is the
next one's. That is why numbers are drawn last of all in a unit (`Unit.close_with`), all of a unit's by one statement.
"""

from __future__ import annotations

import re
from datetime import date
from typing import cast

from flask_babel import gettext as _
from sqlalchemy import Table, bindparam, case, select, update
from sqlalchemy.orm import Session

from webapp.extensions import db, dialect_name
from webapp.models import InvoiceSequence
from webapp.models.inserts import INSERTS

ENTITY = "network"  # there is one legal entity: who runs the network
SEQUENCES = cast(Table, InvoiceSequence.__table__)
NUMBER = "%NUMBER%"
TOKEN = re.compile("%(YEAR|MONTH|DAY|NUMBER)%")
LONGEST = 40
# Every sale draws one: built once, for that takes longer than the drawing.
FIRST, NEXT = bindparam("first", type_=SEQUENCES.c.next_number.type), SEQUENCES.c.next_number
DRAWN = (
    update(SEQUENCES)
    .where(SEQUENCES.c.entity == ENTITY)
    .values(next_number=case((NEXT < FIRST, FIRST), else_=NEXT) + bindparam("count", type_=NEXT.type))
    .returning(NEXT)
)


def draw(session: Session, count: int, *, first: int = 1) -> range:
    """The next `count` numbers, from `first` on at least. Whoever comes after waits until this unit has ended."""
    connection, wanted = session.connection(), {"first": first, "count": count}
    after = connection.execute(DRAWN, wanted).scalar()
    if after is None:
        begin = INSERTS[dialect_name()](SEQUENCES).values(entity=ENTITY, next_number=1)
        connection.execute(begin.on_conflict_do_nothing(index_elements=["entity"]))
        after = connection.execute(DRAWN, wanted).scalar_one()
    return range(after - count, after)


def upcoming() -> int:
    """The number that the sequence stands at."""
    return db.session.execute(select(SEQUENCES.c.next_number).where(SEQUENCES.c.entity == ENTITY)).scalar() or 1


def written(pattern: str, number: int, day: date) -> str:
    """As it is printed: `2026-1042` by the pattern `%YEAR%-%NUMBER%` and the day of issue."""
    values = {"YEAR": f"{day:%Y}", "MONTH": f"{day:%m}", "DAY": f"{day:%d}", "NUMBER": str(number)}
    return TOKEN.sub(lambda found: values[found[1]], pattern)


def fault_of(pattern: str) -> str:
    """What is wrong with it, in a sentence; nothing when it can be used."""
    rest = TOKEN.sub("", pattern)
    if pattern.count(NUMBER) != 1:
        return _("The pattern needs %(token)s once.", token=NUMBER)
    if re.search(r"[0-9]%NUMBER%|%NUMBER%[0-9]|(YEAR|MONTH|DAY)%%NUMBER%|%NUMBER%%(YEAR|MONTH|DAY)", pattern):
        return _("Separate the number from other digits, so that no two invoices look the same.")
    if len(pattern) > LONGEST or not re.fullmatch(r"[A-Za-z0-9 ./_#-]*", rest):
        return _("Use letters, digits and the signs - / . _ # only.")
    return ""

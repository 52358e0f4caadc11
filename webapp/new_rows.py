"""New rows, each written by one INSERT in the order in which they were kept.

A sale makes rows of many kinds, always in the same order: working that order out again, as the ORM's unit of work does
at each flush, takes longer than writing them. What a row refers to must be kept before it. Rows that the ORM knows
something about that a plain INSERT does not are left to the ORM. See docs/decisions/0010-new-rows-in-order.md.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from sqlalchemy import Insert, Table, event, inspect
from sqlalchemy.orm import Mapper, RelationshipDirection, Session, SessionTransaction, make_transient_to_detached
from sqlalchemy.orm.attributes import get_history, set_committed_value

from webapp import unit
from webapp.unit import Note


def keep(*rows: Any) -> None:
    """Have the open unit write these rows at its next flush: before any query, any callback, and its end."""
    work = unit.current()
    for row in rows:
        if _is_expected(row):
            work.session.add(row)
        else:
            work.rows.append(row)


def _is_expected(row: Any) -> bool:
    """Whether it has been added to the collection of a row that the session has, and will ask for it."""
    held, session = vars(row), unit.current().session
    mirrored = [name for name in shape_of(row).mirrored if held.get(name) is not None and held[name] in session]
    return any(get_history(row, name).added for name in mirrored)


def refer(row: Any, **others: Any) -> None:
    """Let a new row refer to others without a change to those: nothing of them is to be written because of it."""
    for name, other in others.items():
        set_committed_value(row, name, other)
    _connect(row)


@dataclass(frozen=True, slots=True)
class Shape:
    """How rows of one kind are written. `parents`: relationship, own attribute, the other's attribute; `listeners`:
    those who are told of each row that the ORM inserts, such as the ledger."""

    mapper: Mapper[Any]
    listeners: Callable[..., None]
    insert: Insert
    key: str
    columns: tuple[str, ...]
    made: tuple[tuple[str, Callable[[Any], Any]], ...]
    parents: tuple[tuple[str, str, str], ...]
    mirrored: tuple[str, ...]
    one_sided: tuple[str, ...]
    version: str | None


def shape_of(row: Any) -> Shape:
    return _shape(cast(Hashable, type(row)))


@cache
def _shape(kind: Hashable) -> Shape:
    mapper: Mapper[Any] = inspect(cast(type[Any], kind))
    columns = [one for one in mapper.column_attrs if not one.columns[0].primary_key]
    made = [(one.key, one.columns[0].default.arg) for one in columns if _is_called(one.columns[0].default)]
    upwards = [one for one in mapper.relationships if one.direction is RelationshipDirection.MANYTOONE]
    parents = [
        (one.key, mapper.get_property_by_column(own).key, one.mapper.get_property_by_column(other).key)
        for one in upwards
        for own, other in one.local_remote_pairs or ()
    ]
    downwards = [one for one in mapper.relationships if one not in upwards and not one.viewonly]
    version = mapper.version_id_col
    return Shape(
        mapper=mapper,
        listeners=mapper.dispatch.after_insert,
        insert=cast(Table, mapper.local_table).insert(),
        key=mapper.get_property_by_column(mapper.primary_key[0]).key,
        columns=tuple(one.key for one in columns),
        made=tuple(made),
        parents=tuple(parents),
        mirrored=tuple(one.key for one in upwards if one.back_populates),
        one_sided=tuple(one.key for one in downwards if not one.back_populates),
        version=mapper.get_property_by_column(version).key if version is not None else None,
    )


def _is_called(default: Any) -> bool:
    return default is not None and bool(default.is_callable)


def write(session: Session, rows: Sequence[Any]) -> None:
    """Write them, and let the session have them as if they had been read."""
    rows = [row for row in rows if inspect(row).transient]  # the others the ORM has met on its way
    if all(map(fits, rows)):
        connection = session.connection()
        for row in rows:
            _insert(connection, row)
        _remember(session, rows)
    else:
        for row in rows:
            _connect(row)
    for row in reversed(rows):  # the last refers to most others, and brings them along
        if row not in session:
            session.add(row)


def fits(row: Any) -> bool:
    """Whether a plain INSERT is enough: nothing hangs on it that only the ORM would connect."""
    held = vars(row)
    return not any(held.get(name) for name in shape_of(row).one_sided)


def _connect(row: Any) -> None:
    """Take over the ids of the rows that it refers to, as far as they have one."""
    held = vars(row)
    for name, own, other in shape_of(row).parents:
        if held.get(name) is not None:
            held[own] = getattr(held[name], other)


def _insert(connection: Any, row: Any) -> None:
    _connect(row)
    shape, held = shape_of(row), vars(row)
    for name, make in shape.made:
        if held.get(name) is None:
            held[name] = make(None)
    if shape.version is not None:
        held[shape.version] = 1
    result = connection.execute(shape.insert, {name: held[name] for name in shape.columns if name in held})
    held[shape.key] = result.inserted_primary_key[0]
    for name in shape.columns:
        held.setdefault(name, None)
    make_transient_to_detached(row)
    shape.listeners(shape.mapper, connection, inspect(row))


def write_notes(session: Session, notes: Sequence[Note]) -> list[Note]:
    """Those whose row is written, each table's by one statement; the others are given back."""
    ready: dict[Table, list[dict[str, Any]]] = {}
    waiting: list[Note] = []
    for note in notes:
        number = note.about.id if note.about is not None else None
        if note.about is not None and number is None:
            waiting.append(note)
        else:
            values = note.values if number is None else {**note.values, "object_id": number}
            ready.setdefault(note.table, []).append(values)
    for table, rows in ready.items():
        session.connection().execute(table.insert(), rows)
    return waiting


# -- what is rolled back was never written ---------------------------------------------------------------------------
WRITTEN = "rows written in this transaction"


def _remember(session: Session, rows: Sequence[Any]) -> None:
    transaction = session.get_nested_transaction() or session.get_transaction()
    session.info.setdefault(WRITTEN, []).extend((transaction, row) for row in rows)


def are_safe(session: Session) -> None:
    """The session has committed."""
    session.info.pop(WRITTEN, None)


@event.listens_for(Session, "after_soft_rollback")
def forget(session: Session, rolled_back: SessionTransaction) -> None:
    """The session must not take them for rows that are there, nor their ids for taken."""
    written, kept = session.info.pop(WRITTEN, []), []
    for transaction, row in written:
        if not _is_within(transaction, rolled_back):
            kept.append((transaction, row))
        elif row in session:
            session.expunge(row)
    session.info[WRITTEN] = kept


def _is_within(transaction: SessionTransaction | None, outer: SessionTransaction) -> bool:
    while transaction is not None and transaction is not outer:
        transaction = transaction.parent
    return transaction is outer

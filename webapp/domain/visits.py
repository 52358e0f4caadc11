"""How often people look at pages of sites, by the calendar month: gathered in each process, written down by batches.

Nothing is written where a page is served; `flows/watching.py` adds what a process has counted to the rows every few
seconds. What a process that is killed had counted since is lost.
"""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

from sqlalchemy import ScalarSelect, select
from sqlalchemy.orm import Session

from webapp import clock
from webapp.models import Site, SiteStatus, SiteVisits
from webapp.models.inserts import INSERTS

Key = tuple[int, int]  # site, month
_one = threading.Lock()
_counted: Counter[Key] = Counter()


def month_now() -> int:
    """202701, of UTC."""
    now = clock.now()
    return now.year * 100 + now.month


def note(site_id: int) -> None:
    """A page of this site was shown to somebody. Asks and writes nothing."""
    with _one:
        _counted[site_id, month_now()] += 1


def take() -> Counter[Key]:
    """What this process has counted since the last time."""
    with _one:
        taken = Counter(_counted)
        _counted.clear()
    return taken


def give_back(counted: Counter[Key]) -> None:
    """It could not be written: it waits for the next time."""
    with _one:
        _counted.update(counted)


def write(session: Session, counted: Counter[Key]) -> None:
    """Add it to the rows, in one order in all processes; not of a site whose rows were deleted meanwhile."""
    asked = {site_id for site_id, _month in counted}
    gone = set(session.scalars(select(Site.id).where(Site.id.in_(asked), Site.status == SiteStatus.DELETED)))
    insert = INSERTS[session.get_bind().dialect.name]
    for (site_id, month), number in sorted(counted.items()):
        if site_id in gone:
            continue
        row = insert(SiteVisits).values(site_id=site_id, month=month, visits=number)
        more = {"visits": SiteVisits.visits + row.excluded.visits}
        session.execute(row.on_conflict_do_update(index_elements=["site_id", "month"], set_=more))


def this_month(site_id: Any) -> ScalarSelect[Any]:
    """For a query: what is written down of a site in this month."""
    found = select(SiteVisits.visits).where(SiteVisits.site_id == site_id, SiteVisits.month == month_now())
    return found.scalar_subquery()

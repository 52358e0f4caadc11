"""What a site's provisioner is asked, by whom it is made, and what becomes of the site whatever it answers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select

from tests import factories
from tests.conftest import TurnedClock
from webapp import hooks
from webapp.domain import claims, network, site_archive, site_jobs, site_keeping, sites
from webapp.domain.site_jobs import HANDLER
from webapp.extensions import db as database
from webapp.flows import provisioning, relaying
from webapp.models import Delivery, DeliveryStatus, Membership, MembershipStatus, Site, SiteStatus
from webapp.outgoing import PermanentFailure, TryLater
from webapp.provisioners import provisioners
from webapp.provisioners.base import NAME_TAKEN, Answer, Base, Job, Progress, Standing, State
from webapp.transactions import unit_of_work

LEASE = timedelta(minutes=1)
DONE, WAITING = Answer(Progress.DONE), Answer(Progress.WAITING)
MADE = Answer(Progress.DONE, "https://bakery.far.example/", "far-1")
S = SiteStatus
OURS = ["built-in", "webhook"]


class Far(Base):
    """A provisioner of an add-on that answers what the test says, and remembers what it was asked."""

    id = "far"
    title = "Far away"

    def __init__(self) -> None:
        self.asked: list[tuple[str, Job]] = []
        self.answers: list[Any] = []  # the next ones; then it does what it is asked for
        self.standing: Any = Standing(State.WORKING)

    def create(self, job: Job) -> Answer:
        return self.take("create", job, MADE)

    def suspend(self, job: Job) -> Answer:
        return self.take("suspend", job, DONE)

    def resume(self, job: Job) -> Answer:
        return self.take("resume", job, DONE)

    def delete(self, job: Job) -> Answer:
        return self.take("delete", job, DONE)

    def fetch(self, job: Job) -> Standing:
        standing: Standing = self.take("fetch", job, self.standing, next_one=False)
        return standing

    def take(self, verb: str, job: Job, usual: Any, *, next_one: bool = True) -> Any:
        assert not database.session().in_transaction(), "no transaction is open while another system is asked"
        self.asked.append((verb, job))
        answer = self.answers.pop(0) if next_one and self.answers else usual
        if callable(answer):
            answer = answer()
        if isinstance(answer, BaseException):
            raise answer
        return answer

    @property
    def verbs(self) -> list[str]:
        return [verb for verb, _job in self.asked]


@pytest.fixture
def far(app: Flask) -> Far:
    made = Far()

    def factory(_config: Any) -> Far:
        return made

    hooks.add_filter("wu_site_provisioners", lambda known: {**known, "far": factory}, guard=False)
    with unit_of_work("test"):
        network.change({"provisioner": "far"})
    return made


@pytest.fixture(autouse=True)
def noon(clock: TurnedClock) -> TurnedClock:
    clock.use("2027-01-01T12:00Z")
    return clock


def ordered(slug: str = "bakery", **values: Any) -> Site:
    """A site that is paid for and asked for."""
    agreement = values.pop("membership", None) or factories.active_membership(**values)
    facts = {"customer": agreement.customer, "membership": agreement, "title": "Ada's bakery"}
    site: Site = factories.save(lambda: Site(slug=slug, **facts))
    with unit_of_work("test"):
        sites.request_for(database.session.get_one(Membership, agreement.id))
    return site


def drain(app: Flask) -> None:
    database.session.rollback()
    relaying.drain(app, HANDLER, lease=LEASE)
    database.session.rollback()


def fresh(site: Site) -> Site:
    database.session.rollback()
    return database.session.get_one(Site, site.id, populate_existing=True)


def jobs() -> list[tuple[str, str]]:
    database.session.rollback()
    rows = database.session.scalars(select(Delivery).order_by(Delivery.id).execution_options(populate_existing=True))
    return [(one.callback.rpartition(":")[2], str(one.status)) for one in rows if one.handler == HANDLER]


def made(app: Flask, **values: Any) -> Site:
    site = ordered(**values)
    drain(app)
    assert fresh(site).status == S.PUBLISHED
    return site


def move(site: Site, status: MembershipStatus) -> None:
    """Its membership goes there, and the site with it."""
    with unit_of_work("test") as session:
        agreement = session.get_one(Membership, site.membership_id)
        agreement.move_to(status, reason="test")
        if status == MembershipStatus.ACTIVE:
            sites.request_for(agreement)
        else:
            sites.stop_serving(agreement, reason="test")


# -- who makes it ----------------------------------------------------------------------------------------------------
def test_the_provisioner_of_an_addon_is_as_good_as_ours(app: Flask, far: Far) -> None:
    assert list(provisioners.all()) == [*OURS, "far"]
    site = fresh(made(app))
    assert (site.provisioner, site.address, site.made_as) == ("far", "https://bakery.far.example/", "far-1")
    assert site.pages == []
    [(verb, job)] = far.asked
    assert (verb, job.name, job.title, job.site) == ("create", "bakery", "Ada's bakery", site.reference)
    assert (job.plan, job.owner.email) == (site.membership.plan.slug, site.customer.email)
    assert job.owner.email not in repr(job)


def test_without_a_choice_the_network_makes_it_as_ever(app: Flask) -> None:
    site = fresh(made(app))
    assert (site.provisioner, site.address, len(site.pages)) == ("built-in", "", 4)
    move(site, MembershipStatus.EXPIRED)
    assert jobs() == [("provision", "done")], "it looks at the site's status by itself"


def test_a_site_stays_with_whom_it_was_given_to(app: Flask, far: Far) -> None:
    site = made(app)
    with unit_of_work("test"):
        network.change({"provisioner": "built-in"})
    move(site, MembershipStatus.EXPIRED)
    drain(app)
    assert far.verbs == ["create", "suspend"]


def test_a_plan_may_have_its_sites_made_by_another(app: Flask, far: Far) -> None:
    made(app, plan=factories.product("local", provisioner="built-in"))
    assert far.asked == []
    with unit_of_work("test"):
        network.change({"provisioner": "built-in"})
    made(app, slug="florist", plan=factories.product("remote", provisioner="far"))
    assert [job.name for _verb, job in far.asked] == ["florist"]


def test_one_that_is_gone_is_waited_for(app: Flask, far: Far, noon: TurnedClock) -> None:
    site = ordered()
    hooks.registry.filters["wu_site_provisioners"].callbacks[-1].off = True
    drain(app)
    assert fresh(site).status == S.FAILED
    assert "no provisioner 'far'" in fresh(site).problem
    hooks.registry.filters["wu_site_provisioners"].callbacks[-1].off = False
    noon.tick(minutes=5)
    drain(app)
    assert fresh(site).status == S.PUBLISHED


@pytest.mark.parametrize("returned", [None, "far", 5, [None]], ids=repr)
def test_a_filter_that_forgets_to_return_them_takes_none_away(app: Flask, returned: Any) -> None:
    hooks.add_filter("wu_site_provisioners", lambda _known: returned)
    assert list(provisioners.all()) == OURS
    made(app)


def test_one_that_cannot_be_made_is_left_out(app: Flask) -> None:
    hooks.add_filter("wu_site_provisioners", lambda known: {**known, "half": lambda config: object()})
    assert list(provisioners.all()) == OURS


# -- what it answers -------------------------------------------------------------------------------------------------
NONSENSE: dict[str, Any] = {
    "nothing": lambda: None,
    "a word": lambda: "done",
    "an address that is none": lambda: Answer(Progress.DONE, "javascript:alert(1)"),
    "an address that is not printable": lambda: Answer(Progress.DONE, "https://a.example/\n"),
    "a long name": lambda: Answer(Progress.DONE, "", "x" * 201),
    "a NUL": lambda: Answer(Progress.DONE, "", "a\0b"),
}


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_nonsense_is_a_failure_that_is_tried_again(app: Flask, far: Far, noon: TurnedClock, nonsense: str) -> None:
    far.answers = [NONSENSE[nonsense]]
    site = ordered()
    drain(app)
    assert fresh(site).status == S.FAILED
    assert fresh(site).problem
    noon.tick(minutes=1)
    drain(app)
    assert (fresh(site).status, fresh(site).problem) == (S.PUBLISHED, "")


def test_a_refusal_is_for_a_person_who_can_ask_again(app: Flask, far: Far) -> None:
    far.answers = [Answer(Progress.FAILED, problem="no room on the server")]
    site = ordered()
    drain(app)
    assert (fresh(site).status, fresh(site).problem) == (S.FAILED, "no room on the server")
    assert jobs() == [("provision", "dead")]
    with unit_of_work("operator:1"):
        sites.request_again(sites.find(site.id))
    drain(app)
    assert fresh(site).status == S.PUBLISHED
    first, second = (job for _verb, job in far.asked)
    assert (first.site, first.key != second.key) == (second.site, True)


def test_a_dead_job_that_is_sent_again_has_the_key_that_it_had(app: Flask, far: Far) -> None:
    far.answers = [PermanentFailure("wrong key")]
    site = ordered()
    drain(app)
    assert (fresh(site).status, fresh(site).problem) == (S.FAILED, "wrong key")
    [dead] = database.session.scalars(select(Delivery)).all()
    relaying.retry_now(dead.id)
    drain(app)
    assert fresh(site).status == S.PUBLISHED
    assert len({job.key for _verb, job in far.asked}) == 1


def test_an_answer_that_was_lost_is_asked_for_again_under_its_key(app: Flask, far: Far, noon: TurnedClock) -> None:
    far.answers = [TryLater("far did not answer in time")]
    site = ordered()
    drain(app)
    assert (fresh(site).status, fresh(site).problem) == (S.FAILED, "far did not answer in time")
    noon.tick(minutes=1)
    drain(app)
    assert fresh(site).status == S.PUBLISHED
    assert [job.key for _verb, job in far.asked] == [far.asked[0][1].key] * 2


def test_where_its_name_is_taken_it_gets_one_like_it(app: Flask, far: Far) -> None:
    far.answers = [Answer(Progress.FAILED, problem="taken", code=NAME_TAKEN)] * 2
    factories.save(
        lambda: Site(slug="bakery-3", title="", customer=(m := factories.membership()).customer, membership=m)
    )
    site = ordered()
    drain(app)
    assert [job.name for _verb, job in far.asked] == ["bakery", "bakery-2", "bakery-4"]
    assert len({job.key for _verb, job in far.asked}) == 3, "another name is another wish"
    assert (fresh(site).status, fresh(site).slug) == (S.PUBLISHED, "bakery-4")


def test_where_every_name_is_taken_a_person_looks(app: Flask, far: Far) -> None:
    far.answers = [Answer(Progress.FAILED, problem="taken", code=NAME_TAKEN)] * 99
    site = ordered()
    drain(app)
    assert len(far.asked) == provisioning.RENAMED_AT_MOST + 1
    assert (fresh(site).status, fresh(site).problem) == (S.FAILED, "taken")
    assert jobs()[-1] == ("provision", "dead")


# -- what takes its time ---------------------------------------------------------------------------------------------
def test_what_was_taken_is_asked_about_until_it_is_there(app: Flask, far: Far, noon: TurnedClock) -> None:
    far.answers = [WAITING]
    site = ordered()
    for _ in range(20):
        drain(app)
        noon.tick(minutes=20)
    assert (fresh(site).status, far.verbs[0], set(far.verbs[1:])) == (S.CREATING, "create", {"fetch"})
    assert len(far.verbs) == 20, "waiting is no failed try, and ends in no dead letter"
    far.standing = Standing(State.ACTIVE, "https://bakery.far.example/", "far-1")
    drain(app)
    assert (fresh(site).status, fresh(site).address) == (S.PUBLISHED, "https://bakery.far.example/")
    assert fresh(site).waits_since is None
    assert jobs() == [("provision", "done")]


def test_it_is_asked_soon_and_then_less_and_less_often(app: Flask, far: Far, noon: TurnedClock) -> None:
    far.answers = [WAITING]
    ordered()
    begun, seen = noon.now, 0
    moments = []
    while noon.now < begun + timedelta(hours=2):
        drain(app)
        if len(far.asked) > seen:
            moments.append((noon.now - begun).total_seconds())
            seen = len(far.asked)
        noon.tick(5)
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert gaps[0] <= 15
    assert 600 <= gaps[-1] <= max(gaps) <= 1000
    assert len(moments) < 60


def test_what_never_ends_has_failed_and_can_be_asked_for_again(app: Flask, far: Far, noon: TurnedClock) -> None:
    far.answers = [WAITING, WAITING]
    site = ordered()
    drain(app)
    noon.tick(hours=24)
    drain(app)
    assert (fresh(site).status, fresh(site).problem) == (S.FAILED, "no end within 24 hours")
    assert jobs() == [("provision", "dead")]
    with unit_of_work("operator:1"):
        sites.request_again(sites.find(site.id))
    drain(app)
    assert (fresh(site).status, fresh(site).waits_since) == (S.CREATING, noon.now)
    far.standing = Standing(State.ACTIVE, "https://bakery.far.example/")
    noon.tick(minutes=1)
    drain(app)
    assert fresh(site).status == S.PUBLISHED


def test_what_cannot_be_asked_about_for_a_while_is_no_failure_of_the_site(
    app: Flask, far: Far, noon: TurnedClock
) -> None:
    far.answers = [WAITING]
    site = ordered()
    drain(app)
    far.standing = TryLater("far was not reached")
    for _ in range(30):
        noon.tick(minutes=20)
        drain(app)
    assert fresh(site).status == S.CREATING
    noon.tick(hours=24)
    drain(app)
    assert (fresh(site).status, fresh(site).problem) == (S.FAILED, "far was not reached")


def test_what_was_taken_and_forgotten_over_there_is_asked_for_once_more(
    app: Flask, far: Far, noon: TurnedClock
) -> None:
    far.answers = [WAITING]
    far.standing = Standing(State.DELETED)
    site = ordered()
    drain(app)
    noon.tick(minutes=1)
    drain(app)
    assert far.verbs == ["create", "fetch", "create"]
    assert len({job.key for _verb, job in far.asked}) == 1
    assert fresh(site).status == S.PUBLISHED


def test_what_failed_over_there_in_the_end_says_why(app: Flask, far: Far, noon: TurnedClock) -> None:
    far.answers = [WAITING]
    far.standing = Standing(State.FAILED, problem="the disk is full")
    site = ordered()
    drain(app)
    noon.tick(minutes=1)
    drain(app)
    assert (fresh(site).status, fresh(site).problem) == (S.FAILED, "the disk is full")


# -- blocking and showing again --------------------------------------------------------------------------------------
def test_a_membership_that_ends_and_goes_on_is_followed_in_order(app: Flask, far: Far) -> None:
    site = made(app)
    for status in (MembershipStatus.EXPIRED, MembershipStatus.ACTIVE, MembershipStatus.CANCELLED):
        move(site, status)
        drain(app)
    assert far.verbs == ["create", "suspend", "resume", "suspend"]
    assert len({job.key for _verb, job in far.asked}) == 4
    assert far.asked[-1][1].reference == "far-1"


def test_a_job_that_takes_its_time_holds_up_no_other_site(app: Flask, far: Far, noon: TurnedClock) -> None:
    site, other = made(app), made(app, slug="florist")
    far.answers = [WAITING]
    for one in (site, other):
        move(one, MembershipStatus.EXPIRED)
        drain(app)
    assert [(verb, job.name) for verb, job in far.asked[2:]] == [("suspend", "bakery"), ("suspend", "florist")]
    with unit_of_work("test"):
        site_keeping.empty(sites.locked(site.id), reason="test")
    drain(app)
    assert [(verb, job.name) for verb, job in far.asked[4:]] == [("delete", "bakery")], "it is not suspended any more"
    assert {status for _callback, status in jobs()} == {"done"}


def test_of_what_was_taken_back_meanwhile_nothing_is_told(app: Flask, far: Far, noon: TurnedClock) -> None:
    site = made(app)
    far.answers = [TryLater("far was not reached")] * 2
    move(site, MembershipStatus.EXPIRED)
    drain(app)
    move(site, MembershipStatus.ACTIVE)
    move(site, MembershipStatus.CANCELLED)
    move_back = fresh(site).status
    noon.tick(days=1)
    drain(app)
    noon.tick(days=1)
    drain(app)
    assert move_back == S.SUSPENDED
    assert "resume" not in far.verbs
    assert far.verbs[-1] == "suspend"
    assert {status for _callback, status in jobs()} == {"done"}


def test_by_hand_it_is_the_same(app: Flask, far: Far) -> None:
    site = made(app)
    steps: list[Callable[[Site], None]] = [
        lambda row: sites.suspend(row, reason="test"),
        sites.resume,
        lambda row: site_archive.archive(row, reason="test"),
        lambda row: site_archive.restore(row, reason="test"),
        lambda row: site_archive.archive(row, reason="test"),
        lambda row: site_keeping.empty(row, reason="test"),
    ]
    for step in steps:
        with unit_of_work("operator:1"):
            step(sites.locked(site.id))
        drain(app)
    assert far.verbs == ["create", "suspend", "resume", "suspend", "resume", "suspend", "delete"]
    assert fresh(site).status == S.DELETED


def test_what_could_not_be_blocked_is_said_and_given_up_visibly(app: Flask, far: Far) -> None:
    site = made(app)
    far.answers = [Answer(Progress.FAILED, problem="its panel is locked")]
    move(site, MembershipStatus.EXPIRED)
    drain(app)
    assert (fresh(site).status, fresh(site).problem) == (S.SUSPENDED, "its panel is locked")
    assert jobs()[-1] == ("suspend", "dead")
    move(site, MembershipStatus.ACTIVE)
    drain(app)
    assert (fresh(site).status, fresh(site).problem) == (S.PUBLISHED, "")
    [dead] = database.session.scalars(select(Delivery).where(Delivery.status == DeliveryStatus.DEAD)).all()
    relaying.retry_now(dead.id)
    drain(app)
    assert far.verbs == ["create", "suspend", "resume"], "what was given up and is not wanted any more stays undone"


def test_who_has_paid_does_not_wait_for_what_is_not_wanted_any_more(app: Flask, far: Far, noon: TurnedClock) -> None:
    """The suspension could not be told for a day, and its next try is hours away."""
    site = made(app)
    far.answers = [TryLater("far was not reached")] * 8
    move(site, MembershipStatus.EXPIRED)
    for _ in range(8):
        drain(app)
        noon.tick(hours=12)
    drain(app)
    tried = far.verbs.count("suspend")
    move(site, MembershipStatus.ACTIVE)
    drain(app)
    assert far.verbs[-1] == "resume"
    assert far.verbs.count("suspend") == tried


# -- given up on the way ---------------------------------------------------------------------------------------------
def test_what_was_never_asked_for_is_not_deleted(app: Flask, far: Far) -> None:
    site = ordered()
    move(site, MembershipStatus.CANCELLED)
    drain(app)
    assert (far.verbs, fresh(site).status) == ([], S.ARCHIVED)


def test_a_site_that_is_given_up_while_it_is_made_is_deleted_over_there(
    app: Flask, far: Far, noon: TurnedClock
) -> None:
    far.answers = [WAITING]
    site = ordered()
    drain(app)
    move(site, MembershipStatus.CANCELLED)
    far.standing = Standing(State.ACTIVE, "https://bakery.far.example/")
    noon.tick(minutes=1)
    drain(app)
    assert far.verbs == ["create", "delete"]
    assert (fresh(site).status, fresh(site).published_at) == (S.ARCHIVED, None)


def test_a_site_that_is_given_up_while_it_is_asked_for_is_not_shown(app: Flask, far: Far) -> None:
    site = ordered()

    def meanwhile() -> Answer:
        move(site, MembershipStatus.CANCELLED)
        return MADE

    far.answers = [meanwhile]
    drain(app)
    assert far.verbs == ["create", "delete"]
    assert far.asked[-1][1].reference == "far-1"
    assert (fresh(site).status, fresh(site).published_at) == (S.ARCHIVED, None)


# -- workers that die ------------------------------------------------------------------------------------------------
class Killed(BaseException):
    """As if somebody had pulled the plug: nobody tidies up."""


@pytest.mark.parametrize("at", range(8))
def test_wherever_a_worker_dies_the_next_one_brings_the_site(app: Flask, far: Far, noon: TurnedClock, at: int) -> None:
    """Before each commit, in their order, and in the middle of the call; and then before each commit after that."""
    site, commits = ordered(), 0
    far.answers = [Killed] if at == 7 else []

    def die(_connection: Any) -> None:
        nonlocal commits
        commits += 1
        if commits == at:
            raise Killed

    event.listen(database.engine, "commit", die)
    for _ in range(4):
        with suppress(Killed):
            once(app)
        noon.tick(minutes=10)
    event.remove(database.engine, "commit", die)
    assert fresh(site).status == S.PUBLISHED
    assert len({job.key for _verb, job in far.asked}) == 1
    assert jobs() == [("provision", "done")]


def test_a_site_whose_job_died_with_its_workers_is_not_being_made_for_ever(
    app: Flask, far: Far, noon: TurnedClock
) -> None:
    far.answers = [Killed] * 99
    site, slow = ordered(), ordered(slug="slow")
    for _ in range(60):
        with suppress(Killed):
            once(app)
        noon.tick(hours=1)
    assert (fresh(site).status, jobs()[0]) == (S.CREATING, ("provision", "dead"))
    far.answers = [WAITING]
    relaying.retry_now(database.session.scalars(select(Delivery.id).order_by(Delivery.id.desc())).first() or 0)
    drain(app)
    with unit_of_work("clock"):
        assert site_jobs.give_up_lost() == 1
    assert (fresh(site).status, fresh(site).problem) == (S.FAILED, "nobody works on it any more")
    assert fresh(slow).status == S.CREATING
    with unit_of_work("clock"):
        assert site_jobs.give_up_lost() == 0


def once(app: Flask) -> None:
    """One turn of a worker in this thread, so that what kills it is seen."""
    database.session.rollback()
    with unit_of_work("clock") as session:
        claims.recover(session)
    with unit_of_work("worker") as session:
        taken = claims.claim(session, HANDLER, 1, LEASE)
    for claim in taken:
        relaying.deliver(claim)

"""What everything that makes sites must keep to. For an add-on's provisioner too: subclass, and give `make`.

class TestMine(ProvisionerConformance):
    @pytest.fixture
    def make(self):
        return MyProvisioner
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from webapp import clock
from webapp.provisioners.base import (
    Answer,
    Change,
    Config,
    Job,
    Owner,
    Progress,
    Provisioner,
    Verb,
    compared,
    offered,
)

JOB = Job(
    key="0191a3b0-job-1",
    asked_at=clock.parse("2027-01-01T12:00:00Z"),
    site="Zk3tQ0p9x7b2n4m6v8c1",
    name="bakery",
    title="Ada's <b>Bakery</b>",
    template="business",
    language="en",
    membership="m-1",
    plan="premium",
    owner=Owner("1", "Ada Lovelace", "ada@example.com", "Engines Ltd", "en"),
)


class ProvisionerConformance:
    @pytest.fixture
    def make(self) -> Callable[[Config], Provisioner]:
        raise NotImplementedError("give the class or factory that is registered for the provisioner")

    @pytest.fixture
    def provisioner(self, make: Callable[[Config], Provisioner]) -> Provisioner:
        return make(Config({}, "http://network.example"))

    def finish(self, provisioner: Provisioner) -> None:
        """For one that takes its time: what it works on is through."""

    def done(self, provisioner: Provisioner, verb: Verb, job: Job) -> Answer:
        """The job, to its end; with what was said of the site so far."""
        answer: Answer | None = getattr(provisioner, verb)(job)
        if answer is not None and answer.progress is Progress.WAITING:
            self.finish(provisioner)
            answer = compared(verb, provisioner.fetch(job))
        assert answer is not None
        assert answer.progress is Progress.DONE, answer
        return answer

    def made(self, provisioner: Provisioner) -> Job:
        answer = self.done(provisioner, Verb.CREATE, JOB)
        return replace(JOB, reference=answer.reference, address=answer.address)

    def test_it_has_an_id_and_words_for_the_operator(self, provisioner: Provisioner) -> None:
        assert isinstance(provisioner, Provisioner)
        assert provisioner.id.isascii()
        assert provisioner.id == provisioner.id.strip().lower()
        assert len(provisioner.id) <= 28
        assert str(provisioner.title).strip()
        assert str(provisioner.description).strip()

    def test_a_site_lives_from_its_creation_to_its_deletion(self, provisioner: Provisioner) -> None:
        job = self.made(provisioner)
        for number, verb in enumerate((Verb.SUSPEND, Verb.RESUME, Verb.SUSPEND, Verb.DELETE), start=2):
            self.done(provisioner, verb, replace(job, key=f"job-{number}"))

    def test_a_job_that_comes_again_is_done_once(self, provisioner: Provisioner) -> None:
        first = self.done(provisioner, Verb.CREATE, JOB)
        assert self.done(provisioner, Verb.CREATE, JOB) == first
        for _ in range(2):
            self.done(provisioner, Verb.SUSPEND, replace(JOB, key="job-2"))

    def test_what_is_as_wanted_already_is_done(self, provisioner: Provisioner) -> None:
        """Under another key: an operator asks once more."""
        job = self.made(provisioner)
        for number, verb in enumerate((Verb.CREATE, Verb.RESUME, Verb.SUSPEND, Verb.SUSPEND), start=2):
            self.done(provisioner, verb, replace(job, key=f"job-{number}"))

    def changed(self, provisioner: Provisioner, verb: Change, job: Job) -> Answer:
        """One that takes its time is asked for again under its key."""
        answer: Answer = getattr(provisioner, verb)(job)
        if answer.progress is Progress.WAITING:
            self.finish(provisioner)
            answer = getattr(provisioner, verb)(job)
        assert answer.progress is Progress.DONE, answer
        return answer

    def test_what_it_offers_beside_is_done_once_and_again(self, provisioner: Provisioner) -> None:
        job = self.made(provisioner)
        if Change.RENAME in offered(provisioner):
            renamed = replace(job, key="change-1", name="cakes")
            answer = self.changed(provisioner, Change.RENAME, renamed)
            assert answer.address not in ("", job.address)
            assert self.changed(provisioner, Change.RENAME, replace(renamed, address=answer.address)) == answer
            job = replace(job, name="cakes", address=answer.address)
        if Change.TRANSFER in offered(provisioner):
            other = replace(job, key="change-2", membership="m-2", owner=Owner("2", "Bob", "bob@example.com"))
            first = self.changed(provisioner, Change.TRANSFER, other)
            assert self.changed(provisioner, Change.TRANSFER, other) == first
        for number, verb in enumerate((Verb.SUSPEND, Verb.RESUME), start=2):
            self.done(provisioner, verb, replace(job, key=f"job-{number}"))

    def test_what_is_deleted_stays_so(self, provisioner: Provisioner) -> None:
        job = self.made(provisioner)
        for number in (2, 3):
            self.done(provisioner, Verb.DELETE, replace(job, key=f"job-{number}"))

    def test_what_was_never_made_is_deleted_all_the_same(self, provisioner: Provisioner) -> None:
        self.done(provisioner, Verb.DELETE, JOB)

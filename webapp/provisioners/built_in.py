"""The network makes the site itself, of one of its templates, and shows it on the site's own host."""

from __future__ import annotations

from collections.abc import Callable

from flask_babel import lazy_gettext as _l

from webapp.provisioners.base import Answer, Base, Config, Job, Progress


class BuiltInProvisioner(Base):
    """Made with `build`, which fills the site of a name with its template's pages, all of them or none.

    Suspended and shown again it is by its status alone, which is looked at with each visit.
    """

    id = "built-in"
    title = _l("This network")
    description = _l("Made of one of the templates, and edited in the customer's account.")

    def __init__(self, config: Config, *, build: Callable[[str], None]) -> None:
        super().__init__(config)
        self._build = build

    def create(self, job: Job) -> Answer:
        self._build(job.site)
        return Answer(Progress.DONE)

"""The staff suspends a site, shows it again, puts it away, takes it out, deletes what it holds."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests import factories
from tests.blueprints.admin.test_sites import site as kept_site
from tests.looking import Look
from tests.pages import Page
from webapp import clock
from webapp.extensions import db
from webapp.models import Role, Site, SiteStatus

S = SiteStatus


def site(**values: Any) -> Site:
    """One whose membership is served, with what it shows."""
    facts = {"status": S.PUBLISHED, "published_at": clock.now(), **values}
    return kept_site(membership=factories.active_membership(), **facts)


def taken(client: FlaskClient, one: Site, step: str, **values: Any) -> Any:
    at = "deletion" if step == "delete" else f"steps/{step}"
    asked = client.get(f"/admin/sites/{one.id}/{at}")
    fields = {**Page(asked.text).forms[-1]["fields"], **values}
    return client.post(f"/admin/sites/{one.id}/{at}", data=fields)


def status(one: Site) -> SiteStatus:
    db.session.rollback()
    return db.session.get_one(Site, one.id).status


def buttons(look: Look, one: Site) -> set[str]:
    links = [str(link.attrs.get("href")) for link in look(f"/admin/sites/{one.id}").all("a")]
    return {link.rpartition("/")[2] for link in links if "/steps/" in link or link.endswith("/deletion")}


def test_a_site_goes_through_all_its_steps(look: Look, signed_in: FlaskClient) -> None:
    one = site()
    for step, after, then in (
        ("suspend", S.SUSPENDED, {"resume", "archive"}),
        ("resume", S.PUBLISHED, {"suspend", "archive"}),
        ("archive", S.ARCHIVED, {"restore", "deletion"}),
        ("restore", S.PUBLISHED, {"suspend", "archive"}),
        ("archive", S.ARCHIVED, {"restore", "deletion"}),
        ("delete", S.DELETED, set()),
    ):
        assert taken(signed_in, one, step, reason="she asked").status_code == 303
        assert (status(one), buttons(look, one)) == (after, then), step
    assert "she asked" in signed_in.get(f"/admin/sites/{one.id}").text


def test_what_was_changed_meanwhile_is_looked_at_again(look: Look, signed_in: FlaskClient) -> None:
    one = site()
    asked = Page(signed_in.get(f"/admin/sites/{one.id}/steps/archive").text).forms[-1]["fields"]
    taken(signed_in, one, "suspend")
    late = signed_in.post(f"/admin/sites/{one.id}/steps/archive", data=asked)
    assert (late.status_code, status(one)) == (409, S.SUSPENDED)


@pytest.mark.parametrize("step", ["suspend", "delete", "restore"])
def test_what_its_status_does_not_allow_is_said(signed_in: FlaskClient, step: str) -> None:
    one = site(status=S.SUSPENDED)
    refused = taken(signed_in, one, step)
    assert (refused.status_code, status(one)) == (409, S.SUSPENDED)
    assert "As the site stands now, this cannot be done." in refused.text


def test_a_reason_that_is_too_long_stays_where_it_was_typed(signed_in: FlaskClient) -> None:
    refused = taken(signed_in, site(), "archive", reason="x" * 301)
    assert refused.status_code == 422
    assert "Use at most 300 characters." in refused.text
    assert "x" * 301 in refused.text


def test_only_owners_delete_what_a_site_holds(client: FlaskClient) -> None:
    one = site(status=S.ARCHIVED)
    factories.signed_in(client, factories.operator(role=Role.MANAGER))
    assert f"/admin/sites/{one.id}/deletion" not in client.get(f"/admin/sites/{one.id}").text
    assert client.post(f"/admin/sites/{one.id}/deletion").status_code == 403


def test_a_step_that_does_not_exist_is_not_found(signed_in: FlaskClient) -> None:
    one = site()
    assert signed_in.get(f"/admin/sites/{one.id}/steps/explode").status_code == 404
    assert signed_in.get(f"/admin/sites/{one.id}/steps/delete").status_code == 404

"""No list and no page of the admin asks the database more than twelve times, however much stands on it."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests import estate, factories
from tests.conftest import Statements
from webapp.settings import Settings

AT_MOST = 12
# Neither a list nor a page of one thing: what would happen is played through, and a search looks through everything.
OTHERS = {"admin.show_ahead": 24, "admin.search": 18}


@pytest.mark.ux("S2")
def test_every_page_asks_the_database_twelve_times_at_most(
    app: Flask, db: Session, client: FlaskClient, settings: Settings, statements: Statements
) -> None:
    there = estate.build(app, settings)
    factories.signed_in(client, there.operator)
    many = {}
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("admin.") and "GET" in (rule.methods or ()):
            path = there.path(app, rule)
            statements.clear()
            answer = client.get(path)
            most = OTHERS.get(rule.endpoint, AT_MOST)
            if answer.status_code == 200 and answer.mimetype == "text/html" and len(statements) > most:
                many[path] = len(statements)
    assert many == {}

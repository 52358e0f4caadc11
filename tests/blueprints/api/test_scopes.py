"""Each operation with each scope: it is let in where its description says so, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest

from tests import factories
from tests.blueprints.api.conftest import Callers
from webapp.blueprints.api.operations import OPERATIONS, Operation
from webapp.blueprints.api.spec import PARAMETER
from webapp.domain.api_keys import SCOPES


def path_of(one: Operation) -> str:
    """Of a row that is not there."""
    return PARAMETER.sub("999999", one.rule)


@pytest.mark.parametrize("scope", SCOPES)
def test_a_scope_opens_what_it_says_and_nothing_else(callers: Callers, scope: str) -> None:
    caller = callers(scope)
    factories.product()
    met: dict[str, bool] = {}
    for one in OPERATIONS.values():
        body: Any = {} if one.body is not None else None
        met[one.name] = caller(one.method, path_of(one), body).status_code != 403
    assert met == {one.name: scope == "*" or scope in one.scopes for one in OPERATIONS.values()}

"""An add-on that works is there; one that fails, wherever it fails, is shown and stops nothing."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import factories
from webapp import addons, endpoints, hooks
from webapp.addons import Addon
from webapp.flows import offering, ordering
from webapp.gateways import gateways
from webapp.settings import Settings

Load = Callable[..., list[Addon]]
names = (f"written_addon_{number}" for number in itertools.count(1))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where modules are found, for this test only."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


@pytest.fixture
def load(app: Flask, folder: Path, make_settings: Any) -> Iterator[Load]:
    """Write modules, name them in ADDONS, and have them loaded."""
    before, addresses, loaded = set(sys.modules), endpoints.snapshot(app), app.extensions["addons"]

    def load(*sources: str) -> list[Addon]:
        written = []
        for source in sources:
            written.append(next(names))
            (folder / f"{written[-1]}.py").write_text(dedent(source))
        return addons.load(app, make_settings(addons=tuple(written)))

    yield load
    app.extensions["addons"] = loaded
    endpoints.restore(app, addresses)
    for name in set(sys.modules) - before:
        del sys.modules[name]


def listeners(name: str) -> list[str]:
    return [one.function.__name__ for one in hooks.registry.actions[name].callbacks]


SELLS = """
    from webapp.endpoints import register_endpoint
    from webapp.gateways.base import Base, Later

    __version__ = "1.4"

    class Invoice(Base):
        id = "invoice"
        title = description = "Invoice"

        def begin(self, request):
            return Later("Pay within two weeks.")

    def add_invoice(gateways):
        return {**gateways, "invoice": Invoice}

    def greet(customer):
        customer.meta["greeted"] = True

    def register(app, hooks):
        hooks.add_filter("wu_payment_gateways", add_invoice)
        hooks.add_action("wu_customer_post_create", greet)
        hooks.declare_action("shop_opened", args=("shop",), when="A shop opened.")
        register_endpoint(app, addon="shop", path="crm", secret="s", handlers={})
"""


def test_an_addon_is_known_by_its_name_and_version(app: Flask, load: Load) -> None:
    [addon] = load(SELLS)
    assert (addon.version, addon.error) == ("1.4", "")
    assert app.extensions["addons"] == [addon]
    assert listeners("wu_customer_post_create")[-1] == "greet"
    assert ("shop", "crm") in endpoints.snapshot(app)


def test_its_gateway_is_offered_and_sells(app: Flask, load: Load, settings: Settings) -> None:
    load(SELLS)
    factories.product("premium")
    assert "invoice" in offering.active_gateways()
    placed = ordering.place(factories.order("premium", gateway="invoice"), settings)
    assert not placed.settled
    assert not placed.declined


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("raise RuntimeError('broken at import')", "broken at import"),
        ("import a_module_that_is_not_there", "a_module_that_is_not_there"),
        ("def register(app, hooks", "SyntaxError"),
        ("import sys; sys.exit(3)", "SystemExit"),
        ("x = 1", "no attribute 'register'"),
        ("def register(): ...", "takes 0 positional arguments"),
        ("def register(app, hooks): raise RuntimeError('broken at registration')", "broken at registration"),
        (
            "def register(app, hooks): hooks.add_action('wu_custmer_post_create', print)",
            "wu_customer_post_create?",
        ),
    ],
)
def test_one_that_fails_is_shown_and_the_others_work(
    app: Flask, load: Load, client: FlaskClient, caplog: pytest.LogCaptureFixture, source: str, says: str
) -> None:
    failed, works = load(source, SELLS)
    assert says in failed.error
    assert failed.version == ""
    assert works.error == ""
    assert [record.levelname for record in caplog.records if record.msg == "addon.failed"] == ["ERROR"]
    assert client.get("/healthz").status_code == 200


def test_one_that_fails_at_the_end_of_its_registration_leaves_nothing_behind(app: Flask, load: Load) -> None:
    before = (hooks.registry.snapshot(), endpoints.snapshot(app), list(gateways.all()))
    [addon] = load(SELLS + "        raise RuntimeError('at the very end')\n")
    assert "at the very end" in addon.error
    assert (hooks.registry.snapshot(), endpoints.snapshot(app), list(gateways.all())) == before
    assert "shop_opened" not in hooks.registry.actions


def test_what_it_listens_to_while_it_is_imported_is_taken_back_too(app: Flask, load: Load) -> None:
    before = listeners("wu_customer_post_create")
    load("""
        from webapp.hooks import add_action

        @add_action("wu_customer_post_create")
        def greet(customer): ...

        def register(app, hooks):
            raise RuntimeError
    """)
    assert listeners("wu_customer_post_create") == before


def test_an_addon_named_twice_is_registered_once(app: Flask, load: Load, make_settings: Any) -> None:
    [addon] = load(SELLS)
    both = dict(addons.named(make_settings(addons=(addon.name, addon.name))))
    assert list(both) == [addon.name]


def test_an_installed_addon_is_found_by_its_entry_point(app: Flask, folder: Path, load: Load) -> None:
    (folder / "installed_addon.py").write_text("__version__ = '2.0'\ndef register(app, hooks): ...\n")
    info = folder / "installed_addon-2.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: installed-addon\nVersion: 2.0\n")
    (info / "entry_points.txt").write_text("[webapp.addons]\ninstalled = installed_addon\n")
    assert Addon("installed", "2.0") in load()


def test_an_installed_addon_that_is_named_as_well_is_loaded_once(app: Flask, folder: Path, make_settings: Any) -> None:
    info = folder / "named_addon-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: named-addon\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[webapp.addons]\nnamed = named_addon\n")
    found = [name for name, _ in addons.named(make_settings(addons=("named_addon",)))]
    assert found.count("named_addon") == 1
    assert "named" not in found


# -- failing later, while the product is at work -------------------------------------------------------------
def figures(name: str, function: str) -> Any:
    family = {**hooks.registry.actions, **hooks.registry.filters}
    [callback] = [one for one in family[name].callbacks if one.function.__name__ == function]
    return callback.figures


@pytest.mark.parametrize("hook", ["wu_customer_post_create", "wu_payment_completed", "wu_checkout_completed"])
def test_one_that_raises_in_a_hook_does_not_stop_the_sale(
    app: Flask, load: Load, settings: Settings, hook: str
) -> None:
    load(f"""
        def stumble(row):
            row.meta["half"] = "done"
            raise RuntimeError("broken in a hook")

        def register(app, hooks):
            hooks.add_action("{hook}", stumble)
    """)
    factories.free_product()
    placed = ordering.place(factories.order("free", gateway=""), settings)
    assert placed.settled
    assert figures(hook, "stumble").errors == 1
    assert "broken in a hook" in figures(hook, "stumble").last_error


@pytest.mark.parametrize(
    "hook", ["wu_payment_gateways", "wu_available_gateways", "wu_cart_total", "wu_cart_line_items"]
)
def test_one_that_raises_in_a_filter_does_not_stop_the_sale(
    app: Flask, load: Load, settings: Settings, hook: str
) -> None:
    load(f"""
        def stumble(value, *more):
            raise RuntimeError("broken in a filter")

        def register(app, hooks):
            hooks.add_filter("{hook}", stumble)
    """)
    factories.product("premium")
    placed = ordering.place(factories.order("premium"), settings)
    assert placed.url is not None
    assert "broken in a filter" in figures(hook, "stumble").last_error


@pytest.mark.parametrize(
    "broken",
    [
        "def __init__(self, config): config.env['A_VARIABLE_THAT_IS_NOT_SET']",
        "begin = property()",
        "title = property(lambda self: 1 / 0)",
    ],
)
def test_a_gateway_that_cannot_be_made_is_left_out(
    app: Flask, load: Load, settings: Settings, caplog: pytest.LogCaptureFixture, broken: str
) -> None:
    load(f"""
        from webapp.gateways.base import Base

        class Broken(Base):
            id = "broken"
            {broken}

        def register(app, hooks):
            hooks.add_filter("wu_payment_gateways", lambda gateways: gateways | {{"broken": Broken}})
    """)
    assert "broken" not in gateways.all()
    assert "sandbox" in gateways.all()
    assert [one.msg for one in caplog.records].count("gateway.cannot_be_made") == 1
    factories.product("premium")
    assert ordering.place(factories.order("premium"), settings).url is not None


@pytest.mark.parametrize("forgotten", ["None", "['mine']", "'mine'"])
def test_a_filter_that_forgets_to_return_the_gateways_takes_none_away(app: Flask, load: Load, forgotten: str) -> None:
    before = list(gateways.all())
    load(f"""
        def register(app, hooks):
            hooks.add_filter("wu_payment_gateways", lambda gateways: {forgotten})
    """)
    assert list(gateways.all()) == before

"""A real browser against a real server: Debian's Chromium, driven by Playwright.

Each test process has one server (threads, its own SQLite) and one browser; `work()` stands for the worker and the
clock. Where there is no Chromium the tests say so and are skipped.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from flask import Flask
from flask_migrate import upgrade
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from werkzeug.serving import make_server

from tests.browser.office import enter, office
from tests.conftest import empty_tables
from webapp import create_app
from webapp.domain import outbox
from webapp.extensions import db as database
from webapp.extensions import queue
from webapp.flows import asking, bulk, inbound, relaying
from webapp.settings import Settings

__all__ = ["enter", "office"]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
# For a machine that is busy with other tests: waiting ends as soon as what is waited for is there.
PATIENCE = 20_000
expect.set_options(timeout=PATIENCE)
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.enable_socket)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="no Chromium on this machine: apt-get install chromium"))


@dataclass(frozen=True)
class Server:
    app: Flask
    url: str


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, settings: Settings) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("browser")
    listener = make_server("127.0.0.1", 0, Flask("empty"), threaded=True)
    url = f"http://localhost:{listener.server_port}"
    own = replace(settings, database_url=f"sqlite:///{folder}/browser.sqlite", base_url=url, instance=folder)
    app = create_app(own)
    with app.app_context():
        upgrade()
    listener.app = app
    thread = threading.Thread(target=listener.serve_forever, daemon=True)
    thread.start()
    yield Server(app, url)
    listener.shutdown()
    thread.join(10)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def site(server: Server) -> Iterator[Server]:
    """The server, with an empty database at the end."""
    queue.init(None)
    with server.app.app_context():
        yield server
        database.session.rollback()
        empty_tables()
        database.session.remove()


@pytest.fixture
def open_page(site: Server, chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """Open a page in a new window of its own (its own cookies); options as Playwright's `new_context` takes them."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_it(path: str = "/", **options: Any) -> Page:
        usual = {"base_url": site.url, "locale": "en-GB", "reduced_motion": "reduce"}
        context = chromium.new_context(**{**usual, **options})
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path)
        return page

    yield open_it
    for context in contexts:
        if os.environ.get("SCREENSHOTS"):
            keep_screenshot(context, request.node.name)
        context.close()
    refused = [one for one in complaints if "status of 4" not in one and "status of 5" not in one]
    if not request.node.get_closest_marker("noisy"):
        assert refused == [], refused


def keep_screenshot(context: BrowserContext, name: str) -> None:
    folder = Path(os.environ["SCREENSHOTS"])
    folder.mkdir(parents=True, exist_ok=True)
    for number, page in enumerate(context.pages):
        page.screenshot(path=folder / f"{name}-{number}.png", full_page=True)


@pytest.fixture
def work(site: Server) -> Callable[[], None]:
    """Do what worker and clock would do by now."""

    def do() -> None:
        database.session.rollback()
        asking.ask_due()
        while inbound.work_off():
            pass
        for handler in outbox.handlers_due(database.session()):
            database.session.rollback()
            relaying.drain(site.app, handler, lease=relaying.timedelta(seconds=60))
        database.session.rollback()
        bulk.work_off()

    return do


@pytest.fixture
def violations() -> Callable[[Page], list[str]]:
    """What axe finds on a page as it stands."""

    def find(page: Page) -> list[str]:
        page.evaluate(AXE.read_text())
        result = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{one['id']}: {one['help']} {[node['target'] for node in one['nodes']][:3]}"
            for one in result["violations"]
        ]

    return find

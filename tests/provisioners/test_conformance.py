"""Ours keep to what every provisioner must."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from flask import Flask

from tests.fakes.hosting import SECRET, HostingFake
from tests.provisioners.conformance import ProvisionerConformance
from webapp.models.site import BUILT_IN
from webapp.provisioners.base import Change, Config, Provisioner
from webapp.provisioners.built_in import BuiltInProvisioner
from webapp.provisioners.webhook import WebhookProvisioner


class TestBuiltIn(ProvisionerConformance):
    @pytest.fixture
    def make(self) -> Callable[[Config], Provisioner]:
        return partial(BuiltInProvisioner, build=lambda _site: None)

    def test_rows_know_it_by_its_id(self, provisioner: Provisioner) -> None:
        assert provisioner.id == BUILT_IN


class TestWebhook(ProvisionerConformance):
    slow = False

    @pytest.fixture
    def hosting(self) -> Iterator[HostingFake]:
        with HostingFake() as fake:
            fake.slow = self.slow
            yield fake
            assert fake.problems == []

    @pytest.fixture
    def make(self, app: Flask, hosting: HostingFake) -> Callable[[Config], Provisioner]:
        known = {"PROVISIONER_URL": f"{hosting.url}/sites", "PROVISIONER_SECRET": SECRET}

        def factory(config: Config) -> Provisioner:
            allowed = Config({**config.env, "OUTBOUND_ALLOW_PRIVATE": "loopback"}, config.base_url)
            return WebhookProvisioner(allowed, value_of=lambda _env, name: known[name], offers=lambda: list(Change))

        self.hosting_now = hosting
        return factory

    def finish(self, provisioner: Provisioner) -> None:
        self.hosting_now.finish()


class TestSlowWebhook(TestWebhook):
    slow = True

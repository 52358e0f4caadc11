"""How the application starts where somebody has set it up, or has forgotten something."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from webapp.settings import ROOT


@pytest.mark.parametrize(
    ("env", "sentence"),
    [
        ({"PARZELLE_ENV": "production"}, "ENCRYPTION_KEYS is not set."),
        ({"PARZELLE_ENV": "produktion"}, "PARZELLE_ENV must be development or production."),
        ({"BASE_URL": "example.com"}, "BASE_URL must be an address"),
        ({"TRUSTED_PROXIES": "one"}, "TRUSTED_PROXIES must be a whole number"),
    ],
)
def test_a_setting_that_is_missing_or_unusable_is_one_sentence(env: dict[str, str], sentence: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import wsgi"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(sentence)
    assert done.stderr.count("\n") == 1


def test_what_few_ever_use_is_loaded_by_them() -> None:
    """Each of these takes every process some megabytes."""
    loads = "import sys, webapp.domain.passkeys, webapp.gateways.stripe; "
    says = "print(*{'webauthn', 'stripe'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", loads + says], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []

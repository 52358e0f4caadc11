"""`flask renewals run`, `flask expiry run`: by hand what the clock has workers do."""

from __future__ import annotations

import click
from flask import Flask
from flask.cli import AppGroup

from webapp.domain import agenda
from webapp.flows import charging

renewals = AppGroup("renewals", help="Renewals of memberships.")
expiry = AppGroup("expiry", help="Memberships that end.")


def init_app(app: Flask) -> None:
    app.cli.add_command(renewals)
    app.cli.add_command(expiry)


@renewals.command("run")
def run_renewals() -> None:
    """Announce, charge and renew all that is due, and end what is over."""
    click.echo(f"{charging.work_off()} memberships were due")


@expiry.command("run")
def run_expiry() -> None:
    """End what is over: cancelled for now, used up, or left unpaid. What fails to be paid has its last try before."""
    click.echo(f"{charging.work_off(agenda.ends_without_charge())} memberships were due")

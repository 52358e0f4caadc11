"""`flask reconcile`: by hand what the clock does every hour, with a line for each difference."""

from __future__ import annotations

from datetime import timedelta

import click
from flask import Flask

from webapp.domain.reconciliations import Line
from webapp.flows import inbound, reconciling


def init_app(app: Flask) -> None:
    app.cli.add_command(reconcile)


@click.command("reconcile")
@click.option(
    "--days", type=click.IntRange(1, 30), help="Read at least so many days of what gateways took and gave back."
)
def reconcile(days: int | None) -> None:
    """Compare payments, refunds, disputes and renewals with the gateways, and mend what differs.

    Each difference is a line. The last line counts; where something could not be compared, the exit code is 1.
    """
    while inbound.work_off(100):
        pass
    run = reconciling.run("command line", back=timedelta(days=days) if days else None, say=say)
    click.echo(f"{run.looked_at} looked at, {run.repaired} repaired, {run.failed} failed")
    if run.failed:
        raise SystemExit(1)


def say(line: Line) -> None:
    click.echo(str(line))

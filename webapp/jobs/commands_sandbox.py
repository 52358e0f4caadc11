"""`flask sandbox …`: the pretend bank's cards and charges, for trying out what happens when one fails."""

from __future__ import annotations

import click
from flask import Flask
from flask.cli import AppGroup
from sqlalchemy import select

from webapp.errors import NotFound
from webapp.extensions import db
from webapp.flows import sandbox_bank
from webapp.models import SandboxCharge, SandboxCredential

group = AppGroup("sandbox", help="The pretend bank behind the sandbox gateway.")


def init_app(app: Flask) -> None:
    app.cli.add_command(group)


@group.command("fail-credential")
@click.argument("reference")
@click.option("--works", is_flag=True, help="Let it be charged again.")
def fail_credential(reference: str, works: bool) -> None:
    """Have every further charge of the card REFERENCE (sbc_…) declined."""
    try:
        sandbox_bank.tell_to_fail(reference, fails=not works)
    except NotFound:
        raise click.ClickException(f"The sandbox knows no card {reference}.") from None
    click.echo(f"{reference} {'can be charged again' if works else 'is declined from now on'}.")


@group.command("list")
@click.option("--limit", default=20, show_default=True, help="How many of each, newest first.")
def show(limit: int) -> None:
    """The newest cards and charges."""
    for card in db.session.scalars(select(SandboxCredential).order_by(SandboxCredential.id.desc()).limit(limit)):
        click.echo(f"{card.reference}  {card.label}  payer {card.payer or '-'}  {'fails' if card.fails else 'works'}")
    for charge in db.session.scalars(select(SandboxCharge).order_by(SandboxCharge.id.desc()).limit(limit)):
        refunded = f"  refunded {charge.refunded_minor}" if charge.refunded_minor else ""
        click.echo(f"{charge.reference}  {charge.amount}  {charge.status} {charge.reason}".rstrip() + refunded)

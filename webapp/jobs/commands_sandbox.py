"""`flask sandbox …`: the pretend bank's cards and charges, for trying out what happens when one fails."""

from __future__ import annotations

import click
from flask import Flask
from flask.cli import AppGroup
from sqlalchemy import select

from webapp.errors import Conflict, NotFound
from webapp.extensions import db
from webapp.flows import sandbox_bank, sandbox_disputes, sandbox_refunds
from webapp.models import RefundManner, SandboxCharge, SandboxCredential

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


@group.command("refunds")
@click.argument("reference")
@click.argument("manner", type=click.Choice([str(one) for one in RefundManner]))
def refunds(reference: str, manner: str) -> None:
    """How refunds of the charge REFERENCE (sb_…) go from now on: at once, refused, answer lost, late, or bounced."""
    try:
        sandbox_refunds.tell_to_refund(reference, RefundManner(manner))
    except NotFound:
        raise click.ClickException(f"The sandbox knows no charge {reference}.") from None
    click.echo(f"Refunds of {reference}: {manner}.")


@group.command("dispute")
@click.argument("reference")
def dispute(reference: str) -> None:
    """Have the payer's bank ask for the charge REFERENCE (sb_…) back."""
    try:
        name = sandbox_disputes.dispute(reference)
    except NotFound:
        raise click.ClickException(f"The sandbox knows no charge {reference}.") from None
    except Conflict:
        raise click.ClickException(f"Nothing was taken by {reference}.") from None
    click.echo(f"{reference} is disputed: {name}")


@group.command("decide")
@click.argument("reference")
@click.argument("end", type=click.Choice(["won", "lost"]))
def decide(reference: str, end: str) -> None:
    """End the dispute REFERENCE (sbd_…): won, the money stays; lost, it is gone."""
    try:
        sandbox_disputes.decide(reference, won=end == "won")
    except NotFound:
        raise click.ClickException(f"The sandbox knows no dispute {reference}.") from None
    click.echo(f"{reference} is {end}.")


@group.command("list")
@click.option("--limit", default=20, show_default=True, help="How many of each, newest first.")
def show(limit: int) -> None:
    """The newest cards and charges."""
    for card in db.session.scalars(select(SandboxCredential).order_by(SandboxCredential.id.desc()).limit(limit)):
        click.echo(f"{card.reference}  {card.label}  payer {card.payer or '-'}  {'fails' if card.fails else 'works'}")
    for charge in db.session.scalars(select(SandboxCharge).order_by(SandboxCharge.id.desc()).limit(limit)):
        refunded = f"  refunded {charge.refunded_minor}" if charge.refunded_minor else ""
        click.echo(f"{charge.reference}  {charge.amount}  {charge.status} {charge.reason}".rstrip() + refunded)

"""`flask create-api-key`: a key for another system, from the command line."""

from __future__ import annotations

import click
from flask import Flask

from webapp.domain import api_keys
from webapp.errors import DomainError
from webapp.transactions import unit_of_work


def init_app(app: Flask) -> None:
    app.cli.add_command(create_api_key)


@click.command("create-api-key")
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, required=True, help="What it may do; '*' for everything. Repeatable.")
def create_api_key(name: str, scopes: tuple[str, ...]) -> None:
    """Make a key of the REST API for the system NAME; prints key and secret once."""
    try:
        with unit_of_work("command line"):
            row, secret = api_keys.make(name, scopes)
            key = row.key
    except DomainError as error:
        raise click.ClickException(f"{error.message} Scopes: {' '.join(api_keys.SCOPES)}") from None
    click.echo(f"key: {key}\nsecret: {secret}")

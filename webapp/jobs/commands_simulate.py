"""`flask simulate`: what a plan would do to a customer, from the order on."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import click

from webapp import clock
from webapp.errors import DomainError
from webapp.flows import simulator
from webapp.flows.simulator import Line, Wish
from webapp.periods import Period, Unit


class Instant(click.ParamType[datetime]):
    """An RFC 3339 instant; a day alone is its beginning in UTC."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            return clock.parse(f"{value}T00:00:00Z" if len(value) == 10 else value)
        except ValueError:
            self.fail(f"{value!r} is no instant like 2027-01-31T10:00:00Z.", param, ctx)


class Change(click.ParamType[tuple[datetime, str]]):
    """`SLUG@T`."""

    name = "slug@instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[datetime, str]:
        if isinstance(value, tuple):
            return value[0], value[1]
        slug, _at, instant = str(value).rpartition("@")
        if not slug:
            self.fail(f"{value!r} is no change like gold@2027-03-01T10:00:00Z.", param, ctx)
        return Instant().convert(instant, param, ctx), slug


@click.command("simulate")
@click.option("--product", required=True, help="The plan, by its slug.")
@click.option("--duration", type=click.IntRange(1), help="With --duration-unit: another of its periods.")
@click.option("--duration-unit", type=click.Choice([str(one) for one in Unit]))
@click.option("--start", type=Instant(), required=True, help="When it is ordered, like 2027-01-31T10:00:00Z.")
@click.option("--until", type=Instant(), required=True)
@click.option("--gateway", default="sandbox", show_default=True, help="sandbox or manual.")
@click.option("--fail", type=click.IntRange(0), default=0, help="So many charges of the stored card fail first.")
@click.option("--stored-credential/--no-stored-credential", default=True, show_default=True)
@click.option("--discount-code", default="")
@click.option("--country", default="", help="Where the customer lives, like DE.")
@click.option("--cancel-at", type=Instant(), help="When the customer asks to cancel.")
@click.option("--change", "changes", type=Change(), multiple=True, help="To which plan the customer changes, and when.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def simulate(as_json: bool, duration: int | None, duration_unit: str | None, **wishes: Any) -> None:
    """Play a membership through with the real rules, on a scratch database; nothing of the network is changed."""
    try:
        found = simulator.simulate(Wish(period=_period(duration, duration_unit), **wishes))
    except DomainError as error:
        raise click.ClickException(f"{error.message} ({error.code})") from None
    except simulator.OutOfTime:
        raise click.ClickException("That is too long a time for so short periods.") from None
    for line in found:
        click.echo(json.dumps(line.as_json()) if as_json else _said(line))


def _period(duration: int | None, unit: str | None) -> Period | None:
    if duration is None and unit is None:
        return None
    try:
        return Period(duration or 1, Unit(unit or "month"))
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _said(line: Line) -> str:
    amount = f"{line.amount} {line.currency}" if line.amount is not None else ""
    words = [clock.rfc3339(line.at), line.event, line.status or "-", amount, f"until {line.expires_at or '-'}"]
    return "  ".join(one for one in words if one)

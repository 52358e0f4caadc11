"""Management jobs as commands: `./dev flask …`. All are safe to run twice."""

from __future__ import annotations

import signal
import threading
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from flask_migrate import upgrade
from sqlalchemy import select

from webapp import bank_transfers
from webapp.domain import (
    customers,
    demo,
    figure_days,
    hook_figures,
    hook_switches,
    ledger,
    one_time_links,
    outbox,
    payments,
    receivables,
)
from webapp.domain.hook_figures import Key
from webapp.errors import DomainError
from webapp.extensions import application, db
from webapp.flows import relaying, watching
from webapp.hook_callbacks import Callback, Hook
from webapp.hooks import registry
from webapp.jobs import (
    commands_addon,
    commands_api,
    commands_reconcile,
    commands_renewals,
    commands_sandbox,
    commands_simulate,
    schedule,
    turns,
    worker,
)
from webapp.models import STAFF, Delivery, DeliveryStatus, HookFigure, LinkPurpose, Payment, Role
from webapp.settings import Settings
from webapp.transactions import unit_of_work

deliveries = AppGroup("deliveries", help="What other systems are told.")
hooks_group = AppGroup("hooks", help="The hooks that integrators listen to.")
payments_group = AppGroup("payments", help="Money asked for.")
figures_group = AppGroup("figures", help="Recurring revenue and what each day came to.")


def init_app(app: Flask) -> None:
    app.cli.add_command(deliveries)
    app.cli.add_command(hooks_group)
    app.cli.add_command(payments_group)
    app.cli.add_command(figures_group)
    for command in (prepare, init_demo, create_admin, password_link, run_worker, run_clock, tick):
        app.cli.add_command(command)
    app.cli.add_command(commands_addon.addon)
    commands_api.init_app(app)
    app.cli.add_command(commands_sandbox.group)
    commands_renewals.init_app(app)
    commands_reconcile.init_app(app)
    app.cli.add_command(commands_simulate.simulate)


def say_admin(email: str, password: str) -> None:
    click.echo(f"Admin sign-in (shown once): {email}  {password}")


@click.command("prepare")
def prepare() -> None:
    """Bring the database up to date and load the demo network once."""
    upgrade()
    _load_demo()


@click.command("password-link")
@click.argument("email")
def password_link(email: str) -> None:
    """Print a link by which this person sets a new password within 30 minutes; earlier ones are worth nothing."""
    settings: Settings = current_app.extensions["settings"]
    with unit_of_work("command"):
        user = customers.user_by_email(email)
        if user is None:
            raise click.ClickException(f"There is no account with the e-mail address {email}.")
        token = one_time_links.make(user, LinkPurpose.HANDED_OVER)
    click.echo(f"{settings.base_url}/password/{token}")


@click.command("init-demo")
def init_demo() -> None:
    """Load the demo network: an operator, a free plan, `premium`, and a plan with a trial."""
    if not _load_demo():
        click.echo("The demo network is loaded already.")


def _load_demo() -> bool:
    with unit_of_work("demo"):
        password = demo.load()
    if password is not None:
        say_admin(demo.ADMIN, password)
    return password is not None


@click.command("create-admin")
@click.argument("email")
@click.option("--role", type=click.Choice([str(one) for one in STAFF]), default=str(Role.OWNER), show_default=True)
def create_admin(email: str, role: str) -> None:
    """Create one of the staff; prints the password once."""
    try:
        with unit_of_work("command line"):
            password = demo.create_operator(email, role=Role(role))
    except DomainError as error:
        raise click.ClickException(error.message) from None
    say_admin(email, password)


@click.command("worker")
@click.option("--burst", is_flag=True, help="Do what is there, then stop.")
def run_worker(burst: bool) -> None:
    """Work off deliveries and notices until told to stop."""
    settings: Settings = current_app.extensions["settings"]
    if settings.redis_url is None:
        raise click.ClickException("REDIS_URL is not set; ./dev run brings its own Redis.")
    worker.start_beating()
    worker.run(application(), burst=burst)


@click.command("clock")
def run_clock() -> None:
    """Run scheduled chores; any number of clocks may run."""
    stop = threading.Event()

    def stop_now(*_args: Any) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, stop_now)
    signal.signal(signal.SIGINT, stop_now)
    turns.run(application(), stop, schedule.CHORES)


@click.command("tick")
def tick() -> None:
    """Run the scheduled chores whose turn has come, once."""
    for name in turns.tick(schedule.CHORES):
        click.echo(name)


@deliveries.command("list")
@click.option("--status", type=click.Choice([str(one) for one in DeliveryStatus]))
@click.option("--limit", default=20, show_default=True)
def list_deliveries(status: str | None, limit: int) -> None:
    """The newest deliveries."""
    query = select(Delivery).order_by(Delivery.id.desc()).limit(limit)
    if status:
        query = query.where(Delivery.status == DeliveryStatus(status))
    for one in db.session.scalars(query):
        click.echo(f"{one.id}  {one.status}  {one.attempts_made} attempts  {one.callback}  {one.last_error}")


@deliveries.command("retry")
@click.argument("delivery_id", type=int, required=False)
@click.option("--handler", help="All dead ones of one destination.")
@click.option("--all", "everything", is_flag=True, help="All dead ones.")
def retry_deliveries(delivery_id: int | None, handler: str | None, everything: bool) -> None:
    """Send dead deliveries again: one by its id, one destination's, or all."""
    if delivery_id is not None:
        try:
            relaying.retry_now(delivery_id)
        except DomainError as error:
            raise click.ClickException(error.message) from None
        click.echo("1 delivery goes out again")
        return
    if not handler and not everything:
        raise click.UsageError("name a delivery, --handler, or --all")
    with unit_of_work("command line") as session:
        number = outbox.replay(session, handler=handler)
    click.echo(f"{number} deliveries go out again")


@deliveries.command("sweep")
def sweep_deliveries() -> None:
    """Find what is due or was lost, and ring for the workers."""
    click.echo(f"{schedule.sweep_deliveries()} destinations have something due")


@payments_group.command("confirm")
@click.argument("reference")
def confirm_payment(reference: str) -> None:
    """Note that the money of a manual payment has arrived (its reference, that of the transfer, or order number)."""
    try:
        with unit_of_work("command line"):
            payment = payments.locked(_payment_id(reference))
            effect = payments.confirm_by_hand(payment, actor="command line")
    except DomainError as error:
        raise click.ClickException(error.message) from None
    click.echo(effect)


def _payment_id(reference: str) -> int:
    typed = bank_transfers.payment_id(reference)
    if typed is None and reference.isascii() and reference.isdigit() and len(reference) < 16:
        typed = int(reference)
    if typed is not None:
        number = db.session.scalar(select(Payment.id).where(Payment.id == typed))
        if number is not None:
            return number
    return receivables.find_by_reference(reference).id


@figures_group.command("repair")
def repair_figures() -> None:
    """Write what the ledger of recurring revenue lacks and count all days anew, after rows were changed in SQL."""
    with unit_of_work("command line") as session:
        number = ledger.repair(session)
        figure_days.forget(session)
    schedule.count_days()
    click.echo(f"{number} movements were missing")


@hooks_group.command("list")
def list_hooks() -> None:
    """Every add-on and its state, every hook with its arguments, its meaning and who listens."""
    watching.look(application())
    off = hook_switches.switched_off(db.session())
    for addon in current_app.extensions["addons"]:
        resting = "  off" * (hook_switches.of_addon(addon.name) in off)
        click.echo(f"add-on  {addon.name}  {'failed' if addon.error else f'version {addon.version}{resting}'}")
    figures = hook_figures.all_of(db.session())
    for kind, hook in sorted(registry.hooks(), key=lambda one: (one[0], one[1].name)):
        click.echo(f"{kind}  {hook.name}({', '.join(hook.args)})  {hook.when}")
        for callback in hook.callbacks:
            click.echo(f"        {callback.priority:>4}  {callback.name}{_told(hook, callback, figures)}")


def _told(hook: Hook, callback: Callback, figures: dict[Key, HookFigure]) -> str:
    """How it runs, whether it is off, and what it did in all processes together."""
    done = figures.get(hook_figures.key_of(hook, callback))
    words = [
        "background" * callback.background,
        f"add-on {callback.owner}" if callback.owner else "",
        "off" * callback.off,
        f"{done.calls} calls, {done.errors} errors" if done else "",
    ]
    return "".join(f"  {word}" for word in words if word)

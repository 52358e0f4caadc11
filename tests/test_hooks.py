"""The order and the rules that integrators know from WordPress, on a registry without a database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.hook_registry import Registry, UnknownHook, begin_scope


@pytest.fixture
def hooks() -> Registry:
    begin_scope()
    return Registry()


@pytest.fixture
def seen() -> list[Any]:
    return []


def noting(seen: list[Any], name: Any) -> Callable[[], None]:
    """A callback that writes its name down."""

    def note() -> None:
        seen.append(name)

    return note


def test_lower_priorities_run_first_and_equal_ones_in_the_order_added(hooks: Registry, seen: list[Any]) -> None:
    for name, priority in (("c", 20), ("a", 5), ("b", 10), ("b2", 10), ("first", -1), ("a2", 5)):
        hooks.add_action("moment", noting(seen, name), priority)
    hooks.do_action("moment")
    assert seen == ["first", "a", "a2", "b", "b2", "c"]


def test_the_priority_is_ten_unless_said(hooks: Registry, seen: list[Any]) -> None:
    hooks.add_action("moment", noting(seen, "after"), 11)
    hooks.add_action("moment", noting(seen, "ten"))
    hooks.add_action("moment", noting(seen, "before"), 9)
    hooks.do_action("moment")
    assert seen == ["before", "ten", "after"]


def test_a_callback_is_given_what_it_takes(hooks: Registry, seen: list[Any]) -> None:
    hooks.add_action("moment", lambda *all_of_them: seen.append(all_of_them))
    hooks.add_action("moment", lambda first: seen.append(first))
    hooks.add_action("moment", lambda: seen.append("nothing"))
    hooks.add_action("moment", lambda first, second="default": seen.append((first, second)))
    hooks.do_action("moment", 1, 2, 3)
    assert seen == [(1, 2, 3), 1, "nothing", (1, 2)]


def test_accepted_args_limits_what_is_passed(hooks: Registry, seen: list[Any]) -> None:
    hooks.add_action("moment", lambda *some: seen.append(some), accepted_args=2)
    hooks.add_action("moment", lambda *some: seen.append(some), accepted_args=0)
    hooks.add_action("moment", lambda first, second="default": seen.append((first, second)), accepted_args=1)
    hooks.do_action("moment", 1, 2, 3)
    assert seen == [(1, 2), (), (1, "default")]


def test_what_wants_more_than_is_passed_is_refused_when_it_is_added(hooks: Registry) -> None:
    hooks.declare_action("wu_moment", args=("payment",), when="Now.")
    with pytest.raises(TypeError, match="wants 2 arguments, wu_moment passes 1"):
        hooks.add_action("wu_moment", lambda payment, customer: None)
    with pytest.raises(TypeError, match="wants 1 arguments, wu_moment passes 0"):
        hooks.add_action("wu_moment", lambda payment: None, accepted_args=0)
    with pytest.raises(TypeError, match="by keyword"):
        hooks.add_action("wu_moment", keyword_only)
    with pytest.raises(ValueError, match="negative"):
        hooks.add_action("wu_moment", lambda: None, accepted_args=-1)
    with pytest.raises(TypeError, match="cannot be called"):
        hooks.add_action("wu_moment", "no function")
    assert not hooks.has_action("wu_moment")


def keyword_only(*, payment: Any) -> None:
    """Nobody passes by keyword."""


def test_built_ins_without_a_signature_get_everything(hooks: Registry) -> None:
    hooks.add_filter("largest", max)
    assert hooks.apply_filters("largest", 1, 3, 2) == 3


def test_the_same_callback_added_twice_runs_once_where_it_was_first(hooks: Registry, seen: list[Any]) -> None:
    first = noting(seen, "first")
    hooks.add_action("moment", first)
    hooks.add_action("moment", noting(seen, "second"))
    hooks.add_action("moment", first)
    hooks.do_action("moment")
    assert seen == ["first", "second"]


def test_added_again_a_callback_takes_the_new_options(hooks: Registry, seen: list[Any]) -> None:
    def note(*arguments: Any) -> None:
        seen.append(arguments)

    hooks.add_action("moment", note)
    hooks.add_action("moment", note, accepted_args=1)
    hooks.do_action("moment", 1, 2)
    assert seen == [(1,)]


def test_the_same_callback_at_two_priorities_runs_twice(hooks: Registry, seen: list[Any]) -> None:
    note = noting(seen, "again")
    hooks.add_action("moment", note, 5)
    hooks.add_action("moment", note, 15)
    hooks.do_action("moment")
    assert seen == ["again", "again"]


def test_methods_of_two_objects_are_two_callbacks(hooks: Registry) -> None:
    one: list[int] = []
    other: list[int] = []
    hooks.add_action("moment", one.append)
    hooks.add_action("moment", other.append)
    hooks.add_action("moment", one.append)
    hooks.do_action("moment", 1)
    assert (one, other) == ([1], [1])


def test_removal_names_the_callback_and_its_priority(hooks: Registry, seen: list[Any]) -> None:
    note = noting(seen, "gone")
    hooks.add_action("moment", note, 5)
    assert not hooks.remove_action("moment", note)
    assert not hooks.remove_action("moment", seen.append, 5)
    assert hooks.remove_action("moment", note, 5)
    assert not hooks.remove_action("moment", note, 5)
    hooks.do_action("moment")
    assert seen == []


def test_all_can_be_removed_or_all_of_one_priority(hooks: Registry, seen: list[Any]) -> None:
    for priority in (0, 5, 10):
        hooks.add_action("moment", noting(seen, priority), priority)
        hooks.add_filter("value", lambda value, more=priority: [*value, more], priority)
    hooks.remove_all_actions("moment", 0)
    hooks.remove_all_filters("value", 0)
    hooks.do_action("moment")
    assert (seen, hooks.apply_filters("value", [])) == ([5, 10], [5, 10])
    hooks.remove_all_actions("moment")
    hooks.remove_all_filters("value")
    assert not hooks.has_action("moment")
    assert hooks.apply_filters("value", []) == []


def test_has_tells_the_priority_of_one_callback(hooks: Registry, seen: list[Any]) -> None:
    note = noting(seen, "here")
    assert hooks.has_action("moment") is False
    hooks.add_action("moment", note, 0)
    assert hooks.has_action("moment") is True
    assert hooks.has_action("moment", note) == 0
    assert hooks.has_action("moment", note) is not False
    assert hooks.has_action("moment", seen.append) is False
    hooks.add_filter("value", note, 7)
    assert (hooks.has_filter("value", note), hooks.has_filter("value")) == (7, True)


def test_asking_for_a_hook_does_not_make_one(hooks: Registry) -> None:
    assert not hooks.has_action("value")
    assert not hooks.remove_action("value", print)
    hooks.remove_all_actions("value")
    assert hooks.did_action("value") == 0
    hooks.add_filter("value", lambda value: value + 1)
    assert hooks.apply_filters("value", 1) == 2


def test_both_work_as_decorators_and_leave_the_function_as_it_is(hooks: Registry) -> None:
    @hooks.add_action("moment", priority=3)
    def listen(number: int) -> str:
        return f"heard {number}"

    @hooks.add_filter("value", accepted_args=1)
    def double(value: int) -> int:
        return value * 2

    assert (listen(1), double(2)) == ("heard 1", 4)
    assert (hooks.has_action("moment", listen), hooks.has_filter("value", double)) == (3, 10)


def test_filters_pass_the_value_on(hooks: Registry) -> None:
    hooks.add_filter("price", lambda price, factor: price * factor, 20)
    hooks.add_filter("price", lambda price: price + 1)
    assert hooks.apply_filters("price", 1, 10) == 20
    assert hooks.apply_filters("nobody_filters", "as it was", 1, 2) == "as it was"


def test_a_filter_that_raises_is_skipped_and_recorded(hooks: Registry) -> None:
    def broken(price: int) -> int:
        raise ZeroDivisionError("division of nothing")

    hooks.add_filter("price", lambda price: price + 1, 5)
    hooks.add_filter("price", broken)
    hooks.add_filter("price", lambda price: price * 10, 15)
    assert hooks.apply_filters("price", 1) == 20
    figures = hooks.filters["price"].callbacks[1].figures
    assert (figures.calls, figures.errors) == (1, 1)
    assert "division of nothing" in figures.last_error
    assert figures.last_error_at is not None


def test_an_action_that_raises_keeps_no_other_from_running(hooks: Registry, seen: list[Any]) -> None:
    hooks.add_action("moment", lambda: 1 / 0)
    hooks.add_action("moment", noting(seen, "still runs"))
    hooks.do_action("moment")
    assert seen == ["still runs"]
    assert hooks.actions["moment"].callbacks[0].figures.errors == 1


def test_what_ends_the_process_is_no_error_of_a_callback(hooks: Registry) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    hooks.add_action("moment", interrupted)
    with pytest.raises(KeyboardInterrupt):
        hooks.do_action("moment")
    assert hooks.current_hook() is None


def test_did_action_counts_within_one_request_or_job(hooks: Registry) -> None:
    assert hooks.did_action("moment") == 0
    hooks.do_action("moment")
    hooks.add_action("moment", lambda: None)
    hooks.do_action("moment")
    assert hooks.did_action("moment") == 2
    begin_scope()
    assert hooks.did_action("moment") == 0


def test_a_callback_sees_its_own_firing_counted(hooks: Registry, seen: list[Any]) -> None:
    hooks.add_action("moment", lambda: seen.append(hooks.did_action("moment")))
    hooks.do_action("moment")
    hooks.do_action("moment")
    assert seen == [1, 2]


def test_nesting_is_known_at_every_depth(hooks: Registry, seen: list[Any]) -> None:
    def outer() -> None:
        hooks.do_action("inner")
        seen.append((hooks.current_hook(), hooks.doing_action("inner"), hooks.doing_action("outer")))

    def inner() -> None:
        hooks.apply_filters("value", 0)
        seen.append((hooks.current_hook(), hooks.doing_action("outer"), hooks.doing_action()))

    hooks.add_action("outer", outer)
    hooks.add_action("inner", inner)
    hooks.add_filter("value", lambda value: seen.append(hooks.current_hook()))
    hooks.do_action("outer")
    assert seen == ["value", ("inner", True, True), ("outer", False, True)]
    assert (hooks.current_hook(), hooks.doing_action()) == (None, False)


def test_a_hook_may_fire_itself_as_long_as_it_ends(hooks: Registry, seen: list[Any]) -> None:
    def again(depth: int) -> None:
        if depth:
            hooks.do_action("moment", depth - 1)
        seen.append(depth)

    hooks.add_action("moment", again)
    hooks.do_action("moment", 3)
    assert seen == [0, 1, 2, 3]


@pytest.mark.parametrize(("priority", "runs"), [(5, False), (10, False), (11, True), (20, True)])
def test_what_is_added_during_a_run_has_its_turn_if_that_is_still_to_come(
    hooks: Registry, seen: list[Any], priority: int, runs: bool
) -> None:
    """As in WordPress: at a priority that is being run or was run already, it waits for the next time."""
    added = noting(seen, "added")
    hooks.add_action("moment", lambda: hooks.add_action("moment", added, priority))
    hooks.add_action("moment", noting(seen, "last"), 15)
    hooks.do_action("moment")
    assert ("added" in seen) is runs
    assert sorted(seen, reverse=priority > 15) == seen
    hooks.do_action("moment")
    assert seen.count("added") == 1 + runs


@pytest.mark.parametrize("priority", [10, 15])
def test_what_is_removed_during_a_run_does_not_run(hooks: Registry, seen: list[Any], priority: int) -> None:
    removed = noting(seen, "removed")
    hooks.add_action("moment", lambda: hooks.remove_action("moment", removed, priority))
    hooks.add_action("moment", removed, priority)
    hooks.add_action("moment", noting(seen, "last"), 20)
    hooks.do_action("moment")
    assert seen == ["last"]


def test_a_callback_that_removes_itself_and_comes_again_does_not_run_for_ever(hooks: Registry, seen: list[Any]) -> None:
    def once() -> None:
        seen.append("once")
        hooks.remove_action("moment", once)
        hooks.add_action("moment", once)

    hooks.add_action("moment", once)
    hooks.do_action("moment")
    assert seen == ["once"]


def test_filters_too_may_add_and_remove_others(hooks: Registry) -> None:
    def change(value: str) -> str:
        hooks.add_filter("value", lambda value: value + "c", 20)
        hooks.remove_filter("value", shout, 15)
        return value + "b"

    def shout(value: str) -> str:
        return value + "!"

    hooks.add_filter("value", change)
    hooks.add_filter("value", shout, 15)
    assert hooks.apply_filters("value", "a") == "abc"


def test_a_name_of_ours_that_is_not_declared_is_refused_with_the_nearest(hooks: Registry) -> None:
    hooks.declare_action("wu_payment_completed", args=("payment",), when="Paid.")
    hooks.declare_filter("wu_cart_total", args=("total", "cart"), when="A total.")
    for ask in (hooks.do_action, hooks.has_action, hooks.did_action, hooks.remove_all_actions):
        with pytest.raises(UnknownHook, match=r"no hook wu_payment_complete; did you mean wu_payment_completed\?"):
            ask("wu_payment_complete")
    with pytest.raises(UnknownHook, match="did you mean wu_cart_total"):
        hooks.apply_filters("wu_cart_totals", 1)
    with pytest.raises(UnknownHook, match="did you mean wu_cart_total"):
        hooks.add_action("wu_carts_total", print)
    with pytest.raises(UnknownHook) as told:
        hooks.add_action("wu_zzz", print)
    assert "did you mean" not in str(told.value)


def test_names_of_others_need_no_declaration(hooks: Registry, seen: list[Any]) -> None:
    hooks.add_action("acme_exported", seen.append)
    hooks.do_action("acme_exported", "file.csv")
    assert seen == ["file.csv"]


def test_actions_and_filters_are_not_mixed_up(hooks: Registry) -> None:
    hooks.declare_action("wu_payment_completed", args=("payment",), when="Paid.")
    hooks.declare_filter("wu_cart_total", args=("total", "cart"), when="A total.")
    hooks.add_filter("acme_price", lambda price: price)
    with pytest.raises(UnknownHook, match="wu_payment_completed is an action"):
        hooks.add_filter("wu_payment_completed", print)
    with pytest.raises(UnknownHook, match="wu_cart_total is a filter"):
        hooks.do_action("wu_cart_total")
    with pytest.raises(UnknownHook, match="acme_price is a filter"):
        hooks.add_action("acme_price", print)
    with pytest.raises(UnknownHook, match="is an action"):
        hooks.declare_filter("wu_payment_completed", args=("payment",), when="Both.")


def test_a_snapshot_brings_the_callbacks_back_as_they_were(hooks: Registry, seen: list[Any]) -> None:
    kept, gone = noting(seen, "kept"), noting(seen, "gone")
    hooks.add_action("moment", kept)
    before = hooks.snapshot()
    hooks.add_action("moment", gone)
    hooks.add_action("acme_new", gone)
    hooks.remove_action("moment", kept)
    hooks.restore(before)
    hooks.do_action("moment")
    assert seen == ["kept"]
    assert "acme_new" not in hooks.actions


# -- against a model -------------------------------------------------------------------------------------------------
names = st.sampled_from("abcdef")
steps = st.lists(
    st.tuples(st.sampled_from(["add", "remove", "remove_all"]), names, st.integers(-2, 2)), min_size=1, max_size=30
)


class Model:
    """What WordPress does, in as few words as possible: a list of callbacks for each priority."""

    def __init__(self) -> None:
        self.at: dict[int, list[str]] = {}

    def add(self, name: str, priority: int) -> None:
        callbacks = self.at.setdefault(priority, [])
        if name not in callbacks:
            callbacks.append(name)

    def remove(self, name: str, priority: int) -> None:
        if name in self.at.get(priority, []):
            self.at[priority].remove(name)

    def remove_all(self, _name: str, priority: int) -> None:
        self.at.pop(priority, None)

    def run(self) -> Iterator[str]:
        for priority in sorted(self.at):
            yield from self.at[priority]


@settings(deadline=None)
@given(steps)
def test_any_order_of_adding_and_removing_runs_as_in_the_model(given_steps: list[tuple[str, str, int]]) -> None:
    hooks, model, seen = Registry(), Model(), list[str]()
    callbacks = {name: noting(seen, name) for name in "abcdef"}
    for step, name, priority in given_steps:
        if step == "add":
            hooks.add_action("moment", callbacks[name], priority)
        elif step == "remove":
            hooks.remove_action("moment", callbacks[name], priority)
        else:
            hooks.remove_all_actions("moment", priority)
        getattr(model, step)(name, priority)
    hooks.do_action("moment")
    assert seen == list(model.run())

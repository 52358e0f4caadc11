"""What a chart draws and tells: its scale, its shapes, its words."""

from __future__ import annotations

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from webapp.charts import Scale, Series, bars, lines, of_money, round_step

MONTHS = ["Sep", "Oct", "Nov"]


@pytest.mark.parametrize(("least", "step"), [(1, 1), (3, 5), (6, 10), (10, 10), (11, 20), (201, 500), (999, 1000)])
def test_a_step_is_a_round_number(least: int, step: int) -> None:
    assert round_step(least) == step


@given(st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=40))
def test_the_scale_holds_nought_and_every_value_in_few_whole_steps(values: list[int]) -> None:
    scale = Scale.of(values)
    ticks = scale.ticks()
    assert scale.low <= min(0, *values) <= max(0, *values) <= scale.high
    assert {0, scale.low, scale.high} <= set(ticks)
    assert 2 <= len(ticks) <= 7
    assert all(0 <= scale.y(value) <= 100 for value in values)


def test_bars_stand_on_nought_and_hang_below_it(app: Flask) -> None:
    drawn = bars("Net revenue", MONTHS, [Series("Net", [1000, -500, 0])]).series[0].bars
    scale = Scale.of([1000, -500, 0])
    assert (drawn[0].y, drawn[0].y + drawn[0].height) == (scale.y(1000), scale.y(0))
    assert (drawn[1].y, drawn[1].y + drawn[1].height) == (scale.y(0), scale.y(-500))
    assert drawn[2].height == 0


def test_bars_of_several_series_stand_side_by_side(app: Flask) -> None:
    new, lost = bars("Memberships", MONTHS, [Series("New", [3, 4, 5]), Series("Lost", [1, 0, 2])]).series
    assert new.bars[0].x + new.bars[0].width == pytest.approx(lost.bars[0].x, abs=0.02)
    assert lost.bars[0].x + lost.bars[0].width < new.bars[1].x
    assert lost.bars[-1].x + lost.bars[-1].width <= 100


def test_a_line_has_a_point_in_the_middle_above_each_label(app: Flask) -> None:
    chart = lines("Memberships", MONTHS, [Series("Active", [0, 5, 10])])
    assert chart.series[0].points == "16.67,100.0 50.0,50.0 83.33,0.0"
    assert [(label.x, label.width) for label in chart.labels] == [(0, 33.33), (33.33, 33.33), (66.67, 33.33)]


def test_a_long_line_shows_a_dot_at_its_end_only(app: Flask) -> None:
    days = [str(day) for day in range(1, 31)]
    chart = lines("Visits", days, [Series("Visits", list(range(30)))])
    assert len(chart.series[0].dots) == 1
    assert [label.word for label in chart.labels][:7] == ["1", "", "", "4", "", "", "7"]
    assert [label.word for label in chart.labels if label.word and label.narrow] == ["1", "7", "13", "19", "25"]


def test_what_it_shows_is_told_in_words_and_figures(app: Flask) -> None:
    revenue = Series("Revenue", [120000, 98000, 131550])
    with app.test_request_context():
        chart = bars("Revenue a month", MONTHS, [revenue], of_money("EUR"))
    assert chart.text == "Revenue: lowest €980.00 (Oct), highest €1,315.50 (Nov), last €1,315.50 (Nov)."
    assert chart.rows[0] == ("Sep", ["€1,200.00"])
    assert [text for _y, text in chart.ticks] == ["€1,500", "€1,000", "€500", "€0"]
    assert chart.labels[1].tip == "Oct\nRevenue: €980.00"


def test_nothing_at_all_is_drawn_as_nothing(app: Flask) -> None:
    chart = bars("Revenue", MONTHS, [Series("Revenue", [0, 0, 0])])
    assert chart.ticks == [(0.0, "1"), (100.0, "0")]
    assert {bar.height for bar in chart.series[0].bars} == {0}


@pytest.mark.parametrize("series", [[], [Series("Short", [1])]])
def test_a_chart_without_its_figures_is_refused(app: Flask, series: list[Series]) -> None:
    with pytest.raises(ValueError):
        bars("Revenue", MONTHS, series)


@pytest.mark.parametrize(
    ("labels", "narrow"),
    [
        ([f"{day} Oct" for day in range(1, 31)], 5),
        ([f"{day}. Okt." for day in range(1, 31)], 4),
        ([f"{day}. Okt." for day in range(1, 8)], 4),
        (["Jan 27", *(f"M{month:02}" for month in range(2, 13))], 6),
        (["one very long label that leaves no room", "another"], 1),
    ],
)
def test_on_a_narrow_page_labels_never_touch(app: Flask, labels: list[str], narrow: int) -> None:
    with app.test_request_context():
        drawn = bars("Sales", labels, [Series("Sales", [1] * len(labels))])
    written = [one.word for one in drawn.labels if one.narrow]
    assert len(written) == narrow
    assert all(written)
    assert sum(len(one) + 1 for one in written) <= 36 or len(written) == 1

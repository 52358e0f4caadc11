"""Whether a colour can be read, and the nearest that can."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain import colours
from webapp.domain.colours import DARK, LIGHT, Scheme
from webapp.settings import ROOT

COLOURS = st.integers(0, 0xFFFFFF).map("#{:06x}".format)
SCHEMES = st.sampled_from([LIGHT, DARK])


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21), ("#ffffff", "#ffffff", 1), ("#777777", "#ffffff", 4.48), ("#ff0000", "#ffffff", 4.0)],
)
def test_contrast_is_reckoned_as_the_standard_says(one: str, other: str, ratio: float) -> None:
    assert colours.contrast(one, other) == colours.contrast(other, one) == pytest.approx(ratio, abs=0.005)


@given(COLOURS, SCHEMES)
def test_there_is_always_a_nearest_colour_that_can_be_read(colour: str, scheme: Scheme) -> None:
    near = colours.nearest(colour, scheme)
    assert colours.is_readable(near, scheme)
    assert near == colour or not colours.is_readable(colour, scheme)


@given(COLOURS)
def test_text_on_an_accent_that_can_be_read_can_be_read_as_well(colour: str) -> None:
    light, dark = colours.nearest(colour, LIGHT), colours.nearest(colour, DARK)
    assert colours.contrast(light, "#ffffff") >= 4.5
    assert colours.contrast(dark, DARK.ink) >= 4.5


def test_the_backgrounds_are_those_of_the_stylesheet() -> None:
    css = (ROOT / "webapp" / "static" / "app.css").read_text()
    for name, light, dark in zip(("surface", "paper", "sunken"), LIGHT.backgrounds, DARK.backgrounds, strict=True):
        assert f"--{name}: light-dark({light}, {dark});" in css


def test_the_products_own_colours_can_be_read() -> None:
    assert colours.is_readable("#14664a", LIGHT)
    assert colours.is_readable("#62c79d", DARK)

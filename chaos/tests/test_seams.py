"""Chaos changes the product from outside, by name: a name that is gone must not go unnoticed."""

import importlib
from functools import reduce

import pytest

from chaos.points import POINTS, Point
from chaos.server import RHYTHMS, WAITS
from kernel.periodic import all_jobs

pytestmark = pytest.mark.once


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_a_point_where_processes_die_is_a_function_of_the_product(point: Point) -> None:
    function = reduce(getattr, point.attribute.split("."), importlib.import_module(point.module))

    assert callable(function)


def test_there_are_enough_points_and_each_has_a_name_of_its_own() -> None:
    assert len(POINTS) >= 12
    assert len({point.name for point in POINTS}) == len(POINTS)


@pytest.mark.parametrize(("module", "name"), list(WAITS), ids=lambda part: part)
def test_a_wait_that_is_shortened_is_one_of_the_product(module: str, name: str) -> None:
    assert type(getattr(importlib.import_module(module), name)) in {type(WAITS[module, name]), float, int}


def test_the_jobs_that_run_more_often_are_jobs_of_the_product() -> None:
    assert set(RHYTHMS) <= {job.name for job in all_jobs()}

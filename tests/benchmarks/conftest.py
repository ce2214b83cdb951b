import pytest

from benchmarks.prompts import cases
from benchmarks.workplace import Sampling, Workplace
from lidar_core.world.model import World


@pytest.fixture(scope="session")
def world():
    return World()


@pytest.fixture(scope="session")
def student(world):
    return world.student()


@pytest.fixture
def workplace(world, student):
    """A function that makes a new workplace: 2 pictures of the first tuning case that the scorer is unsure of."""

    def make(sampling="euler_ancestral/simple/3", images=2, case=1):
        return Workplace(world, student, cases("tuning", 1)[case], Sampling.parse(sampling), images)

    return make

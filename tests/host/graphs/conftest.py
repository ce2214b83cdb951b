"""A tiny SDXL and a pool that it drew."""

import pytest
import torch

from ..tiny_models import tiny_model
from .wired import SDXL, draw, latent


@pytest.fixture(scope="module")
def model(pack):
    return tiny_model(SDXL)


@pytest.fixture(scope="module")
def pool(pack, model):
    with torch.inference_mode():
        return draw(pack, model, latent())

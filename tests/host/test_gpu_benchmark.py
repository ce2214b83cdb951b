"""benchmarks.gpu on the CPU, with toy models of the host's own classes: every row is there, with its NFE."""

import os
import subprocess
import sys

from .conftest import COMFYUI, ROOT

STEPS, PICTURES = 2, 2


def test_every_row_runs_and_counts_its_nfe():
    command = [sys.executable, "-m", "benchmarks.gpu", "--toy"]
    environment = {**os.environ, "COMFYUI_PATH": str(COMFYUI)}
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    table = [[cell.strip() for cell in line.split("|")[1:-1]] for line in result.stdout.splitlines() if "x" in line]
    for model, halves, ways in (("SDXL", 2, 5), ("Flux", 1, 4), ("Wan", 2, 4)):
        rows = {"".join(way.split(",")[:2]): numbers for name, way, *numbers in table if model in name}
        assert len(rows) == ways, result.stdout
        without = rows.pop("gradient guidance: the host's code of this model has no gradient", None)
        # The host's Flux never has a gradient, its Wan only in newer versions.
        assert {"SDXL": without is None, "Flux": without is not None, "Wan": True}[model]
        nfe = {way: float(numbers[0]) for way, numbers in rows.items()}
        of_a_picture = STEPS * halves
        assert {count for way, count in nfe.items() if "LiDAR" not in way} == {of_a_picture}
        for steps in (1, 4):
            drawing = 2 * steps / PICTURES
            measuring = nfe[f"LiDAR 2 samples of {steps}"] - of_a_picture - drawing
            assert 0 <= measuring <= 48 / PICTURES
        assert all(float(seconds) > 0 for _, seconds, *_ in rows.values())


def test_without_a_comfyui_it_says_what_to_set():
    command = [sys.executable, "-m", "benchmarks.gpu", "--toy"]
    result = subprocess.run(command, cwd=ROOT, env={**os.environ, "COMFYUI_PATH": ""}, capture_output=True, text=True)
    assert result.returncode == 2
    assert "COMFYUI_PATH" in result.stderr

"""Finds how many turns, steps and samples make the arms take as long as LiDAR with selection."""

import math
import sys
from dataclasses import replace

from .arms import Plan, arm_graph
from .prompts import Prompt
from .server import Server, seconds
from .workflow import Workflow

_ROUNDS = 3


def calibrated(server: Server, workflow: Workflow, prompt: Prompt, plan: Plan) -> Plan:
    """`plan` with the longer_steps, turns and samples that take as long as its select_turns, measured on one prompt.

    Loading the model and other work on the machine only add time, so each arm runs several times, each time with
    another seed, and the shortest counts. A turn is measured together with the scoring that the choice needs.
    """
    steps, samples = workflow.sampling["steps"], workflow.config["samples"]
    trials = {
        "select": plan,
        "plain": plan,
        "best-of": replace(plan, turns=2),
        "pool": replace(plan, samples=samples),
    }
    shortest = dict.fromkeys(trials, math.inf)
    for turn in range(_ROUNDS):
        print(f"Measuring the arms on {server}, {turn + 1} of {_ROUNDS}", file=sys.stderr, flush=True)
        for arm, trial in trials.items():
            graph = arm_graph(arm, workflow, prompt, replace(trial, first_seed=plan.first_seed + 100 * (5 + turn)))
            shortest[arm] = min(shortest[arm], seconds(server.run(graph)))
    return replace(
        plan,
        longer_steps=max(steps, round(steps * shortest["select"] / shortest["plain"])),
        turns=max(1, round(2 * shortest["select"] / shortest["best-of"])),
        samples=max(plan.images, round(samples * shortest["select"] / shortest["pool"])),
    )

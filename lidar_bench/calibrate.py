"""Finds how many turns, steps and samples make the arms take as long as LiDAR with selection."""

from dataclasses import replace

from .arms import Plan, arm_graph
from .prompts import Prompt
from .server import Server, seconds
from .workflow import Workflow


def calibrated(server: Server, workflow: Workflow, prompt: Prompt, plan: Plan) -> Plan:
    """`plan` with the longer_steps, turns and samples that take as long as its select_turns, measured on one prompt.

    Each arm runs twice, with different seeds, since the first run loads the model. A pool is measured at two sizes, and
    a turn together with the scoring that the choice needs.
    """

    def measured(arm: str, trial: Plan) -> float:
        times = []
        for first_seed in (plan.first_seed + 500, plan.first_seed + 700):
            graph = arm_graph(arm, workflow, prompt, replace(trial, first_seed=first_seed))
            times.append(seconds(server.run(graph)))
        return times[-1]

    steps, samples = workflow.sampling["steps"], workflow.config["samples"]
    budget = measured("select", plan)
    plain = measured("plain", plan)
    two_turns = measured("best-of", replace(plan, turns=2))
    pool = measured("pool", replace(plan, samples=samples))
    return replace(
        plan,
        longer_steps=max(steps, round(steps * budget / plain)),
        turns=max(1, round(2 * budget / two_turns)),
        samples=max(plan.images, round(samples * budget / pool)),
    )

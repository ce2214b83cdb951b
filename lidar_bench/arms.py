"""The arms: ways to sample a prompt, each as a graph that a server runs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lidar_core.errors import LidarError

from .prompts import Prompt
from .server import Graph
from .workflow import CONFIG, GUIDANCE, LOOKAHEAD, Workflow, for_prompt, node_named, pruned

IMAGES = "bench images"
SHOWN = "bench shown"
SEEDS_OF_A_PROMPT = 1000

ARMS = ("plain", "longer", "best-of", "pool", "lidar", "select")
"""plain: the model alone. longer: with more steps. best-of: the best of several plain turns by the reward that guides.
pool: the best lookahead samples. lidar: guided, as the workflow says. select: the best of several guided turns."""


@dataclass(frozen=True)
class Plan:
    """The settings of a run. The last four make the arms take equal time: steps of longer, turns of best-of,
    lookahead samples of pool, and turns of select."""

    images: int
    first_seed: int
    longer_steps: int
    turns: int
    samples: int
    select_turns: int


def arm_graph(arm: str, workflow: Workflow, prompt: Prompt, plan: Plan) -> Graph:
    """The graph of one arm. The node IMAGES outputs its pictures, and the node SHOWN saves them.

    Its sampling nodes carry the arm's name in an input that no node reads. Otherwise the server would take common parts
    of the arms from its cache, and the seconds would be wrong.
    """
    graph = for_prompt(workflow, prompt.text, plan.images)
    seed = plan.first_seed + SEEDS_OF_A_PROMPT * prompt.index
    build = _Builder(arm, workflow, prompt.text, seed, plan.images, graph)
    ways: dict[str, Callable[[], list[Any]]] = {
        "plain": lambda: build.decoded(build.sampled(0)),
        "longer": lambda: build.decoded(build.sampled(0, steps=plan.longer_steps)),
        "best-of": lambda: build.best_of_turns(plan.turns),
        "pool": lambda: build.best_of_pool(plan.samples),
        "lidar": lambda: build.decoded(build.sampled(0, pool=build.pool())),
        "select": lambda: build.best_of_turns(plan.select_turns, build.pool()),
    }
    graph[IMAGES] = {"class_type": "ImageFromBatch", "inputs": {"image": ways[arm](), "batch_index": 0}}
    graph[IMAGES]["inputs"]["length"] = plan.images
    graph[SHOWN] = {"class_type": "PreviewImage", "inputs": {"images": [IMAGES, 0]}}
    return pruned(graph, [SHOWN])


def judged(graph: Graph, workflow: Workflow, prompt: Prompt, judges: dict[str, list[Any]]) -> tuple[Graph, list[str]]:
    """`graph` with every judge's scores of its pictures, and the ids of the nodes that output the scores.

    It is queued after `graph`: the server has the pictures in its cache then, and the judges' time does not count.
    """
    whole = {**for_prompt(workflow, prompt.text, 1), **graph}
    told = []
    for number, judge in enumerate(judges.values()):
        scored, shown = f"bench judge {number}", f"bench judge {number} shown"
        whole[scored] = _best([IMAGES, 0], judge, prompt.text, 1)
        whole[shown] = {"class_type": "PreviewImage", "inputs": {"images": [scored, 0]}}
        told.append(scored)
    return pruned(whole, [SHOWN, *(f"{node} shown" for node in told)]), told


def judges_of(workflow: Workflow, held_out: list[str]) -> dict[str, list[Any]]:
    """Links to the reward that guides and to the rewards named in held_out, by name."""
    judges = {"guiding reward": workflow.reward}
    for name in held_out:
        node = node_named(workflow.graph, name)
        guiding = workflow.graph[workflow.reward[0]]
        if {key: workflow.graph[node][key] for key in ("class_type", "inputs")} == {
            key: guiding[key] for key in ("class_type", "inputs")
        }:
            raise LidarError(f'The judge "{name}" is the reward that guides: hold out another one.')
        judges[name] = [node, 0]
    return judges


@dataclass(frozen=True)
class _Builder:
    """Adds nodes to `graph`; each method returns the link to their output."""

    arm: str
    workflow: Workflow
    text: str
    seed: int
    images: int
    graph: Graph

    def sampled(self, turn: int, steps: int | None = None, pool: list[Any] | None = None) -> list[Any]:
        model = self.workflow.model
        if pool is not None:
            model = self._add(GUIDANCE, turn, model=model, pool=pool, **self.workflow.guidance)
        inputs = {**self.workflow.sampling, "model": model, "seed": self.seed + turn, "arm": self.arm}
        return self._add("KSampler", turn, **(inputs if steps is None else {**inputs, "steps": steps}))

    def decoded(self, latent: list[Any], turn: int = 0) -> list[Any]:
        return self._add("VAEDecode", turn, samples=latent, vae=self.workflow.vae)

    def pool(self, samples: int | None = None) -> list[Any]:
        config = {**self.workflow.config, "lookahead_seed": self.seed}
        named = self._add(CONFIG, 0, **(config if samples is None else {**config, "samples": samples}))
        inputs = {**self.workflow.lookahead, "lookahead": named, "reward_prompt": self.text, "arm": self.arm}
        return self._add(LOOKAHEAD, 0, **inputs)

    def best_of_pool(self, samples: int) -> list[Any]:
        # The samples come best first.
        return [self.pool(samples)[0], 1]

    def best_of_turns(self, turns: int, pool: list[Any] | None = None) -> list[Any]:
        images = self.decoded(self.sampled(0, pool=pool))
        for turn in range(1, turns):
            more = self.decoded(self.sampled(turn, pool=pool), turn)
            images = self._add("ImageBatch", turn, image1=images, image2=more)
        node = f"bench best {self.arm}"
        self.graph[node] = _best(images, self.workflow.reward, self.text, self.images)
        return [node, 0]

    def _add(self, kind: str, turn: int, **inputs: Any) -> list[Any]:
        node = f"bench {kind} {self.arm} {turn}"
        self.graph[node] = {"class_type": kind, "inputs": inputs}
        return [node, 0]


def _best(images: list[Any], reward: list[Any], text: str, keep: int) -> dict[str, Any]:
    inputs = {"images": images, "reward": reward, "prompt": text, "keep": keep}
    return {"class_type": "LiDARScoreImages", "inputs": inputs}

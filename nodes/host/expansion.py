"""The nodes that LiDAR KSampler expands to, and how they are found in a graph.

They are linked to the nodes that are wired to LiDAR KSampler, instead of receiving objects. Only then can the host's
cache see that another seed leaves the lookahead unchanged. If a list is wired, the host runs LiDAR KSampler for each
entry, but a link leads to the whole list: a node in between picks the entry.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from comfy_execution.graph_utils import ExecutionBlocker, GraphBuilder
from comfy_execution.utils import get_executing_context

from .drawing import LookaheadConfig

Link = list[Any]
"""A node's id and the number of its output."""

_WITH_STEPS = ("KSampler", "BasicScheduler")


@dataclass(frozen=True)
class Picture:
    """How LiDAR KSampler samples the picture: KSampler's inputs except those that are wired."""

    seed: int
    steps: int
    cfg: float
    sampler_name: str
    scheduler: str
    denoise: float

    @classmethod
    def of(cls, inputs: Mapping[str, Any]) -> "Picture":
        return cls(**{field.name: inputs[field.name] for field in fields(cls)})


class Expansion:
    """The graph that a LiDAR KSampler expands to. links: of its inputs, by name."""

    def __init__(self, links: Mapping[str, Any], picture: Picture) -> None:
        self.links = links
        self.picture = picture
        self.graph = GraphBuilder()

    def lookahead(self, prompt: str, config: LookaheadConfig | None) -> Link:
        """The pool."""
        # A config has its own cfg, so that a change of the sampler's cfg leaves the pool unchanged.
        how = {"cfg": self.picture.cfg} if config is None else {"cfg": config.cfg, **self._linked("lookahead")}
        shared = self._linked("model", "positive", "negative", "vae", "reward", "latent_image")
        return self._node("LiDARLookahead", denoise=self.picture.denoise, reward_prompt=prompt, **shared, **how)

    def guidance(self, pool: Link, **settings: float | str) -> Link:
        """The guided model."""
        return self._node("LiDARGuidance", pool=pool, **self._linked("model"), **settings)

    def sampling(self, model: Link) -> Link:
        """The latent sampled from the seed's own noise."""
        wired = self._linked("positive", "negative", "latent_image")
        return self._node("KSampler", model=model, **vars(self.picture), **wired)

    def sampling_from_best_noise(self, model: Link, pool: Link, follow: str) -> Link:
        """The latent sampled from the noise of the samples to follow, or else of the pool's best."""
        picture = self.picture
        return self._node(
            "SamplerCustomAdvanced",
            noise=self._node("LiDARPoolNoise", pool=pool, seed=picture.seed, follow=follow),
            guider=self._node("CFGGuider", model=model, cfg=picture.cfg, **self._linked("positive", "negative")),
            sampler=self._node("KSamplerSelect", sampler_name=picture.sampler_name),
            sigmas=self._node(
                "BasicScheduler",
                model=model,
                scheduler=picture.scheduler,
                steps=picture.steps,
                denoise=picture.denoise,
            ),
            **self._linked("latent_image"),
        )

    def best(self, latent: Link, keep: int, prompt: str, config: LookaheadConfig | None) -> Link:
        """The `keep` latents with the best rewards; a config says how videos are scored."""
        how = {} if config is None else self._linked("lookahead")
        return self._node(
            "LiDARScoreLatents", latents=latent, prompt=prompt, keep=keep, **self._linked("vae", "reward"), **how
        )

    def wired(self, name: str) -> Link:
        """The link of this input; for a list, of the entry that LiDAR KSampler runs for."""
        context = get_executing_context()
        index = (context.list_index if context else None) or 0
        entry: Link = self.graph.node("LiDARListEntry", id=name, entries=self.links[name], index=index).out(0)
        return entry

    def _linked(self, *names: str) -> dict[str, Any]:
        return {name: self.wired(name) for name in names}

    def _node(self, kind: str, **inputs: Any) -> Link:
        """The first output of a new node."""
        output: Link = self.graph.node(kind, **inputs).out(0)
        return output


def blocked(why: str) -> ExecutionBlocker:
    """An output that stops the nodes wired to it and says `why`."""
    return ExecutionBlocker(why)


def parts_of(graph: Any, node_id: str) -> list[str]:
    """The nodes that a LiDAR KSampler expanded to, if `node_id` is one of them; the host shows them as that node.

    For a list it expands to one graph per entry. Their ids differ before the last dot.
    """
    shown = graph.get_display_node_id(node_id)
    if graph.get_node(shown)["class_type"] != "LiDARKSampler":
        return []
    own = node_id.rpartition(".")[0]
    return [part for part in graph.all_node_ids() if part != shown and part.rpartition(".")[0] == own]


def is_part(node: Any) -> bool:
    """Whether `node` is one of those that a LiDAR KSampler became."""
    return bool(parts_of(node.hidden.dynprompt, node.hidden.unique_id))


def steps_to_come(node: Any) -> int:
    """The sampling steps that follow `node` if it is a part of a LiDAR KSampler, else 0."""
    graph = node.hidden.dynprompt
    parts = [graph.get_node(part) for part in parts_of(graph, node.hidden.unique_id)]
    return max((part["inputs"]["steps"] for part in parts if part["class_type"] in _WITH_STEPS), default=0)

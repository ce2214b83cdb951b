"""Nodes for tests that take the place of other packs' nodes."""

import os
import signal
from pathlib import Path

import comfy.model_management
import comfy.patcher_extension
import torch
from comfy_api.v0_0_2 import ComfyExtension, io
from comfy_execution.utils import get_executing_context


class Lines(io.ComfyNode):
    """A list of texts."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="Lines",
            category="testing",
            inputs=[io.String.Input("text", multiline=True)],
            outputs=[io.String.Output(is_output_list=True)],
        )

    @classmethod
    def execute(cls, text: str) -> io.NodeOutput:
        return io.NodeOutput(text.splitlines())


class Numbers(io.ComfyNode):
    """A list of whole numbers."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="Numbers",
            category="testing",
            inputs=[io.String.Input("text")],
            outputs=[io.Int.Output(is_output_list=True)],
        )

    @classmethod
    def execute(cls, text: str) -> io.NodeOutput:
        return io.NodeOutput([int(number) for number in text.split()])


class SingleImages(io.ComfyNode):
    """A batch as a list of images."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="SingleImages",
            category="testing",
            inputs=[io.Image.Input("images")],
            outputs=[io.Image.Output(is_output_list=True)],
        )

    @classmethod
    def execute(cls, images: torch.Tensor) -> io.NodeOutput:
        return io.NodeOutput([image[None] for image in images])


class SpoiledImages(io.ComfyNode):
    """Images of NaN, which no reward can score."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="SpoiledImages",
            category="testing",
            inputs=[io.Image.Input("images")],
            outputs=[io.Image.Output()],
        )

    @classmethod
    def execute(cls, images: torch.Tensor) -> io.NodeOutput:
        return io.NodeOutput(torch.full_like(images, torch.nan))


class FailsHere(io.ComfyNode):
    """Hands images on; fails on a server while the file exists that its variable LIDAR_FAILS names."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="FailsHere",
            category="testing",
            inputs=[io.Image.Input("images")],
            outputs=[io.Image.Output()],
        )

    @classmethod
    def execute(cls, images: torch.Tensor) -> io.NodeOutput:
        if Path(os.environ["LIDAR_FAILS"]).exists():
            raise RuntimeError("This server fails.")
        return io.NodeOutput(images)


class VAEOfChannels(io.ComfyNode):
    """A VAE that decodes to grey, RGB or RGBA."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="VAEOfChannels",
            category="testing",
            inputs=[io.Vae.Input("vae"), io.Int.Input("channels")],
            outputs=[io.Vae.Output()],
        )

    @classmethod
    def execute(cls, vae, channels: int) -> io.NodeOutput:
        return io.NodeOutput(_Channels(vae, channels))


class _Channels:
    def __init__(self, vae, channels: int) -> None:
        self.vae = vae
        self.channels = channels

    def decode(self, latents):
        images = self.vae.decode(latents)
        return torch.cat([images, torch.ones_like(images)], -1)[..., : self.channels]


class Trouble(io.ComfyNode):
    """A model, VAE and reward. When the one that works in `phase` begins, there is trouble.

    phase: lookahead, decoding, scoring, measuring, sampling, saving (of a pool) or none. trouble: cancel, out of
    memory, kill (the whole server, at once) or stop (the whole server, as Ctrl+C does). turn: a new number causes the
    trouble again.
    """

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="Trouble",
            category="testing",
            inputs=[
                io.Model.Input("model"),
                io.Vae.Input("vae"),
                io.Custom("LIDAR_REWARD").Input("reward"),
                io.String.Input("phase"),
                io.String.Input("trouble"),
                io.Int.Input("turn"),
            ],
            outputs=[io.Model.Output(), io.Vae.Output(), io.Custom("LIDAR_REWARD").Output()],
        )

    @classmethod
    def execute(cls, model, vae, reward, phase: str, trouble: str, turn: int) -> io.NodeOutput:
        scored_in = []

        def begins(name):
            if name == phase:
                _TROUBLES[trouble]()

        def predict(executor, *args, **kwargs):
            node = get_executing_context().node_id
            begins("lookahead" if not scored_in else "measuring" if scored_in == [node] else "sampling")
            return executor(*args, **kwargs)

        def score():
            scored_in[:] = [get_executing_context().node_id]
            begins("scoring")

        def replace(source, destination):
            if "lidar_pools" in str(destination):
                begins("saving")
            _REPLACE(source, destination)

        os.replace = replace
        troubled = model.clone()
        troubled.add_wrapper_with_key(comfy.patcher_extension.WrappersMP.APPLY_MODEL, "trouble", predict)
        return io.NodeOutput(
            troubled, _Before(vae, "decode", lambda: begins("decoding")), _Before(reward, "score", score)
        )


_REPLACE = os.replace


def _out_of_memory():
    raise torch.cuda.OutOfMemoryError("CUDA out of memory, as a test")


_TROUBLES = {
    # What the page's Cancel does.
    "cancel": comfy.model_management.interrupt_current_processing,
    "out of memory": _out_of_memory,
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "stop": lambda: os.kill(os.getpid(), signal.SIGINT),
}


class _Before:
    """`whole`, but with something done before each call of its method `name`."""

    def __init__(self, whole, name, done) -> None:
        self.whole, self.name, self.done = whole, name, done

    def __getattr__(self, name):
        if name == self.name:
            self.done()
        return getattr(self.whole, name)


class Report(io.ComfyNode):
    """Reports its input in the history."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="Report",
            category="testing",
            is_output_node=True,
            is_input_list=True,
            inputs=[io.AnyType.Input("anything")],
            outputs=[],
        )

    @classmethod
    def execute(cls, anything) -> io.NodeOutput:
        return io.NodeOutput(ui={"said": [_plain(entry) for entry in anything]})


def _plain(entry):
    if isinstance(entry, torch.Tensor):
        return [list(entry.shape), entry.double().sum().item()]
    if isinstance(entry, dict):
        return {name: _plain(value) for name, value in entry.items()}
    if hasattr(entry, "rewards"):
        return {"prompt": entry.prompt, "rewards": entry.rewards.tolist(), "latents": _plain(entry.latents)}
    return repr(entry)


class StandIns(ComfyExtension):
    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        return [Lines, Numbers, SingleImages, SpoiledImages, FailsHere, VAEOfChannels, Trouble, Report]


async def comfy_entrypoint() -> ComfyExtension:
    return StandIns()

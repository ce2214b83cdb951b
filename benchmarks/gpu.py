"""What LiDAR costs beside models of real sizes: COMFYUI_PATH=... python -m benchmarks.gpu

Times SDXL, Flux and Wan of the host's own classes, with random weights and the host's samplers: plain sampling, LiDAR
with several lookaheads, including the measurement of the hand-over, and one step of gradient guidance. Prints a
Markdown table, row by row. Runs on the CUDA device. With --toy it runs on the CPU, in sizes whose times mean nothing.

Guided pictures are charged for a model call at every step. With trained weights the lookahead samples decide the first
steps alone, and those skip the call; random weights cannot show how many.
"""

import argparse
import gc
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch

from . import host_pack
from .cost import PeakMemory
from .real_sizes import SIZES, PictureTower, Size, as_reward, conditioning, made, made_vae

SEED = 0
_NO_GRADIENT = ("inplace operation", "no autograd formula")
"""Of errors: the host's Flux adds to its activations in place, and older hosts' rotary embedding has no gradient."""


@dataclass
class Row:
    """What one row measured, for all pictures together. nfe: passes of one latent through the network."""

    nfe: int
    seconds: float
    mebibytes: float


class Bench:
    """One size of model with its decoder and a reward, and the runs that are measured."""

    def __init__(self, size: Size, device: torch.device, toy: bool) -> None:
        dtype = torch.float32 if toy else torch.bfloat16
        self.size, self.device, self.dtype, self.toy = size, device, dtype, toy
        with torch.random.fork_rng():
            torch.manual_seed(SEED)
            self.model = made(size, device, dtype)
            self.tower = PictureTower(device, dtype, *((160, 2) if toy else ()))
        self.renew_decoder()
        self.positive, self.negative = conditioning(size, 1), conditioning(size, 2)
        self.latent = {"samples": torch.zeros(size.pictures, *size.latent)}
        self.nfe = 0
        self.model.model.diffusion_model.register_forward_pre_hook(self._called)

    def _called(self, network: Any, inputs: tuple[Any, ...]) -> None:
        self.nfe += len(inputs[0])

    @torch.inference_mode()
    def sampled(self, model: Any, steps: int) -> torch.Tensor:
        import nodes

        size = self.size
        (out,) = nodes.common_ksampler(
            model, SEED, steps, size.cfg, size.sampler, size.scheduler, self.positive, self.negative, self.latent
        )
        return out["samples"]

    def plain(self) -> None:
        self.sampled(self.model, self.size.steps)

    def warm(self) -> None:
        """Fill the caches that the very first run would fill."""
        self.sampled(self.model, 2)

    @torch.inference_mode()
    def lidar(self, samples: int, calls: int, cfg: float) -> None:
        from lidar_pack.lidar_core.guidance.guide import GuidanceSettings
        from lidar_pack.nodes.host.drawing import LookaheadConfig, draw_pool
        from lidar_pack.nodes.host.guided_model import with_guidance
        from lidar_pack.nodes.host.sampling import Task

        task = Task(self.model, self.positive, self.negative, self.latent)
        config = LookaheadConfig(samples, calls, cfg, self.size.sampler, self.size.scheduler)
        pool, _ = draw_pool(task, self.vae, as_reward(self.tower), config, "a prompt")
        every_step = GuidanceSettings.paper(1.0)
        self.sampled(with_guidance(self.model, pool, every_step), self.size.steps)

    def renew_decoder(self) -> None:
        """Make the decoder anew: autograd cannot use weights that the host has loaded in inference mode."""
        self.vae = made_vae(self.size, self.device, self.dtype, self.toy)

    def gradient_step(self) -> None:
        """The reward's gradient for one noisy latent, through decoder and model with its cfg."""
        import comfy.model_management

        comfy.model_management.load_models_gpu([self.model, self.vae.patcher])
        network, decoder = self.model.model, self.vae.first_stage_model
        sigma = network.model_sampling.percent_to_sigma(0.5)
        level = torch.tensor([float(sigma)], device=self.device)
        with host_in_training(), torch.inference_mode(False), torch.enable_grad():
            x = torch.randn(1, *self.size.latent, device=self.device, requires_grad=True)
            denoised = self._denoised(network, x, level, self.positive)
            if self.size.cfg != 1:
                empty = self._denoised(network, x, level, self.negative)
                denoised = empty + self.size.cfg * (denoised - empty)
            shown = decoder.decode(network.process_latent_out(denoised).to(self.vae.vae_dtype))
            if self.size.video:
                shown = shown[:, :, shown.shape[2] // 2]
            self.tower.rewards((shown.movedim(1, -1) + 1) / 2).sum().backward()
        assert x.grad is not None
        assert x.grad.abs().sum() > 0

    def _denoised(self, network: Any, x: torch.Tensor, level: torch.Tensor, given: list[Any]) -> torch.Tensor:
        ((features, more),) = given
        conditions = network.extra_conds(
            cross_attn=features.clone(),
            pooled_output=more["pooled_output"].clone(),
            noise=x,
            device=self.device,
            width=8 * x.shape[-1],
            height=8 * x.shape[-2],
        )
        ready = {name: value.process_cond(batch_size=1, area=None).cond for name, value in conditions.items()}
        ready = {name: value.to(self.device) if torch.is_tensor(value) else value for name, value in ready.items()}
        return network.apply_model(x, level, **ready)

    def measured(self, way: Callable[[], None]) -> Row:
        self.nfe = 0
        with peak(self.device) as memory:
            start = _now(self.device)
            way()
            seconds = _now(self.device) - start
        return Row(self.nfe, seconds, memory())


@contextmanager
def host_in_training() -> Iterator[None]:
    """Make the host choose operators that have a gradient."""
    import comfy.model_management

    comfy.model_management.in_training = True
    try:
        yield
    finally:
        comfy.model_management.in_training = False


@contextmanager
def peak(device: torch.device) -> Iterator[Callable[[], float]]:
    """A function that gives the peak memory since this call in MiB: all of it on a GPU, the increase on a CPU."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        yield lambda: torch.cuda.max_memory_allocated(device) / 2**20
    else:
        resident = PeakMemory()
        resident.start()
        yield resident.take


def _now(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


def rows(name: str, size: Size, device: torch.device, toy: bool) -> Iterator[str]:
    """The table's rows of one size, with as many layers as fit."""
    while True:
        try:
            bench = Bench(size, device, toy)
            bench.warm()
            plain = bench.measured(bench.plain)
            break
        except torch.OutOfMemoryError:
            if size.halved() == size:
                yield _line(name, "out of memory, plain", None, 1, None)
                return
            size = size.halved()
            _free(device)
    if size.layers:
        name = f"{name}, {' + '.join(str(size.config[layer]) for layer in size.layers)} layers"
    pictures = size.pictures
    yield _line(name, f"plain, {size.steps} steps, cfg {size.cfg:g}", plain, pictures, plain)
    for samples, steps, cfg in size.pools:
        way = f"LiDAR, {samples} samples of {steps}, cfg {cfg:g}"
        try:
            row = bench.measured(partial(bench.lidar, samples, steps, cfg))
        except torch.OutOfMemoryError:
            yield _line(name, f"{way}: out of memory", None, pictures, None)
        else:
            yield _line(name, way, row, pictures, plain)
    try:
        bench.renew_decoder()
        bench.gradient_step()
        step = bench.measured(bench.gradient_step)
    except torch.OutOfMemoryError:
        yield _line(name, "gradient guidance: out of memory", None, 1, None)
        return
    except RuntimeError as error:
        if not any(reason in str(error) for reason in _NO_GRADIENT):
            raise
        yield _line(name, "gradient guidance: the host's code of this model has no gradient", None, 1, None)
        return
    whole = Row(step.nfe * size.steps, step.seconds * size.steps, step.mebibytes)
    one = Row(plain.nfe // pictures, plain.seconds / pictures, plain.mebibytes)
    yield _line(name, f"gradient guidance, {size.steps} times one step, a picture at a time", whole, 1, one)


def _line(name: str, way: str, row: Row | None, pictures: int, plain: Row | None) -> str:
    if row is None or plain is None:
        return f"| {name} | {way} | | | | |"
    return (
        f"| {name} | {way} | {row.nfe / pictures:.0f} | {row.seconds / pictures:.2f} "
        f"| {row.seconds / plain.seconds:.2f} | {row.mebibytes / 1024:.1f} |"
    )


def _free(device: torch.device) -> None:
    import comfy.model_management

    comfy.model_management.unload_all_models()
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.gpu", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=[name.split(",")[0] for name in SIZES], metavar="MODEL")
    parser.add_argument(
        "--halve", type=int, default=0, metavar="TIMES", help="halve the layers of Flux and Wan, to save time"
    )
    parser.add_argument("--toy", action="store_true", help="tiny models on the CPU: tests that everything runs")
    options = parser.parse_args()
    if not options.toy and not torch.cuda.is_available():
        parser.error("there is no CUDA device. --toy tries the command on the CPU.")
    # The host reads its own options from the command line.
    sys.argv = sys.argv[:1]
    try:
        host_pack.load(options.toy)
    except ValueError as error:
        parser.error(str(error))
    device = torch.device("cpu" if options.toy else "cuda")
    print(f"torch {torch.__version__}, {'toy sizes on a CPU' if options.toy else torch.cuda.get_device_name()}\n")
    print("| model | way | NFE per picture | seconds per picture | times plain | peak GiB |")
    print("|---" * 6 + "|")
    for name, size in SIZES.items():
        if options.only and name.split(",")[0] not in options.only:
            continue
        for _ in range(options.halve):
            size = size.halved()
        for line in rows(name, size.as_toy() if options.toy else size, device, options.toy):
            print(line, flush=True)
        _free(device)


if __name__ == "__main__":
    main()

"""One class of comfy.supported_models as a tiny random model, and what it samples from."""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch

from ..tiny_models import known

F32 = {"dtype": torch.float32}
PICTURES, VIDEOS, SOUNDS, SHAPES = "pictures", "videos", "sounds", "3-D shapes"
NO_NOISING = "which LiDAR cannot guide"


@dataclass(frozen=True)
class Case:
    """host_class: its name in comfy.supported_models. config: of its network. latent: shape of one sample.

    text: width of the conditioning's rows, tokens: their number, pooled: width of its pooled output. extra: further
    options of both conditionings. state: tensors of its file that decide what it is. makes: what its VAE decodes to.
    settings: of its sampling. std: of its random weights. nested: shapes of further tensors of one sample. refused:
    what the sentence says, where it is refused. channels: that its VAE decodes to. restarts: whether the host can
    sample on from a finished latent. newer: keys of the config that only newer hosts know. since: the host's version
    from which the case is right.
    """

    host_class: str
    config: dict
    latent: tuple
    text: int = 32
    tokens: int = 8
    pooled: int | None = None
    extra: Callable[[torch.Size], dict] = lambda shape: {}
    state: Callable[[], dict] = dict
    makes: str = PICTURES
    cfg: float = 3.0
    settings: dict = field(default_factory=dict)
    std: float = 0.05
    nested: tuple = ()
    refused: str | None = None
    channels: int = 3
    restarts: bool = True
    newer: tuple = ()
    since: tuple = (0, 12)

    @property
    def made(self):
        """The media that a reward receives: a VAE of videos also makes single pictures."""
        single = self.makes == VIDEOS and (len(self.latent) == 3 or self.latent[1] == 1)
        return PICTURES if single else self.makes


def seeded(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def concat(channels, mask=True):
    """An encoded picture beside the latent, and the mask of where it counts."""

    def extra(shape):
        options = {"concat_latent_image": seeded(5, 1, channels, *shape[1:])}
        return {**options, "concat_mask": torch.ones(1, 1, *shape[1:])} if mask else options

    return extra


def attention_mask(shape):
    return {"attention_mask": torch.ones(1, 8, dtype=torch.long)}


def model_of(case):
    """A ModelPatcher of the case with small random weights, always the same."""
    import comfy.model_patcher
    import comfy.supported_models

    config = getattr(comfy.supported_models, case.host_class)(known(dict(case.config), case.newer))
    # Some classes overwrite values that are only right at full size.
    config.unet_config |= known(case.config, case.newer)
    # The class's own dict is shared by all instances.
    config.sampling_settings = {**config.sampling_settings, **case.settings}
    cpu = torch.device("cpu")
    with torch.random.fork_rng(), torch.inference_mode(False), torch.no_grad(), _shortened(case):
        torch.manual_seed(0)
        model = config.get_model(case.state(), "", device=cpu)
        for parameter in model.diffusion_model.parameters():
            torch.nn.init.normal_(parameter, std=case.std)
        for name, buffer in model.diffusion_model.named_buffers():
            # What a file would contain.
            learned = name.endswith(("_conditioning", "beta", "inv_freq"))
            if buffer.dtype.is_floating_point and (learned or not torch.isfinite(buffer).all()):
                buffer.copy_(torch.randn_like(buffer) * 0.05)
    return comfy.model_patcher.CoreModelPatcher(model, load_device=cpu, offload_device=cpu)


class _shortened:  # noqa: N801
    """One layer in place of MiniMax Music 3's 36, whose number is fixed in the host."""

    def __init__(self, case):
        self.needed = case.host_class == "MiniMaxMusic3"

    def __enter__(self):
        if not self.needed:
            return
        import comfy.ldm.minimax_music.dit as dit

        self.module, self.real = dit.nn, dit.nn.ModuleList

        class OneLayer(torch.nn.ModuleList):
            def __init__(self, modules=None):
                super().__init__(None if modules is None else list(modules)[:1])

        self.module.ModuleList = OneLayer

    def __exit__(self, *error):
        if self.needed:
            self.module.ModuleList = self.real


def latent_of(case, batch=1):
    first = torch.zeros(batch, *case.latent)
    if not case.nested:
        return {"samples": first}
    import comfy.nested_tensor

    others = [torch.zeros(batch, *shape) for shape in case.nested]
    return {"samples": comfy.nested_tensor.NestedTensor([first, *others])}


def conditioning_of(case, seed):
    options = case.extra(torch.Size(case.latent))
    if case.pooled:
        options["pooled_output"] = seeded(seed + 10, 1, case.pooled)
    return [[seeded(seed, 1, case.tokens, case.text), options]]


class Decoder:
    """Returns what comfy.sd.VAE.decode returns for each kind."""

    def __init__(self, case):
        self.makes = case.makes
        self.latent_dim = {PICTURES: 2, VIDEOS: 3, SOUNDS: 1, SHAPES: 1}[case.makes]
        self.output_channels = 2 if case.makes == SOUNDS else case.channels
        self.audio_sample_rate = 8000

    def decode(self, latents):
        if self.makes == SHAPES:
            raise AttributeError("'ShapeVae' object has no attribute 'decode'")
        if self.makes == SOUNDS:
            return torch.tanh(latents.flatten(2)[:, :2]).repeat_interleave(20, -1).movedim(1, -1)
        if self.latent_dim == 2 and latents.ndim == 5:
            latents = latents[:, :, 0]
        pixels = torch.sigmoid(latents[:, : self.output_channels].float()).movedim(1, -1)
        return pixels.repeat_interleave(2, 1) if self.makes == VIDEOS and pixels.shape[1] > 1 else pixels

"""Pictures, videos and sounds through the nodes: decoded, scored, shown, kept, or refused with a sentence."""

import importlib
import wave

import pytest
import torch
from PIL import Image

from .tiny_models import MeanDecoder, TinyReward, conditioning, tiny_model

RATE = 8000


def submodule(pack, name):
    return importlib.import_module(f"{pack.__name__}.{name}")


class FilmDecoder:
    """(B, C, T, h, w) to 4 T - 3 frames that fade from latent frame to latent frame, as the host's video VAEs give."""

    latent_dim, output_channels = 3, 3

    def __init__(self):
        self.batches = []

    def decode(self, latents):
        self.batches.append(len(latents))
        frames = 4 * latents.shape[2] - 3
        pixels = torch.sigmoid(latents[:, :3]).movedim(1, -1)
        places = torch.linspace(0, latents.shape[2] - 1, frames).round().long()
        return pixels[:, places].repeat_interleave(8, -3).repeat_interleave(8, -2)


class SoundDecoder:
    """(B, C, L) to (B, 100 L, 2), as the host's audio VAEs give."""

    latent_dim, output_channels, audio_sample_rate = 1, 2, RATE

    def __init__(self):
        self.batches = []

    def decode(self, latents):
        self.batches.append(len(latents))
        return latents.flatten(2)[:, :2].repeat_interleave(100, -1).movedim(1, -1).clone()


class Decoder:
    """Decodes to any shape."""

    def __init__(self, *shape, **traits):
        self.shape = shape
        vars(self).update(traits)

    def decode(self, latents):
        return torch.rand(len(latents), *self.shape)


class Brightness(TinyReward):
    name = "brightness"

    def score(self, media, prompt):
        scores = super().score(media.stills[:, 0], prompt) if hasattr(media, "stills") else super().score(media, prompt)
        self.saw = media
        return scores

    def values(self, images, prompt):
        return images.flatten(1).mean(1)


class Loudness(TinyReward):
    name, takes = "loudness", frozenset({"sounds"})

    def values(self, sounds, prompt):
        self.saw = sounds
        return sounds.waves.square().mean((1, 2))


@pytest.fixture(scope="module")
def wan(pack):
    return tiny_model("Wan (flow, video)")


def draw(pack, model, vae, reward, latent, **config):
    drawing = submodule(pack, "nodes.host.drawing")
    settings = drawing.LookaheadConfig(
        **{"samples": 4, "steps": 2, "cfg": 1.0, "sampler_name": "euler", "scheduler": "simple", **config}
    )
    task = submodule(pack, "nodes.host.sampling").Task(model, conditioning(1), conditioning(2), latent)
    return drawing.draw_pool(task, vae, reward, settings, "a prompt")


def film_latent(batch=1):
    return {"samples": torch.zeros(batch, 16, 3, 16, 16)}


def test_videos_are_decoded_one_by_one_and_shown_to_the_reward_with_their_rate(pack, wan, monkeypatch):
    monkeypatch.setattr(submodule(pack, "nodes.host.memory"), "gains_from_batches", lambda model: True)
    viewing = submodule(pack, "lidar_core.rewards.media").Viewing(3, rate=24)
    vae, reward = FilmDecoder(), Brightness()
    pool, media = draw(pack, wan, vae, reward, film_latent(), viewing=viewing)
    assert vae.batches == [1, 1, 1, 1]
    assert reward.saw.viewing == viewing
    assert reward.saw.frames.shape == (4, 9, 128, 128, 3)
    assert reward.saw.stills.shape == (4, 3, 128, 128, 3)
    whole = FilmDecoder().decode(pool.latents)
    assert torch.equal(media.stills, whole[:, [1, 4, 7]])


def test_scored_videos_keep_the_best_latent_and_not_a_frame(pack, wan):
    latents = torch.randn(3, 16, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    node = submodule(pack, "nodes.score_latents").LiDARScoreLatents
    metric = submodule(pack, "lidar_core.rewards.metrics").MetricReward("brightness")
    best, scores, order = node.execute({"samples": latents}, FilmDecoder(), metric, "", 2).args
    assert len(scores) == 3
    assert best["samples"].shape == (2, 16, 3, 16, 16)
    assert torch.equal(best["samples"], latents[order[:2]])
    assert scores[order[0]] == max(scores)


def test_sounds_are_scored_as_the_host_would_play_them(pack):
    """The reward sees what VAE Decode Audio gives: channels first, divided by five standard deviations."""
    from comfy_extras.nodes_audio import VAEDecodeAudio

    latents = {"samples": 2 * torch.randn(3, 4, 50, generator=torch.Generator().manual_seed(0))}
    vae, reward = SoundDecoder(), Loudness()
    submodule(pack, "nodes.score_latents").LiDARScoreLatents.execute(latents, vae, reward, "a tune", 1)
    assert vae.batches == [1, 1, 1]
    expected = VAEDecodeAudio.execute(SoundDecoder(), latents).args[0]
    torch.testing.assert_close(reward.saw.waves, expected["waveform"])
    assert reward.saw.rate == expected["sample_rate"] == RATE
    submodule(pack, "nodes.score_latents").LiDARScoreLatents.execute(
        {**latents, "sample_rate": 16000}, vae, reward, "a tune", 1
    )
    assert reward.saw.rate == 16000


@pytest.mark.parametrize(
    ("vae", "latent", "reward", "words"),
    [
        (SoundDecoder(), (1, 16, 16, 16), Brightness(), "The reward brightness scores pictures and videos, but was gi"),
        (MeanDecoder(), (1, 4, 8, 8), Loudness(), "The reward loudness scores sounds, but was given pictures"),
        (FilmDecoder(), (1, 16, 3, 16, 16), Loudness(), "The reward loudness scores sounds, but was given videos"),
        (Decoder(output_channels=4), (1, 16, 3, 16, 16), Brightness(), "The VAE decodes these latents to layers of RG"),
    ],
)
def test_what_the_reward_cannot_score_is_refused_before_anything_is_sampled(pack, wan, vae, latent, reward, words):
    def untouched(*args, **kwargs):
        raise AssertionError("sampled")

    import comfy.patcher_extension

    model = tiny_model("SDXL (epsilon)") if len(latent) == 4 and latent[1] == 4 else wan
    if len(latent) == 4 and latent[1] == 16:
        model = tiny_model("SD 3 (flow)")
    watched = model.clone()
    watched.add_wrapper_with_key(comfy.patcher_extension.WrappersMP.OUTER_SAMPLE, "watch", untouched)
    with pytest.raises(ValueError, match=f"^{words}"):
        draw(pack, watched, vae, reward, {"samples": torch.zeros(latent)})


@pytest.mark.parametrize("shape", [(9, 9, 9), (4, 16, 16, 4), (4, 16, 16, 5), (100, 6), (7,)])
def test_only_known_kinds_are_scored(pack, shape):
    node = submodule(pack, "nodes.score_latents").LiDARScoreLatents
    with pytest.raises(ValueError, match=r"^The VAE decodes these latents to something of the shape \("):
        node.execute({"samples": torch.zeros(2, 4, 8, 8)}, Decoder(*shape), Brightness(), "x", 1)


def test_a_picture_of_a_video_vae_is_a_picture(pack):
    reward = Brightness()
    node = submodule(pack, "nodes.score_latents").LiDARScoreLatents
    for channels in (3, 4):
        node.execute({"samples": torch.zeros(2, 4, 1, 8, 8)}, Decoder(1, 16, 16, channels), reward, "x", 1)
        assert reward.saw.shape == (2, 16, 16, channels)


def nested(*tensors):
    import comfy.nested_tensor

    return {"samples": comfy.nested_tensor.NestedTensor(tensors)}


def test_nested_latents_are_refused_wherever_they_come(pack, wan):
    latent = nested(torch.zeros(1, 16, 3, 16, 16), torch.zeros(1, 8, 12, 16))
    words = "holds nested latents, several tensors of different shapes .* separate them first"
    score_latents = submodule(pack, "nodes.score_latents").LiDARScoreLatents
    score_images = submodule(pack, "nodes.score_images").LiDARScoreImages
    from_scores = submodule(pack, "nodes.pool_from_scores").LiDARPoolFromScores
    pool, _ = draw(pack, wan, FilmDecoder(), Brightness(), film_latent())
    noise = submodule(pack, "nodes.pool_noise").LiDARPoolNoise.execute(pool, 0).args[0]
    for work in (
        lambda: score_latents.execute(latent, FilmDecoder(), Brightness(), "x", 1),
        lambda: score_images.execute([torch.rand(1, 8, 8, 3)], [Brightness()], ["x"], [1], [latent]),
        lambda: from_scores.execute([latent], [[1.0]], ["x"]),
        lambda: noise.generate_noise(latent),
        lambda: draw(pack, wan, FilmDecoder(), Brightness(), latent),
    ):
        with pytest.raises(ValueError, match=words):
            work()


def test_videos_leave_a_film_for_the_page(pack, tmp_path, monkeypatch):
    import folder_paths

    monkeypatch.setattr(folder_paths, "get_temp_directory", lambda: str(tmp_path))
    media = submodule(pack, "lidar_core.rewards.media")
    # Frames that are alike would become one.
    films = torch.rand(2, 9, 128, 128, 3, generator=torch.Generator().manual_seed(0))
    entries = submodule(pack, "nodes.host.thumbnails").save_thumbnails(media.Videos.of(films, media.Viewing(rate=16.0)))
    assert len(entries) == 2
    for entry in entries:
        with Image.open(tmp_path / entry["filename"]) as still:
            assert still.size == (128, 128)
        with Image.open(tmp_path / entry["film"]) as film:
            assert film.n_frames == 9
            film.load()
            assert film.info["duration"] == 62


def test_sounds_leave_a_waveform_and_a_wav_file_for_the_page(pack, tmp_path, monkeypatch):
    import folder_paths

    monkeypatch.setattr(folder_paths, "get_temp_directory", lambda: str(tmp_path))
    media = submodule(pack, "lidar_core.rewards.media")
    times = torch.arange(2 * RATE) / RATE
    tone = 0.5 * torch.sin(2 * torch.pi * 440 * times) * (times < 1)
    sounds = media.Sounds(torch.stack([tone, -tone])[None], RATE)
    (entry,) = submodule(pack, "nodes.host.thumbnails").save_thumbnails(sounds)
    with wave.open(str(tmp_path / entry["sound"])) as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (2, RATE, 2 * RATE)
        frames = torch.frombuffer(bytearray(file.readframes(2 * RATE)), dtype=torch.int16).view(-1, 2).T
    torch.testing.assert_close(frames / 32767, sounds.waves[0], atol=1 / 32767, rtol=0)
    with Image.open(tmp_path / entry["filename"]) as picture:
        bright = torch.tensor([[sum(picture.getpixel((x, y))) > 300 for x in range(256)] for y in range(128)])
    # The first half is a tone of half the height, the second a line.
    assert bright[:, 20].sum() == pytest.approx(64, abs=4)
    assert bright[:, 200].sum() <= 2


def test_a_batch_that_is_one_video_is_refused_by_guidance_too(pack, wan):
    from .census.case import model_of
    from .census.cases import CASES

    rules = submodule(pack, "lidar_core.guidance.rules")
    settings = submodule(pack, "lidar_core.guidance.guide").GuidanceSettings(rules.KernelRule(handover=0.5))
    pool, _ = draw(pack, wan, FilmDecoder(), Brightness(), film_latent())
    with pytest.raises(ValueError, match="The model SVD_img2vid makes one video of the whole batch"):
        submodule(pack, "nodes.host.guided_model").with_guidance(
            model_of(CASES["Stable Video Diffusion"]), pool, settings
        )


@pytest.mark.parametrize("name", ["SD x4 upscaler", "HunyuanImage 2.1 refiner"])
def test_a_pool_of_a_model_that_noises_its_picture_does_not_depend_on_batches(pack, name, monkeypatch):
    """The host draws that noise for a whole batch from one seed."""
    from .census.case import Decoder as CaseDecoder
    from .census.case import conditioning_of, latent_of, model_of
    from .census.cases import CASES

    case = CASES[name]
    model = model_of(case)
    drawing = submodule(pack, "nodes.host.drawing")
    task = submodule(pack, "nodes.host.sampling").Task(
        model, conditioning_of(case, 1), conditioning_of(case, 2), latent_of(case)
    )

    def pool(size):
        config = drawing.LookaheadConfig(3, 2, case.cfg, "euler", "simple", batch_size=size)
        return drawing.draw_pool(task, CaseDecoder(case), Brightness(), config, "x")[0]

    one_by_one = pool(1)
    monkeypatch.setattr(submodule(pack, "nodes.host.memory"), "gains_from_batches", lambda model: True)
    assert torch.equal(pool(3).latents, one_by_one.latents)


def test_a_patched_latent_format_is_that_of_the_patch(pack):
    """Playground's format has a mean and a spread for each channel, so the unpatched model's format would be wrong."""
    from comfy_extras.nodes_model_advanced import ModelSamplingContinuousEDM

    base = tiny_model("SDXL (epsilon)")
    model = ModelSamplingContinuousEDM().patch(base, "edm_playground_v2.5", 80.0, 0.002)[0]
    latent = {"samples": torch.zeros(1, 4, 8, 8)}
    pool, _ = draw(pack, model, MeanDecoder(), Brightness(), latent)
    assert pool.origin.latent_format == "SDXL_Playground_2_5"
    rules = submodule(pack, "lidar_core.guidance.rules")
    rule = rules.KernelRule(1e4, variety=0.0, handover=1.0)
    settings = submodule(pack, "lidar_core.guidance.guide").GuidanceSettings(rule, lam=100.0)
    # Sampling another model in between removes the patches.
    sampled(base, latent)
    guided = submodule(pack, "nodes.host.guided_model").with_guidance(model, pool, settings)
    best = pool.latents[pool.order()[0]]
    assert (sampled(guided, latent)[0] - best).norm() < 1e-3 * best.norm()


def sampled(model, latent, **settings):
    import nodes

    conditions = conditioning(1), conditioning(2)
    return nodes.common_ksampler(model, 3, 2, 1.0, "euler", "simple", *conditions, latent, **settings)[0]["samples"]


def test_a_start_frame_of_less_strength_is_left_to_the_model(pack):
    """LTXV keeps such a frame at a noise level of its own, so the samples must not count there."""
    import dataclasses

    import nodes

    from .census.case import conditioning_of, model_of, seeded
    from .census.cases import CASES

    case = CASES["LTXV"]
    model = model_of(case)
    samples = torch.zeros(1, *case.latent)
    samples[:, :, :1] = seeded(9, 1, 128, 1, 4, 4)
    mask = torch.ones(1, 1, 3, 1, 1)
    mask[:, :, :1] = 0.3
    latent = {"samples": samples, "noise_mask": mask}
    pools = submodule(pack, "lidar_core.pools.pool")
    latents = seeded(1, 3, *case.latent)
    pool = pools.Pool(latents, torch.tensor([1.0, 3.0, 2.0]), (1, 2, 3), "x")
    other = latents.clone()
    other[:, :, :1] = 20 * seeded(2, 3, 128, 1, 4, 4)
    rules = submodule(pack, "lidar_core.guidance.rules")
    settings = submodule(pack, "lidar_core.guidance.guide").GuidanceSettings(rules.KernelRule(handover=0.5))
    with_guidance = submodule(pack, "nodes.host.guided_model").with_guidance

    def run(model):
        conditions = conditioning_of(case, 1), conditioning_of(case, 2)
        return nodes.common_ksampler(model, 3, 3, 3.0, "euler", "simple", *conditions, latent)[0]["samples"]

    guided = run(with_guidance(model, pool, settings))
    assert torch.equal(run(with_guidance(model, dataclasses.replace(pool, latents=other), settings)), guided)
    assert not torch.allclose(guided[:, :, 1:], run(model)[:, :, 1:])


def test_a_nested_run_is_refused_by_guidance(pack):
    """Its latent comes packed as one long row, which no pool can match in size."""
    import comfy.supported_models

    import nodes

    from .census.case import conditioning_of, latent_of, model_of, seeded
    from .census.cases import CASES

    case = CASES["LTXAV (video and sound)"]
    if not hasattr(comfy.supported_models, case.host_class):
        pytest.skip("this ComfyUI has no LTXAV")
    pools = submodule(pack, "lidar_core.pools.pool")
    pool = pools.Pool(seeded(1, 3, *case.latent), torch.tensor([1.0, 3.0, 2.0]), (1, 2, 3), "x")
    rules = submodule(pack, "lidar_core.guidance.rules")
    settings = submodule(pack, "lidar_core.guidance.guide").GuidanceSettings(rules.KernelRule(handover=0.5))
    guided = submodule(pack, "nodes.host.guided_model").with_guidance(model_of(case), pool, settings)
    conditions = conditioning_of(case, 1), conditioning_of(case, 2)
    with pytest.raises(ValueError, match="The latent that is sampled is nested.* take LiDAR Guidance off this model"):
        nodes.common_ksampler(guided, 3, 2, 3.0, "euler", "simple", *conditions, latent_of(case))


def songs(*sizes):
    tone = torch.sin(torch.arange(2 * RATE) * 0.3)
    return {"waveform": torch.stack([size * tone.expand(2, -1) for size in sizes]), "sample_rate": RATE}


def test_the_best_songs_are_handed_on_with_their_latents(pack):
    reward = submodule(pack, "nodes.audio_metric").LiDARAudioMetric.execute("loudness", "near target", -20.0)[0]
    node = submodule(pack, "nodes.score_audio").LiDARScoreAudio
    audio, latents = songs(0.5, 0.01, 0.1, 0.05), {"samples": torch.arange(4.0).view(4, 1, 1)}
    best, chosen, scores, order = node.execute(audio, reward, "", 2, latents).args
    # A sine of 0.1 on two channels is at about -20 LUFS.
    assert order == [2, 3, 0, 1]
    assert torch.equal(best["waveform"], audio["waveform"][[2, 3]])
    assert best["sample_rate"] == RATE
    assert chosen["samples"].flatten().tolist() == [2, 3]
    assert scores[2] == max(scores)
    with pytest.raises(ValueError, match="latents holds 4 latents but there are 2 sounds: wire the latents"):
        node.execute(songs(0.5, 0.1), reward, "", 1, latents)


def test_a_recording_is_the_reference(pack):
    metric = submodule(pack, "nodes.audio_metric").LiDARAudioMetric
    reward = metric.execute("likeness to reference", "more", 0.0, songs(0.2))[0]
    sounds = submodule(pack, "nodes.host.decoding").sounds_of(songs(0.9))
    assert reward.score(sounds, "").values.item() == pytest.approx(1, abs=1e-3)


def test_a_frozen_video_does_not_win_through_the_gate(pack):
    metric = submodule(pack, "nodes.video_metric").LiDARVideoMetric
    mix = submodule(pack, "nodes.reward_mix").LiDARRewardMix
    motion, steady = (metric.execute(*how, 0.5)[0] for how in (("dynamic degree", "more"), ("flicker", "less")))
    reward = mix.execute("gate", 3.0, reward_1=motion, weight_1=1.0, reward_2=steady, weight_2=1.0)[0]
    still = torch.rand(1, 1, 96, 96, 3, generator=torch.Generator().manual_seed(0))
    blurred = torch.nn.functional.avg_pool2d(still[0].movedim(-1, 1), 7, 1, 3).movedim(1, -1)
    films = torch.stack([torch.cat([blurred.roll(step * frame, 2) for frame in range(6)]) for step in (0, 1, 4)])
    media = submodule(pack, "lidar_core.rewards.media")
    videos = media.Videos.of(films, media.Viewing())
    assert steady.score(videos, "").values.argmax() == 0
    assert reward.score(videos, "").values.argmax() != 0

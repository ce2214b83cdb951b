"""Dynamic degree by the host's RAFT, with random weights."""

import importlib

import pytest
import torch


def submodule(pack, name):
    return importlib.import_module(f"{pack.__name__}.{name}")


@pytest.fixture(scope="module")
def raft(pack, tmp_path_factory):
    """What the host's Load Optical Flow Model makes of a file."""
    import folder_paths

    loader = pytest.importorskip("comfy_extras.nodes_void", reason="this ComfyUI has no RAFT").OpticalFlowLoader
    from torchvision.models.optical_flow import raft_large

    folder = tmp_path_factory.mktemp("optical_flow")
    with torch.random.fork_rng(), torch.inference_mode(False):
        torch.manual_seed(0)
        torch.save(raft_large(weights=None).state_dict(), folder / "raft_large.pth")
    before = folder_paths.folder_names_and_paths["optical_flow"]
    folder_paths.folder_names_and_paths["optical_flow"] = ([str(folder)], {".pth"})
    yield loader.execute("raft_large.pth")[0]
    folder_paths.folder_names_and_paths["optical_flow"] = before


def videos(pack, height=144, width=256):
    media = submodule(pack, "lidar_core.rewards.media")
    noise = torch.rand(1, 3, height // 8, width // 8, generator=torch.Generator().manual_seed(0))
    picture = torch.nn.functional.interpolate(noise, (height, width), mode="bicubic").clamp(0, 1)[0].movedim(0, -1)
    films = torch.stack([torch.stack([picture.roll(step * frame, 1) for frame in range(4)]) for step in (0, 6)])
    return media.Videos.of(films, media.Viewing(rate=1.0))


def test_dynamic_degree_is_vbenchs_measure_of_the_hosts_raft(pack, raft):
    reward = submodule(pack, "nodes.video_metric").LiDARVideoMetric.execute(
        "dynamic degree", "more", 0.5, optical_flow=raft
    )[0]
    assert reward.name == "more dynamic degree by optical flow"
    scored = videos(pack)
    found = reward.score(scored, "").values
    for frames, value in zip(scored.frames, found, strict=True):
        pictures = frames.movedim(-1, 1).float() / 127.5 - 1
        flows = raft.model(pictures[:-1], pictures[1:], num_flow_updates=20)[-1]
        # As VBench sorts and cuts the vectors.
        speeds = (flows[:, 0] ** 2 + flows[:, 1] ** 2).sqrt().flatten(1).sort(1, descending=True).values
        fastest = speeds[:, : round(speeds.shape[1] * 0.05)].mean(1)
        expected = (fastest.mean() / 144).clamp(max=4)
        torch.testing.assert_close(value, expected, rtol=1e-3, atol=1e-4)
    assert found[0] != found[1]


@pytest.mark.parametrize(("height", "width"), [(100, 256), (256, 132), (64, 64)])
def test_any_size_of_video_fits_raft(pack, raft, height, width):
    reward = submodule(pack, "nodes.video_metric").LiDARVideoMetric.execute(
        "dynamic degree", "more", 0.5, optical_flow=raft
    )[0]
    assert reward.score(videos(pack, height, width), "").values.isfinite().all()


def test_other_metrics_do_not_use_it(pack, raft):
    metric = submodule(pack, "nodes.video_metric").LiDARVideoMetric
    with_flow, without = (metric.execute("flicker", "less", 0.5, optical_flow=flow)[0] for flow in (raft, None))
    assert with_flow.name == without.name
    assert torch.equal(with_flow.score(videos(pack), "").values, without.score(videos(pack), "").values)


def test_another_model_is_refused_with_what_to_wire(pack):
    memory = submodule(pack, "nodes.host.memory")
    with pytest.raises(ValueError, match="optical_flow is a Linear, not RAFT: wire raft_large from Load Optical Flow"):
        submodule(pack, "nodes.video_metric").LiDARVideoMetric.execute(
            "dynamic degree", "more", 0.5, optical_flow=memory.managed(torch.nn.Linear(1, 1))
        )

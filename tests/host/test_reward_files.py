"""Broken reward files: failed downloads, and 10,000 damaged files of every kind."""

import functools
import importlib
import io
import json
import random
import struct

import pytest
import torch
from safetensors.torch import save

from ..lidar_core.rewards.scorers import tiny_clip
from .conftest import Server
from .demo_graph import demo_graph

# By kind of file; ImageReward's is 4 MB long, because its vocabulary cannot be smaller.
MUTATIONS = {
    "pickscore": 2250,
    "hpsv2.1": 2250,
    "laion": 1800,
    "v2_5": 1800,
    "laion head alone": 1600,
    "image_reward": 300,
}


def submodule(pack, name):
    return importlib.import_module(f"{pack.__name__}.{name}")


@pytest.fixture
def folder(pack, tmp_path, monkeypatch):
    import folder_paths

    extensions = folder_paths.folder_names_and_paths["reward_models"][1]
    monkeypatch.setitem(folder_paths.folder_names_and_paths, "reward_models", ([str(tmp_path)], extensions))
    return tmp_path


def load(pack, folder, name, contents):
    import folder_paths

    (folder / name).write_bytes(contents)
    folder_paths.filename_list_cache.clear()
    return submodule(pack, "nodes.reward_loader").LiDARRewardLoader.execute(name)[0]


def saved(contents):
    file = io.BytesIO()
    torch.save(contents, file)
    return file.getvalue()


MARK = b"\xef\xbb\xbf"
PAGE = b"\n<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>"
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 3944692325\n"
TENSORS = {"visual.proj": torch.ones(30, 40)}
FAILED = {
    "is a web page.* Download the file itself": lambda suffix: PAGE,
    "is a web page.* Download the file itself.": lambda suffix: MARK + PAGE,
    "is a web page": lambda suffix: b"<!-- \xe7\x8c\xab --><head><title>Sign in</title></head>" + 2000 * b"-",
    'is no file of weights but the words "Access to model x is restricted.".* signed in': lambda suffix: (
        b"Access to model x is restricted.\n"
    ),
    "is no file of weights but the words .*Entry not found": lambda suffix: b'{"error":"Entry not found"}',
    "is a Git LFS pointer.*git lfs pull": lambda suffix: POINTER,
    "is empty.* Download it again": lambda suffix: b"",
    "is cut short.* Download it again": lambda suffix: whole(suffix)[:-700],
    "is damaged, or holds no weights": lambda suffix: bytes(range(256)),
    "is damaged, or holds no weights: download it again": lambda suffix: b"\x80\x02garbage.",
}


def whole(suffix):
    return save(TENSORS) if suffix == "safetensors" else saved(TENSORS)


@pytest.mark.parametrize("message", FAILED)
@pytest.mark.parametrize("suffix", ["safetensors", "pt", "bin"])
def test_a_failed_download_is_called_by_its_name_and_not_dangerous(pack, folder, suffix, message):
    with pytest.raises(ValueError, match=f'The file "reward.{suffix}" {message}') as raised:
        load(pack, folder, f"reward.{suffix}", FAILED[message](suffix))
    assert "Python objects" not in str(raised.value)


def test_the_first_part_of_a_safetensors_header_is_cut_short(pack, folder):
    with pytest.raises(ValueError, match="is cut short"):
        load(pack, folder, "reward.safetensors", save(TENSORS)[:50])


def test_a_name_that_no_log_can_write_is_escaped(pack, folder):
    with pytest.raises(ValueError, match="is empty") as raised:
        load(pack, folder, "\u732b\U0001f436.safetensors", b"")
    assert str(raised.value).isascii()


WIDTH, WORDS, SIDE, PROJECTED = 16, tiny_clip.WORDS, 16, 8


def tiny_files(core):
    """The tensors of every kind of file, by name, for the smallest possible networks."""
    clip, siglip = core("networks.clip"), core("networks.siglip")
    head = core("rewards.scorers.picture_head")
    blip_text, blip_picture = core("networks.blip_text"), core("networks.blip_vision")
    image_reward = core("rewards.scorers.image_reward")
    vision = clip.VisionShape(layers=1, width=WIDTH, hidden=16, patch=SIDE // 2, positions=5, projection=PROJECTED)
    text = clip.TextShape(layers=1, width=WIDTH, hidden=16, vocabulary=WORDS, positions=77, projection=PROJECTED)
    pooled = siglip.SiglipShape(layers=1, width=WIDTH, hidden=16, patch=SIDE // 2, positions=4)
    picture = blip_picture.PictureShape(layers=1, width=64, hidden=16, patch=SIDE // 2, positions=5)
    words = blip_text.TextShape(layers=1, width=64, hidden=16, vocabulary=30524, positions=35, picture_width=64)
    networks = {
        "pickscore": clip.Clip(vision, text, "gelu"),
        "laion": torch.nn.ModuleDict({"tower": clip.ClipVision(vision, "quick_gelu")}),
        "v2_5": torch.nn.ModuleDict({"tower": siglip.SiglipVision(pooled)}),
        "image_reward": image_reward.ImageRewardNet(image_reward.Shape(picture, words, (64, 8, 8, 8, 8, 1))),
    }
    files = {
        name: {
            key.removeprefix("tower."): 0.05 * torch.randn(value.shape) for key, value in network.state_dict().items()
        }
        for name, network in networks.items()
    }
    files["image_reward"] = {name: value.bfloat16() for name, value in files["image_reward"].items()}
    files["pickscore"]["logit_scale"] = torch.tensor(2.0)
    for name, prefix, features in (("laion", "layers", PROJECTED), ("v2_5", "scoring_head", WIDTH)):
        layers = head.Head([features, 8, 8, 8, 8, 1], False).state_dict()
        numbers = (0, 2, 4, 6, 7)
        for key, value in layers.items():
            _, place, kind = key.split(".")
            files[name][f"{prefix}.{numbers[int(place)]}.{kind}"] = 0.1 + value
    files["laion head alone"] = {name: value for name, value in files["laion"].items() if name.startswith("layers")}
    files["hpsv2.1"] = open_clip_names(files["pickscore"])
    return files


def open_clip_names(clip):
    """A CLIP of one layer, in open_clip's layout."""
    moved = {
        "positional_embedding": clip["text_model.embeddings.position_embedding.weight"],
        "token_embedding.weight": clip["text_model.embeddings.token_embedding.weight"],
        "text_projection": clip["text_projection.weight"].T,
        "visual.class_embedding": clip["vision_model.embeddings.class_embedding"],
        "visual.conv1.weight": clip["vision_model.embeddings.patch_embedding.weight"],
        "visual.positional_embedding": clip["vision_model.embeddings.position_embedding.weight"],
        "visual.proj": clip["visual_projection.weight"].T,
        "logit_scale": clip["logit_scale"],
    }
    for kind in ("weight", "bias"):
        for ours, theirs in (("ln_pre", "pre_layrnorm"), ("ln_post", "post_layernorm")):
            moved[f"visual.{ours}.{kind}"] = clip[f"vision_model.{theirs}.{kind}"]
        moved[f"ln_final.{kind}"] = clip[f"text_model.final_layer_norm.{kind}"]
        for ours, theirs in (("visual.", "vision"), ("", "text")):
            layer, before = f"{ours}transformer.resblocks.0.", f"{theirs}_model.encoder.layers.0."
            thirds = [clip[f"{before}self_attn.{part}_proj.{kind}"] for part in "qkv"]
            moved[f"{layer}attn.in_proj_{kind}"] = torch.cat(thirds)
            names = {"attn.out_proj": "self_attn.out_proj", "mlp.c_fc": "mlp.fc1", "mlp.c_proj": "mlp.fc2"}
            for part, other in {**names, "ln_1": "layer_norm1", "ln_2": "layer_norm2"}.items():
                moved[f"{layer}{part}.{kind}"] = clip[f"{before}{other}.{kind}"]
    return {name: value.contiguous() for name, value in moved.items()}


def damaged_bytes(contents, chance):
    """Cut off, with flipped bytes, a prefix or a doubled piece, mostly near the start, where the header is."""
    kind = chance.randrange(5)
    if kind == 0:
        return contents[: chance.randrange(len(contents))]
    if kind == 1:
        return chance.choice([PAGE, POINTER, b"", b"\x00" * 8, b"{}"]) + contents[: chance.randrange(2000)]
    near = min(len(contents), chance.choice([8, 200, 4000, len(contents)]))
    out = bytearray(contents)
    if kind == 2:
        start = chance.randrange(near)
        return bytes(out[:start] + out[start : start + chance.randrange(1, 50)] + out[start:])
    for _ in range(chance.choice([1, 1, 3, 30])):
        out[chance.randrange(near)] = chance.randrange(256)
    return bytes(out)


def damaged_header(contents, chance):
    """A safetensors file with a changed header: names, types, shapes, offsets or metadata."""
    (size,) = struct.unpack("<Q", contents[:8])
    header = json.loads(contents[8 : 8 + size])
    name = chance.choice([key for key in header if key != "__metadata__"])
    wrong = chance.choice([None, -1, "x", [], {}, 1e400, 2**63, [0, 1], "F8_E4M3", "BOOL"])
    where = chance.randrange(4)
    if where == 0:
        header[chance.choice(["__metadata__", "extra", name])] = wrong
    elif where == 1:
        header[name][chance.choice(list(header[name]))] = wrong
    elif where == 2:
        header[name].pop(chance.choice(list(header[name])))
    else:
        header["__metadata__"] = {"title": wrong}
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + contents[8 + size :]


def damaged_tensors(tensors, chance, pickled):
    """A tensor missing, renamed, of another type or shape, not finite, or replaced by another kind of object."""
    out = dict(tensors)
    name = chance.choice(list(out))
    tensor = out[name]
    kind = chance.randrange(9 if pickled else 7)
    if kind == 0:
        del out[name]
    elif kind == 1:
        place = chance.choice([place for place, letter in enumerate(name) if letter.isdigit()] or [0])
        out[name[:place] + chance.choice(["9", "99", "999999999999", "", "x"]) + name[place + 1 :]] = out.pop(name)
    elif kind == 2:
        types = [torch.int64, torch.bool, torch.float64, torch.float8_e4m3fn, torch.complex64, torch.uint8]
        out[name] = tensor.to(chance.choice(types))
    elif kind == 3:
        out[name] = torch.full_like(tensor, chance.choice([float("nan"), float("inf"), 1e38, 0.0]))
    elif kind == 4:
        shape = tuple(tensor.shape)
        shapes = [(), (0,), (1,), shape[::-1], (0, *shape[1:]), (*shape, 1), shape[1:]]
        out[name] = torch.ones(chance.choice(shapes))
    elif kind == 5:
        shape = list(tensor.shape) or [1]
        shape[chance.randrange(len(shape))] = chance.choice([1, 2, 3, 7, 15, 17])
        out[name] = torch.ones(shape)
    elif kind == 6:
        # The same wrong size wherever it occurs, so that the tensors still fit each other.
        sizes = [(WIDTH, 17), (WIDTH, 1), (8, 3), (8, 0), (5, 6), (5, 1), (4, 3), (77, 2), (64, 65), (WORDS, 9)]
        old, new = chance.choice(sizes)
        for key, value in tensors.items():
            out[key] = torch.ones([new if length == old else length for length in value.shape])
    elif kind == 7:
        sparse = torch.atleast_1d(tensor).to_sparse()
        out[name] = chance.choice([None, "text", 3, [tensor], {"inner": tensor}, sparse])
    else:
        return chance.choice([list(out.values()), {0: tensor}, {"a": {"state_dict": out}}, tensor, {}, {"x": {}}, None])
    return out if pickled else {key: value.contiguous() for key, value in out.items()}


def mutations(files, chance):
    for index, name in enumerate(name for name, count in MUTATIONS.items() for _ in range(count)):
        pickled = index % 3 == 2
        tensors, whole = files[name]
        way = chance.randrange(3 if pickled else 4)
        if way == 0:
            damaged = damaged_tensors(tensors, chance, pickled)
            contents = saved(damaged) if pickled else save(damaged)
        elif way == 3:
            contents = damaged_header(whole[0], chance)
        else:
            contents = damaged_bytes(whole[pickled], chance)
        yield f"{name}.{'pt' if pickled else 'safetensors'}", contents


def test_ten_thousand_damaged_files_are_values_or_sentences(pack, folder, monkeypatch):
    def core(name):
        return submodule(pack, f"lidar_core.{name}")

    errors = core("errors")
    rewards, files = submodule(pack, "nodes.host.rewards"), submodule(pack, "nodes.host.files")
    monkeypatch.setattr(files, "clip_vocabulary", lambda: tiny_clip.VOCABULARY)
    # Reading the vocabulary would take most of the time of an ImageReward, and it is in no reward's file.
    image_reward = core("rewards.scorers.image_reward")
    monkeypatch.setattr(image_reward, "BertReader", functools.cache(image_reward.BertReader))
    torch.manual_seed(0)
    chance = random.Random(0)
    whole = {name: (tensors, (save(tensors), saved(tensors))) for name, tensors in tiny_files(core).items()}
    picture = torch.rand(1, 20, 24, 3)
    ends, raw, unwritable = {"value": 0, "sentence": 0}, {}, []
    path = folder / "file"
    for name, contents in mutations(whole, chance):
        path = folder / name
        path.write_bytes(contents)
        monkeypatch.setattr(files, "reward_path", lambda name, path=path: str(path))
        try:
            scores = rewards.reward_from_file(name).scorer.values(picture, "a cat")
            assert scores.shape == (1,)
            ends["value"] += 1
        except errors.LidarError as error:
            ends["sentence"] += 1
            unwritable += [] if str(error).isascii() else [str(error)]
        except Exception as error:
            raw.setdefault(f"{name}: {type(error).__name__}: {str(error)[:150]}", contents)
    assert not raw, "\n".join(list(raw)[:60])
    assert not unwritable
    assert sum(MUTATIONS.values()) == sum(ends.values()) == 10_000
    assert min(ends.values()) > 1000


def test_without_a_reward_model_the_loader_says_where_to_get_one_and_put_it(tmp_path):
    server = Server(tmp_path / "base")
    try:
        folder = server.folder / "models" / "reward_models"
        assert folder.is_dir()
        info = server.get("/object_info")
        assert info["LiDARRewardLoader"]["input"]["required"]["reward_name"][1]["options"] == [
            "no reward model yet: see Node Info"
        ]
        for name in ("no reward model yet: see Node Info", "gone.safetensors"):
            graph = demo_graph(info, reward=["reward", 0])
            graph["reward"] = {"class_type": "LiDARRewardLoader", "inputs": {"reward_name": name}}
            history = server.run(graph)
            (error,) = [data for kind, data in history["status"]["messages"] if kind == "execution_error"]
            assert error["exception_type"] == "lidar.LidarError"
            missing = '"gone.safetensors" is not there' if name.startswith("gone") else "There is no reward model yet"
            assert error["exception_message"].startswith(f"{missing}: put a file such as PickScore (https://")
            assert str(folder) in error["exception_message"]
    finally:
        server.stop()

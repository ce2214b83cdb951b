"""The text that a reward reads, found in graphs as people wire them."""

import asyncio
import importlib
from types import SimpleNamespace

import pytest
import torch

from .tiny_models import TinyReward


def submodule(pack, name):
    return importlib.import_module(f"{pack.__name__}.{name}")


@pytest.fixture(scope="module")
def all_nodes(pack):
    """Every node class of the host by its id."""
    import nodes

    asyncio.run(nodes.init_extra_nodes(init_custom_nodes=False, init_api_nodes=False))
    return nodes.NODE_CLASS_MAPPINGS


class Graph:
    """The part of the host's graph object that the pack reads to find the prompt and the panel."""

    def __init__(self, nodes):
        self.nodes = nodes

    def get_node(self, node_id):
        return self.nodes[node_id]

    def get_display_node_id(self, node_id):
        return node_id


def graph(**nodes):
    """Nodes by id, each (class_type, inputs); a pair of a known id and a number is a link."""
    return Graph(
        {
            name: {
                "class_type": kind,
                "inputs": {key: list(value) if isinstance(value, tuple) else value for key, value in inputs.items()},
            }
            for name, (kind, inputs) in {"loader": ("CheckpointLoaderSimple", {}), **nodes}.items()
        }
    )


class Reads(TinyReward):
    def values(self, images, prompt):
        self.prompt = prompt
        return torch.zeros(len(images))


SAMPLER = ("LiDARKSampler", {"positive": ("text", 0)})
CAT = ("CLIPTextEncode", {"text": "a (cat:1.2)", "clip": ("loader", 1)})

FOUND = {
    "plain": graph(sampler=SAMPLER, text=CAT),
    "behind modifiers": graph(
        sampler=("LiDARKSampler", {"positive": ("guidance", 0)}),
        guidance=("FluxGuidance", {"conditioning": ("control", 0), "guidance": 3.5}),
        control=("ControlNetApplyAdvanced", {"positive": ("text", 0), "negative": ("bad", 0), "strength": 1.0}),
        text=CAT,
        bad=("CLIPTextEncode", {"text": "ugly", "clip": ("loader", 1)}),
    ),
    "a primitive": graph(
        sampler=SAMPLER,
        text=("CLIPTextEncode", {"text": ("words", 0), "clip": ("loader", 1)}),
        words=("PrimitiveStringMultiline", {"value": "a cat"}),
    ),
    "a concatenation": graph(
        sampler=SAMPLER,
        text=("CLIPTextEncode", {"text": ("both", 0), "clip": ("loader", 1)}),
        both=("StringConcatenate", {"string_a": "a", "string_b": ("words", 0), "delimiter": " "}),
        words=("PrimitiveString", {"value": "cat"}),
    ),
    "SDXL": graph(
        sampler=SAMPLER,
        text=("CLIPTextEncodeSDXL", {"text_g": "a cat", "text_l": "a cat", "width": 1024, "clip": ("loader", 1)}),
    ),
    "SDXL, one empty": graph(
        sampler=SAMPLER, text=("CLIPTextEncodeSDXL", {"text_g": "a cat", "text_l": "", "clip": ("loader", 1)})
    ),
    "Flux": graph(
        sampler=SAMPLER,
        text=("CLIPTextEncodeFlux", {"clip_l": "cat, photo", "t5xxl": "a cat", "guidance": 3.5, "clip": ("loader", 1)}),
    ),
    "Flux, the long text empty": graph(
        sampler=SAMPLER, text=("CLIPTextEncodeFlux", {"clip_l": "a cat", "t5xxl": " ", "clip": ("loader", 1)})
    ),
    "SD 3, the long text empty": graph(
        sampler=SAMPLER, text=("CLIPTextEncodeSD3", {"clip_l": "a cat", "clip_g": "a (cat:1.1)", "t5xxl": ""})
    ),
    "Lumina's instructions": graph(
        sampler=SAMPLER, text=("CLIPTextEncode", {"text": "You are an assistant. <Prompt Start> a cat"})
    ),
    "GLIGEN": graph(
        sampler=SAMPLER,
        text=("GLIGENTextBoxApply", {"conditioning_to": ("cat", 0), "clip": ("loader", 1), "text": "sun"}),
        cat=CAT,
    ),
    "a control net with a text of its own": graph(
        sampler=SAMPLER,
        text=("CLIPTextEncodeControlnet", {"conditioning": ("cat", 0), "clip": ("loader", 1), "text": "sun"}),
        cat=CAT,
    ),
    "texts joined by a text that is wired": graph(
        sampler=SAMPLER,
        text=("CLIPTextEncode", {"text": ("both", 0)}),
        both=("StringConcatenate", {"string_a": "a", "string_b": "cat", "delimiter": ("blank", 0)}),
        blank=("PrimitiveString", {"value": " "}),
    ),
    "a text that is worked on": graph(
        sampler=SAMPLER,
        text=("CLIPTextEncode", {"text": ("trim", 0)}),
        trim=("StringTrim", {"string": ("part", 0), "mode": "Both"}),
        part=("StringSubstring", {"string": ("case", 0), "start": 0, "end": ("five", 0)}),
        five=("PrimitiveInt", {"value": 5}),
        case=("CaseConverter", {"string": ("animal", 0), "mode": "lowercase"}),
        animal=("StringReplace", {"string": ("expression", 0), "find": "DOG", "replace": "CAT"}),
        expression=("RegexReplace", {"string": "A BIG DOG", "regex_pattern": "BIG ", "replace": ""}),
    ),
    "in a subgraph": graph(sampler=("LiDARKSampler", {"positive": ("7:3", 0)}), **{"7:3": CAT}),
    "the same twice": graph(
        sampler=("LiDARKSampler", {"positive": ("both", 0)}),
        both=("ConditioningCombine", {"conditioning_1": ("text", 0), "conditioning_2": ("text", 0)}),
        text=CAT,
    ),
}


@pytest.mark.parametrize("case", FOUND)
@pytest.mark.usefixtures("all_nodes")
def test_the_prompt_is_found_upstream_of_positive(pack, case):
    prompt_for = submodule(pack, "nodes.host.prompts").prompt_for
    plain_text = submodule(pack, "lidar_core.rewards.prompt").plain_text
    assert plain_text(prompt_for("", FOUND[case], "sampler", Reads())).lower() == "a cat"
    assert prompt_for("a dog", FOUND[case], "sampler", Reads()) == "a dog"


ASKED = {
    'there is "a cat" and "a dog": write the text': graph(
        sampler=("LiDARKSampler", {"positive": ("both", 0)}),
        both=("ConditioningCombine", {"conditioning_1": ("text", 0), "conditioning_2": ("dog", 0)}),
        text=CAT,
        dog=("CLIPTextEncode", {"text": "a dog"}),
    ),
    'there is "a cat" and "photo": write': graph(
        sampler=SAMPLER, text=("CLIPTextEncodeSDXL", {"text_g": "a cat", "text_l": "photo"})
    ),
    "there is no text": graph(sampler=SAMPLER, text=("ConditioningZeroOut", {"strength": 1.0})),
    'comes from the node "LoadImageTextDataSetFromFolder", which makes it while running: wire that text': graph(
        sampler=SAMPLER,
        text=("CLIPTextEncode", {"text": ("wild", 0)}),
        wild=("LoadImageTextDataSetFromFolder", {}),
    ),
}


@pytest.mark.parametrize("message", ASKED)
@pytest.mark.usefixtures("all_nodes")
def test_an_ambiguous_prompt_is_asked_for(pack, message):
    with pytest.raises(ValueError, match=message):
        submodule(pack, "nodes.host.prompts").prompt_for("", ASKED[message], "sampler", Reads())


@pytest.mark.parametrize("message", ASKED)
@pytest.mark.usefixtures("all_nodes")
def test_a_reward_that_reads_no_prompt_needs_none(pack, message):
    metric = submodule(pack, "lidar_core.rewards.metrics").MetricReward("contrast")
    mix = submodule(pack, "lidar_core.rewards.mix").RewardMix
    prompt_for = submodule(pack, "nodes.host.prompts").prompt_for
    assert prompt_for("", ASKED[message], "sampler", metric) == ""
    assert prompt_for("", ASKED[message], "sampler", mix([metric, metric], [1.0, 1.0], "min")) == ""
    with pytest.raises(ValueError, match=message):
        prompt_for("", ASKED[message], "sampler", mix([metric, Reads()], [1.0, 1.0], "min"))


def found(pack, nodes):
    prompts, clean = submodule(pack, "nodes.host.prompts"), submodule(pack, "lidar_core.rewards.prompt").plain_text
    return clean(prompts.prompt_for("", graph(**nodes), "sampler", Reads()))


def test_a_text_made_of_a_pattern(pack, all_nodes):
    if "StringFormat" not in all_nodes:
        pytest.skip("this ComfyUI has no StringFormat")
    words = ("StringFormat", {"f_string": "{a} {b}", "values.a": "a", "values.b": ("word", 0)})
    made = {"words": words, "word": ("PrimitiveString", {"value": "cat"})}
    assert found(pack, {"sampler": SAMPLER, "text": ("CLIPTextEncode", {"text": ("words", 0)}), **made}) == "a cat"


@pytest.fixture
def other_pack(all_nodes, monkeypatch):
    """An encoder of another pack, and a node that makes texts, under names as other packs give them."""

    class Encoder:
        RETURN_TYPES = ("CONDITIONING",)

        @classmethod
        def INPUT_TYPES(cls):  # noqa: N802
            return {"required": {"text": ("STRING",), "prompt": ("SCHEDULE",)}}

    class Words(Encoder):
        RETURN_TYPES = ("STRING",)

    monkeypatch.setitem(all_nodes, "Encoder \U0001f436", Encoder)
    monkeypatch.setitem(all_nodes, "Words \u732b", Words)


@pytest.mark.usefixtures("other_pack")
@pytest.mark.parametrize("held", [[1, 2, 3], ["a", "b"], [512, 512], {"a": 1}, 5, True, None])
def test_what_is_no_text_is_no_prompt(pack, held):
    """Another pack's encoder may keep anything in an input of a usual name."""
    encoder = ("Encoder \U0001f436", {"text": "a cat", "prompt": held, "tags": held})
    assert found(pack, {"sampler": SAMPLER, "text": encoder}) == "a cat"
    with pytest.raises(ValueError, match="there is no text"):
        found(pack, {"sampler": SAMPLER, "text": ("Encoder \U0001f436", {"text": held})})


@pytest.mark.usefixtures("other_pack")
def test_a_node_whose_name_no_log_can_write_is_escaped(pack):
    words = {"text": ("CLIPTextEncode", {"text": ("words", 0)}), "words": ("Words \u732b", {})}
    with pytest.raises(ValueError, match="which makes it while running") as raised:
        found(pack, {"sampler": SAMPLER, **words})
    assert str(raised.value).isascii()


@pytest.mark.parametrize("switched", ["text", "conditioning"])
def test_a_switch_hands_on_what_it_is_set_to(pack, all_nodes, switched):
    if "ComfySwitchNode" not in all_nodes:
        pytest.skip("this ComfyUI has no switch")
    switch = ("ComfySwitchNode", {"switch": ("on", 0), "on_true": ("yes", 0), "on_false": ("no", 0)})
    on = {"on": ("PrimitiveBoolean", {"value": True})}
    if switched == "text":
        texts = {"yes": ("PrimitiveString", {"value": "a cat"}), "no": ("Wildcards", {"text": "__animal__"})}
        ends = {"text": ("CLIPTextEncode", {"text": ("switch", 0)}), "switch": switch}
    else:
        texts = {"yes": CAT, "no": ("CLIPTextEncode", {"text": "a dog"})}
        ends = {"text": ("ConditioningSetArea", {"conditioning": ("switch", 0)}), "switch": switch}
    assert found(pack, {"sampler": SAMPLER, **ends, **texts, **on}) == "a cat"


# The input whose text is the prompt, for every node of the host that encodes texts; None: it has no prompt.
ENCODERS = {
    "CLIPTextEncode": "text",
    "CLIPTextEncodeFlux": "t5xxl",
    "CLIPTextEncodeHiDream": "t5xxl",
    "CLIPTextEncodeHunyuanDiT": "mt5xl",
    "CLIPTextEncodeKandinsky5": "qwen25_7b",
    "CLIPTextEncodeLumina2": "user_prompt",
    "CLIPTextEncodePixArtAlpha": "text",
    "CLIPTextEncodeSD3": "t5xxl",
    "CLIPTextEncodeSDXLRefiner": "text",
    "MakeTrainingDataset": None,
    "MiniMaxH3ImageToVideo": "prompt",
    "MiniMaxH3ReferenceToVideo": "prompt",
    "MiniMaxMusic3TextEncode": "caption",
    "PhotoMakerEncode": "text",
    "TextEncodeAceStepAudio": "tags",
    "TextEncodeAceStepAudio1.5": "tags",
    "TextEncodeBooguEdit": "prompt",
    "TextEncodeHunyuanVideo_ImageToVideo": "prompt",
    "TextEncodeJoyImageEdit": "prompt",
    "TextEncodeMageFlowEdit": "prompt",
    "TextEncodeQwenImageEdit": "prompt",
    "TextEncodeQwenImageEditPlus": "prompt",
    "TextEncodeZImageOmni": "prompt",
}
# Two encoders of one text: with two texts it is not clear which is meant.
TWO_TEXTS = {"CLIPTextEncodeSDXL": '"text_g" and "text_l"'}


def test_every_node_that_makes_a_conditioning_has_one_prompt_or_a_sentence(pack, all_nodes):
    """Each text input holds its own name; conditionings come from "a cat", those that are negative from "ugly"."""
    seen = set()
    for kind, node in all_nodes.items():
        if "CONDITIONING" not in list(node.RETURN_TYPES):
            continue
        types = node.INPUT_TYPES()
        inputs = {name: spec[0] for group in ("required", "optional") for name, spec in types.get(group, {}).items()}
        filled = {name: name for name, what in inputs.items() if what == "STRING"}
        before = [name for name, what in inputs.items() if what == "CONDITIONING"]
        filled |= {name: ("ugly" if name.startswith("negative") else "cat", 0) for name in before}
        wired = {"sampler": SAMPLER, "text": (kind, filled), "cat": CAT, "ugly": ("CLIPTextEncode", {"text": "ugly"})}
        if before:
            assert found(pack, wired) == "a cat", kind
            continue
        if {"CLIP", "STRING"} <= set(inputs.values()):
            assert kind in {**ENCODERS, **TWO_TEXTS}, f"Which input of {kind} is the prompt?"
            seen.add(kind)
        if ENCODERS.get(kind):
            assert found(pack, wired) == ENCODERS[kind], kind
        else:
            with pytest.raises(ValueError, match=f"upstream of positive there is {TWO_TEXTS.get(kind, 'no text')}"):
                found(pack, wired)
    assert len(seen) > 15


def test_a_message_quotes_prompts_in_ascii_and_not_all_of_them(pack, all_nodes):
    texts = {"yes": ("CLIPTextEncode", {"text": 500 * "\u732b"}), "no": ("CLIPTextEncode", {"text": "\U0001f436"})}
    both = ("ConditioningCombine", {"conditioning_1": ("yes", 0), "conditioning_2": ("no", 0)})
    with pytest.raises(ValueError, match="there is .* and .*: write the text") as raised:
        found(pack, {"sampler": SAMPLER, "text": both, **texts})
    assert str(raised.value).isascii()
    assert len(str(raised.value)) < 800


@pytest.mark.parametrize(
    ("written", "read"), [(r"saber \(fate\)", "saber (fate)"), (r"(clock \(3:30\):1.2)", "clock (3:30)")]
)
@pytest.mark.parametrize("given", [True, False], ids=["given", "found"])
def test_a_reward_reads_the_same_text_through_every_node(pack, all_nodes, monkeypatch, written, read, given):
    """LiDAR KSampler passes its text to the nodes that it expands to; nodes used alone get it from the user."""

    reward = Reads()
    wired = graph(
        sampler=("LiDARKSampler", dict.fromkeys(("model", "negative", "vae", "reward"), ("loader", 0))),
        text=("CLIPTextEncode", {"text": "another text" if given else written}),
    )
    wired.nodes["sampler"]["inputs"] |= {"positive": ["text", 0], "latent_image": ["loader", 0]}
    hidden = SimpleNamespace(dynprompt=wired, unique_id="sampler")
    ksampler = submodule(pack, "nodes.ksampler").LiDARKSampler
    lookahead = submodule(pack, "nodes.lookahead").LiDARLookahead
    score_images = submodule(pack, "nodes.score_images").LiDARScoreImages
    monkeypatch.setattr(ksampler, "hidden", hidden, raising=False)
    monkeypatch.setattr(lookahead, "hidden", hidden, raising=False)
    text = written if given else ""
    becomes = ksampler.execute(
        seed=0,
        steps=1,
        cfg=1.0,
        sampler_name="euler",
        scheduler="simple",
        denoise=1.0,
        strength=1.0,
        start="fresh noise",
        keep=1,
        reward_prompt=text,
        reward=reward,
    ).expand
    handed_on = {node["class_type"]: node["inputs"] for node in becomes.values()}
    drawn = []
    monkeypatch.setattr(submodule(pack, "nodes.lookahead"), "steps_to_come", lambda node: 0)

    def draw_pool(*given):
        drawn.append(next(part for part in given if isinstance(part, str)))
        raise ZeroDivisionError

    monkeypatch.setattr(submodule(pack, "nodes.lookahead"), "draw_pool", draw_pool)
    for prompt in (handed_on["LiDARLookahead"]["reward_prompt"], text):
        with pytest.raises(ZeroDivisionError):
            lookahead.execute(*[None] * 4, reward, None, 1.0, 1.0, prompt)
    assert drawn == [read, read]
    score_images.execute([torch.zeros(1, 8, 8, 3)], [reward], [handed_on["LiDARScoreLatents"]["prompt"]], [1])
    assert reward.prompt == read

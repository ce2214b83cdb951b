"""The recipe of each node's help page, wired in the page as a user would, and the picture of it.

The page shows help in a narrow column, so the nodes of a recipe stand below each other.

LIDAR_PICTURES=1 makes the pictures in web/docs anew. Only then are the pictures that need a run made.
"""

import io

import pytest
from PIL import Image

from ..host.conftest import ROOT
from .test_parts import take_apart

DOCS = ROOT / "web" / "docs"
MOST_BYTES = 60_000
DEMO_SAMPLER = {"steps": 30, "cfg": 1.5, "sampler_name": "euler_ancestral", "scheduler": "karras"}
AESTHETIC = {"reward_name": "sac+logos+ava1-l14-linearMSE.pth", "tower_name": "clip-vit-large-patch14.safetensors"}

# Steps from first to last, the nodes of each with a key, a type and what their widgets are set to; and the links.
RECIPES = {
    "LiDARBlindVote": (
        [
            [("lidar", "LiDARKSampler", {"seed": 1}), ("plain", "KSampler", {"seed": 1})],
            [("guided", "VAEDecode", {}), ("unguided", "VAEDecode", {})],
            [("vote", "LiDARBlindVote", {})],
        ],
        [
            ("lidar.latent", "guided.samples"),
            ("plain.LATENT", "unguided.samples"),
            ("guided.IMAGE", "vote.first"),
            ("unguided.IMAGE", "vote.second"),
        ],
    ),
    "LiDARDemoLoader": (
        [
            [("demo", "LiDARDemoLoader", {})],
            [
                ("prompt", "CLIPTextEncode", {"text": "three green squares"}),
                ("nothing", "CLIPTextEncode", {"text": ""}),
                ("size", "EmptyLatentImage", {"width": 128, "height": 128, "batch_size": 4}),
            ],
            [
                (
                    "sampler",
                    "LiDARKSampler",
                    DEMO_SAMPLER,
                )
            ],
        ],
        [
            ("demo.clip", "prompt.clip"),
            ("demo.clip", "nothing.clip"),
            ("demo.model", "sampler.model"),
            ("demo.vae", "sampler.vae"),
            ("demo.reward", "sampler.reward"),
            ("prompt.CONDITIONING", "sampler.positive"),
            ("nothing.CONDITIONING", "sampler.negative"),
            ("size.LATENT", "sampler.latent_image"),
        ],
    ),
    "LiDARLoadPool": (
        [
            [("pool", "LiDARLoadPool", {"pool_name": "lidar_pools/bicycle_3f1c09a2b7d84e65.safetensors"})],
            [("guidance", "LiDARGuidance", {})],
            [("sampler", "KSampler", {})],
        ],
        [("pool.pool", "guidance.pool"), ("guidance.model", "sampler.model")],
    ),
    "LiDARLookaheadConfig": (
        [
            [("checkpoint", "CheckpointLoaderSimple", {"ckpt_name": "sd_xl_base_1.0.safetensors"})],
            [("distilled", "LoraLoaderModelOnly", {"lora_name": "sdxl_lightning_4step_lora.safetensors"})],
            [
                (
                    "config",
                    "LiDARLookaheadConfig",
                    {"samples": 32, "steps": 4, "cfg": 1, "sampler_name": "euler", "scheduler": "sgm_uniform"},
                )
            ],
            [("sampler", "LiDARKSampler", {"steps": 25, "cfg": 7, "sampler_name": "dpmpp_2m", "scheduler": "karras"})],
        ],
        [
            ("checkpoint.MODEL", "distilled.model"),
            ("checkpoint.MODEL", "sampler.model"),
            ("distilled.MODEL", "config.model"),
            ("config.lookahead", "sampler.lookahead"),
        ],
    ),
    "LiDARMergePools": (
        [
            [
                ("one", "LiDARLoadPool", {"pool_name": "lidar_pools/bicycle_3f1c09a2b7d84e65.safetensors"}),
                ("other", "LiDARLoadPool", {"pool_name": "lidar_pools/bicycle_a04be71f5c2d9638.safetensors"}),
            ],
            [("both", "LiDARMergePools", {})],
            [("guidance", "LiDARGuidance", {})],
        ],
        [("one.pool", "both.pools.pool_1"), ("other.pool", "both.pools.pool_2"), ("both.pool", "guidance.pool")],
    ),
    "LiDARPaperGuidance": (
        [
            [
                (
                    "config",
                    "LiDARLookaheadConfig",
                    {"samples": 50, "steps": 5, "cfg": 7.5, "sampler_name": "dpmpp_2m", "scheduler": "normal"},
                )
            ],
            [("pool", "LiDARLookahead", {})],
            [("guidance", "LiDARPaperGuidance", {})],
            [("sampler", "KSampler", {"steps": 100, "cfg": 7.5, "sampler_name": "ddpm", "scheduler": "normal"})],
        ],
        [
            ("config.lookahead", "pool.lookahead"),
            ("pool.pool", "guidance.pool"),
            ("guidance.model", "sampler.model"),
        ],
    ),
    "LiDARPoolFromScores": (
        [
            [("sampler", "KSampler", {"steps": 8, "cfg": 7, "sampler_name": "dpmpp_2m", "scheduler": "karras"})],
            [("decoded", "VAEDecode", {}), ("scores", "LiDARScoreImages", {"prompt": "a red bicycle"})],
            [("pool", "LiDARPoolFromScores", {"prompt": "a red bicycle"})],
            [("guidance", "LiDARGuidance", {})],
        ],
        [
            ("sampler.LATENT", "decoded.samples"),
            ("decoded.IMAGE", "scores.images"),
            ("sampler.LATENT", "pool.latents"),
            ("scores.scores", "pool.scores"),
            ("pool.pool", "guidance.pool"),
        ],
    ),
    "LiDARPoolNoise": (
        [
            [("pool", "LiDARLoadPool", {"pool_name": "lidar_pools/bicycle_3f1c09a2b7d84e65.safetensors"})],
            [("noise", "LiDARPoolNoise", {"seed": 1}), ("guidance", "LiDARGuidance", {})],
            [("guider", "CFGGuider", {"cfg": 7})],
            [("sampler", "SamplerCustomAdvanced", {})],
        ],
        [
            ("pool.pool", "noise.pool"),
            ("pool.pool", "guidance.pool"),
            ("guidance.model", "guider.model"),
            ("noise.noise", "sampler.noise"),
            ("guider.GUIDER", "sampler.guider"),
        ],
    ),
    "LiDARRewardChecklist": (
        [
            [("vlm", "CLIPLoader", {"clip_name": "qwen3vl_4b_fp8_scaled.safetensors"})],
            [
                (
                    "checklist",
                    "LiDARRewardChecklist",
                    {"lines": "How many cats are there? two\nIs the bicycle red? yes * 2\nIs anything blurred? no"},
                ),
                ("looks", "LiDARRewardLoader", {"reward_name": "PickScore_v1.safetensors"}),
            ],
            [("mix", "LiDARRewardMix", {"weight_2": 0.5})],
        ],
        [("vlm.CLIP", "checklist.clip"), ("checklist.reward", "mix.reward_1"), ("looks.reward", "mix.reward_2")],
    ),
    "LiDARRewardFromClip": (
        [
            [
                ("checkpoint", "CheckpointLoaderSimple", {"ckpt_name": "sd_xl_base_1.0.safetensors"}),
                ("eyes", "CLIPVisionLoader", {"clip_name": "clip_vision_g.safetensors"}),
            ],
            [
                ("fit", "LiDARRewardFromClip", {}),
                ("looks", "LiDARRewardLoader", AESTHETIC),
            ],
            [("mix", "LiDARRewardMix", {"weight_2": 0.5})],
        ],
        [
            ("checkpoint.CLIP", "fit.clip"),
            ("eyes.CLIP_VISION", "fit.clip_vision"),
            ("fit.reward", "mix.reward_1"),
            ("looks.reward", "mix.reward_2"),
        ],
    ),
    "LiDARRewardDetector": (
        [
            [("detector", "UNETLoader", {"unet_name": "rt_detr_v4-x-hgnet_fp16.safetensors"})],
            [
                ("found", "LiDARRewardDetector", {"lines": "cat x 2\ndog left of cat\napple: red"}),
                ("looks", "LiDARRewardLoader", {"reward_name": "PickScore_v1.safetensors"}),
            ],
            [("mix", "LiDARRewardMix", {"weight_2": 0.5})],
        ],
        [("detector.MODEL", "found.model"), ("found.reward", "mix.reward_1"), ("looks.reward", "mix.reward_2")],
    ),
    "LiDARRewardFromRatings": (
        [
            [
                ("eyes", "CLIPVisionLoader", {"clip_name": "clip_vision_h.safetensors"}),
                ("samples", "LiDARLookahead", {}),
            ],
            [("taste", "LiDARRewardFromRatings", {"ratings": "3 > 1 > 2\n7 > 4\n5 > 8 > 6", "name": "my_taste"})],
            [("fit", "LiDARRewardLoader", {"reward_name": "PickScore_v1.safetensors"})],
            [("mix", "LiDARRewardMix", {})],
        ],
        [
            ("eyes.CLIP_VISION", "taste.clip_vision"),
            ("samples.images", "taste.images"),
            ("taste.reward", "mix.reward_1"),
            ("fit.reward", "mix.reward_2"),
        ],
    ),
    "LiDARRewardFromVLM": (
        [
            [("vlm", "CLIPLoader", {"clip_name": "qwen3vl_4b_fp8_scaled.safetensors"})],
            [
                (
                    "asked",
                    "LiDARRewardFromVLM",
                    {
                        "question": "Does this picture show exactly {prompt}, with the right number of each thing? "
                        "Answer Yes or No."
                    },
                ),
                ("looks", "LiDARRewardLoader", {"reward_name": "HPS_v2.1_compressed.pt"}),
            ],
            [("mix", "LiDARRewardMix", {"weight_2": 0.5})],
        ],
        [("vlm.CLIP", "asked.clip"), ("asked.reward", "mix.reward_1"), ("looks.reward", "mix.reward_2")],
    ),
    "LiDARRewardLoader": (
        [
            [("scorer", "LiDARRewardLoader", {"reward_name": "PickScore_v1.safetensors"})],
            [("sampler", "LiDARKSampler", {"steps": 25, "cfg": 7, "sampler_name": "dpmpp_2m", "scheduler": "karras"})],
        ],
        [("scorer.reward", "sampler.reward")],
    ),
    "LiDARRewardMetric": (
        [
            [
                ("scorer", "LiDARRewardLoader", {"reward_name": "PickScore_v1.safetensors"}),
                ("metric", "LiDARRewardMetric", {"metric": "sharpness"}),
            ],
            [("mix", "LiDARRewardMix", {"weight_2": 0.2})],
        ],
        [("scorer.reward", "mix.reward_1"), ("metric.reward", "mix.reward_2")],
    ),
    "LiDARRewardMix": (
        [
            [
                ("scorer", "LiDARRewardLoader", {"reward_name": "PickScore_v1.safetensors"}),
                ("looks", "LiDARRewardLoader", AESTHETIC),
            ],
            [("mix", "LiDARRewardMix", {"weight_2": 0.5})],
            [("sampler", "LiDARKSampler", {"steps": 25, "cfg": 7, "sampler_name": "dpmpp_2m", "scheduler": "karras"})],
        ],
        [("scorer.reward", "mix.reward_1"), ("looks.reward", "mix.reward_2"), ("mix.reward", "sampler.reward")],
    ),
    "LiDARRewardText": (
        [
            [
                ("text", "LiDARRewardText", {"text": "OPEN 24h"}),
                ("fit", "LiDARRewardLoader", {"reward_name": "PickScore_v1.safetensors"}),
            ],
            [("mix", "LiDARRewardMix", {})],
        ],
        [("text.reward", "mix.reward_1"), ("fit.reward", "mix.reward_2")],
    ),
    "LiDARSavePool": (
        [
            [("config", "LiDARLookaheadConfig", {"samples": 32})],
            [("pool", "LiDARLookahead", {})],
            [("saved", "LiDARSavePool", {"filename_prefix": "lidar_pools/bicycle"})],
        ],
        [("config.lookahead", "pool.lookahead"), ("pool.pool", "saved.pool")],
    ),
    "LiDARScoreImages": (
        [
            [
                ("scorer", "LiDARRewardLoader", {"reward_name": "PickScore_v1.safetensors"}),
                ("sampler", "KSampler", {"steps": 25, "cfg": 7}),
            ],
            [("decoded", "VAEDecode", {})],
            [("best", "LiDARScoreImages", {"prompt": "a red bicycle leaning against a yellow wall", "keep": 1})],
            [("saved", "SaveImage", {})],
        ],
        [
            ("sampler.LATENT", "decoded.samples"),
            ("decoded.IMAGE", "best.images"),
            ("scorer.reward", "best.reward"),
            ("sampler.LATENT", "best.latents"),
            ("best.best_images", "saved.images"),
        ],
    ),
    "LiDARScoreAudio": (
        [
            [
                ("metric", "LiDARAudioMetric", {"metric": "tempo stability"}),
                ("sampler", "KSampler", {"steps": 50, "cfg": 5}),
            ],
            [("decoded", "VAEDecodeAudio", {})],
            [("best", "LiDARScoreAudio", {"keep": 1})],
        ],
        [
            ("sampler.LATENT", "decoded.samples"),
            ("decoded.AUDIO", "best.audio"),
            ("metric.reward", "best.reward"),
            ("sampler.LATENT", "best.latents"),
        ],
    ),
    "LiDARAudioMetric": (
        [
            [
                ("loud", "LiDARAudioMetric", {"metric": "loudness", "direction": "near target", "target": -14}),
                ("beat", "LiDARAudioMetric", {"metric": "tempo stability"}),
            ],
            [("mix", "LiDARRewardMix", {})],
            [("sampler", "LiDARKSampler", {"steps": 50, "cfg": 5})],
        ],
        [
            ("loud.reward", "mix.reward_1"),
            ("beat.reward", "mix.reward_2"),
            ("mix.reward", "sampler.reward"),
        ],
    ),
    "LiDARVideoMetric": (
        [
            [
                ("motion", "LiDARVideoMetric", {"metric": "dynamic degree"}),
                ("scorer", "LiDARRewardLoader", {"reward_name": "PickScore_v1.safetensors"}),
            ],
            [("mix", "LiDARRewardMix", {"mode": "gate"})],
            [("sampler", "LiDARKSampler", {"steps": 20, "cfg": 5})],
        ],
        [
            ("motion.reward", "mix.reward_1"),
            ("scorer.reward", "mix.reward_2"),
            ("mix.reward", "sampler.reward"),
        ],
    ),
    "LiDARScoreLatents": (
        [
            [
                ("scorer", "LiDARRewardLoader", {"reward_name": "PickScore_v1.safetensors"}),
                ("sampler", "KSampler", {"steps": 20, "cfg": 5}),
            ],
            [("best", "LiDARScoreLatents", {"prompt": "a red bicycle rolls down a hill", "keep": 1})],
            [("decoded", "VAEDecode", {})],
        ],
        [
            ("sampler.LATENT", "best.latents"),
            ("scorer.reward", "best.reward"),
            ("best.best_latents", "decoded.samples"),
        ],
    ),
}
# These show a run, by the panel of a node or by the nodes themselves.
SHOWN_AFTER_A_RUN = {
    "LiDARLookahead": ["LiDARLookaheadConfig", "LiDARLookahead"],
    "LiDARGuidance": ["LiDARLookahead", "LiDARGuidance", "KSampler"],
}
OF_A_RUN = ("LiDARKSampler", *SHOWN_AFTER_A_RUN)

BUILD = """([columns, links]) => {
  const graph = app.rootGraph, made = {};
  // The page keeps a removed node's values for the next one of its number.
  const used = graph.last_node_id;
  graph.clear();
  graph.last_node_id = used;
  let x = 0, y = 0;
  for (const column of columns) {
    for (const [key, type, values] of column) {
      const node = LiteGraph.createNode(type);
      node.pos = [x, y];
      graph.add(node);
      for (const [name, value] of Object.entries(values)) {
        node.widgets.find((widget) => widget.name === name).value = value;
      }
      node.setSize([280, node.computeSize()[1] + (type.includes("TextEncode") ? 40 : 0)]);
      y += node.size[1] + 75;
      made[key] = node;
    }
    x += 45;
  }
  return links.map(([from, to]) => {
    const [source, output] = from.split("."), [target, ...input] = to.split(".");
    const link = made[source].connect(
      made[source].findOutputSlot(output), made[target], made[target].findInputSlot(input.join("."))
    );
    return Boolean(link);
  });
}"""

ARRANGE = """(columns) => {
  const graph = app.rootGraph;
  for (const group of [...graph.groups]) graph.remove(group);
  for (const node of graph.nodes) node.pos = [-3000, 0];
  let y = 0;
  columns.forEach((type, column) => {
    const node = graph.nodes.find((other) => other.type === type);
    node.pos = [45 * column, y];
    node.setSize([330, node.size[1]]);
    y += node.size[1] + 75;
  });
}"""

ENLARGE = """([x, y]) => {
  const { ds, canvas } = app.canvas;
  const { left, top } = canvas.getBoundingClientRect();
  const [across, down] = [(x - left) / ds.scale - ds.offset[0], (y - top) / ds.scale - ds.offset[1]];
  ds.scale = 2.2;
  ds.offset = [(100 - left) / ds.scale - across, (110 - top) / ds.scale - down];
  app.canvas.setDirty(true, true);
}"""


def save(page, node_type, part):
    page.picture(f"recipe_{node_type}")
    if not page.writes_pictures:
        return
    # A reader may have the files that this browser misses.
    page.evaluate("() => app.rootGraph.nodes.forEach((node) => { node.has_errors = false; })")
    page.evaluate("() => app.canvas.draw(true, true)")
    picture = Image.open(io.BytesIO(page.page.screenshot(clip=part))).convert("RGB")
    path = DOCS / f"{node_type}.png"
    picture.quantize(96, dither=Image.Dither.NONE).save(path, optimize=True)
    assert path.stat().st_size <= MOST_BYTES


def test_every_help_page_has_one_picture_and_a_recipe():
    pages = sorted(DOCS.glob("*.md"))
    assert sorted([*RECIPES, *OF_A_RUN]) == [path.stem for path in pages]
    for path in pages:
        text = path.read_text()
        assert text.count("![") == 1, path.name
        assert f"]({path.stem}.png)" in text
        assert "\n**Recipe:** " in text
        assert (DOCS / f"{path.stem}.png").stat().st_size <= MOST_BYTES


@pytest.mark.parametrize("node_type", RECIPES)
def test_a_recipe_can_be_wired(page, node_type):
    columns, links = RECIPES[node_type]
    assert node_type in {kind for column in columns for _, kind, _ in column}
    page.page.set_viewport_size({"width": 1600, "height": 1900})
    assert page.evaluate(BUILD, [columns, links]) == [True] * len(links)
    save(page, node_type, page.frame())


def test_the_pictures_of_a_run(page, demo):
    if not page.writes_pictures:
        pytest.skip("the tests of the panel take pictures of it")
    page.load(demo)
    set_widgets(page, "EmptyLatentImage", batch_size=4)
    set_widgets(page, "LiDARLookaheadConfig", samples=10, steps=12)
    set_widgets(page, "LiDARKSampler", steps=20)
    page.run()
    page.frame("node.type === 'LiDARKSampler'")
    box = page.panel().bounding_box()
    page.evaluate(ENLARGE, [box["x"], box["y"]])
    page.page.wait_for_timeout(800)
    save(page, "LiDARKSampler", page.panel().bounding_box())

    page.evaluate(take_apart(samples=10))
    set_widgets(page, "LiDARLookaheadConfig", steps=12, lookahead_seed=0)
    set_widgets(page, "KSampler", seed=1, control_after_generate="'fixed'", steps=20)
    set_widgets(page, "KSampler", sampler_name="'euler_ancestral'", scheduler="'karras'")
    page.run()
    page.page.set_viewport_size({"width": 1600, "height": 1900})
    for node_type, columns in SHOWN_AFTER_A_RUN.items():
        page.evaluate(ARRANGE, columns)
        save(page, node_type, page.frame(f"{columns}.includes(node.type)"))


def set_widgets(page, node_type, **values):
    for name, value in values.items():
        page.evaluate(f"() => {page.node(node_type)}.widgets.find((it) => it.name === '{name}').value = {value}")

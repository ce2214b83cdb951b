"""Data for the panel on a page of its own, without a ComfyUI, and the script that opens it there."""

REWARDS = [2.4999, 1.5, -0.00001234, -7.561]
SEEDS = [11, 4294967295, 13, 14]
STEPS = 5
# As the nodes send it: two of three pictures followed the second sample; the samples led the first two steps.
RESULTS = {
    "lookahead": {
        "rewards": REWARDS,
        "seeds": SEEDS,
        "scores": {"fit": REWARDS, "sharpness": [1, 2, 3, 4]},
        "thumbnails": [
            {"filename": name, "full": name}
            for name in ("docs/LiDARKSampler.png", "gone.png", "docs/LiDARLookahead.png", "docs/LiDARKSampler.png")
        ],
        "prompt": "two red circles",
        "model_calls": 32,
        "seconds": {"lookahead": 10.34, "decoding": 0.51, "scoring": 3.0, "measuring": 2.0},
    },
    "run": {
        "rewards": REWARDS,
        "seeds": SEEDS,
        "share": [0.25, 0.75, 0, 0],
        "followed": [1, 0, 1],
        "led": 2,
        "step": [1, 2],
        "steps": STEPS,
        "pull": [[None, None, None], [None, None, None]],
        "samples": [[1, 1, 1], [1, 1.5, 2]],
        "model_calls": 9,
        "seconds": {"sampling": 6.0},
    },
}
# Of the published rule, which calls the model at every step.
PUBLISHED = RESULTS | {
    "run": RESULTS["run"]
    | {
        "led": 0,
        "step": [1, 2, 3, 4],
        "pull": [[0.3, 0.5, 0.6], [0.1, 0.2, 0.4], [0.05, 0.06, 0.09], [0, 0, 0]],
        "samples": [[1, 1, 1], [1, 1.5, 2], [2, 2.5, 3], [3, 3.5, 4]],
    }
}
# The page's colours in its dark and its light theme.
THEMES = {
    "dark": {
        "--input-text": "#ddd",
        "--comfy-menu-bg": "#353535",
        "--descrip-text": "#999",
        "--border-color": "#4e4e4e",
    },
    "light": {"--input-text": "#222", "--comfy-menu-bg": "#f5f5f5", "--descrip-text": "#444", "--border-color": "#888"},
}
OPEN = """async ([results, { width = 330, height = 620, language = "en", theme = {}, properties = {}, ...node }]) => {
  const { Panel } = await import("/panel.js");
  const { wordsOf } = await import("/words.js");
  const { translated } = await import("/errors.js");
  document.body.replaceChildren();
  document.body.style.cssText = `margin: 0; width: ${width}px; height: ${height}px`;
  for (const name of [...document.documentElement.style]) document.documentElement.style.removeProperty(name);
  for (const [name, value] of Object.entries(theme)) document.documentElement.style.setProperty(name, value);
  window.node = {
    comfyClass: "LiDARKSampler", type: "LiDARKSampler", title: "Mine", graph: {}, properties, size: [width, height],
    addDOMWidget: (name, type, host) => (document.body.append(host), {}),
    computeSize: () => [width, 60], setSize: (size) => (window.node.size = size), setDirtyCanvas: () => {},
    widgets: Object.entries(
      { seed: 5, control_after_generate: "randomize", steps: 5, cfg: 7, strength: 2, start: "fresh noise", follow: "" }
    ).map(([name, value]) => ({ name, value })),
    ...node,
  };
  window.set = (name, value) => {
    window.node.widgets.find((widget) => widget.name === name).value = value;
    window.panel.drawPlan();
  };
  window.said = [];
  window.panel = new Panel(window.node, {
    // "1024x512" is a picture of that size.
    pictureUrl: ({ filename }) => {
      if (filename.startsWith("data:")) return filename;
      const [width, height] = filename.split("x");
      if (!(width > 0 && height > 0)) return "/" + filename;
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">` +
        '<rect width="100%" height="100%" fill="teal"/></svg>';
      return "data:image/svg+xml," + encodeURIComponent(svg);
    },
    say: (...words) => window.said.push(words),
    words: wordsOf(language),
    translate: (sentence) => translated(sentence, language),
    defaults: () => ({ samples: 16, steps: 8 }),
    choose: () => window.panel.drawPlan(),
  });
  window.panel.restore(results);
  await new Promise((resolve) => setTimeout(resolve, 100));
}"""
# The elements whose words do not fit.
CUT = """() => [...window.panel.host.shadowRoot.querySelectorAll(
  ".plan, .choice span, .followed, .reward, .mark, figcaption, .cost, .cost div, .cost b, .cost span"
)].filter((part) => part.scrollWidth > part.clientWidth + 1 || part.scrollHeight > part.clientHeight + 1)
  .map((part) => part.className || part.localName)"""


def texts(tab, part):
    return tab.locator(part).all_inner_texts()


def pool(count, **run):
    """Results of a pool of `count` samples, whose pictures are square unless `size` says otherwise."""
    size = run.pop("size", "256x256")
    rewards = [round(5 - 9 * rank / count, 4) for rank in range(count)]
    known = {"rewards": rewards, "seeds": list(range(count))}
    seconds = {"lookahead": 8, "decoding": 2, "scoring": 1, "measuring": 1}
    lookahead = {
        **known,
        "thumbnails": [{"filename": size, "full": size}] * count,
        "model_calls": 8 * count,
        "seconds": seconds,
    }
    share = [float(rank in run.get("followed", [0])) for rank in range(count)]
    return {"lookahead": lookahead, "run": {**RESULTS["run"], **known, "share": share, "followed": [0], **run}}

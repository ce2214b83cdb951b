"""Drives ComfyUI's page as a user does, by its own commands and by mouse and keyboard."""

from pathlib import Path

# Last the page listens for what is selected.
LOADED = """() => Boolean(
  window.LiteGraph?.registered_node_types?.LiDARKSampler &&
  window.app?.extensionManager &&
  !app.extensionManager.spinner &&
  app.canvas.onSelectionChange
)"""
RUN = """() => new Promise((resolve, reject) => {
  const ends = { execution_success: resolve, execution_error: reject, execution_interrupted: reject };
  const hear = (event) => {
    for (const end of Object.keys(ends)) app.api.removeEventListener(end, hear);
    event.type === "execution_success" ? resolve() : reject(new Error(JSON.stringify(event.detail)));
  };
  for (const end of Object.keys(ends)) app.api.addEventListener(end, hear);
  app.queuePrompt(0, 1);
})"""


BOXES = """() => {
  const { scale, offset } = app.canvas.ds;
  const { left, top } = app.canvas.canvas.getBoundingClientRect();
  return Object.fromEntries(app.rootGraph.nodes.map((node) => {
    const drawn = document.querySelector(`[data-node-id="${node.id}"]`)?.getBoundingClientRect();
    if (!drawn) {
      const [[x, y], [width, height]] = [node.pos, node.size];
      return [node.id, [x, y - LiteGraph.NODE_TITLE_HEIGHT, x + width, y + height]];
    }
    const at = (x, y) => [(x - left) / scale - offset[0], (y - top) / scale - offset[1]];
    return [node.id, [...at(drawn.left, drawn.top), ...at(drawn.right, drawn.bottom)]];
  }));
}"""
FRAME = """(only, largest) => {
  const margin = 24, free = { left: 80, top: 100, right: innerWidth - 20, bottom: innerHeight - 20 };
  const chosen = app.rootGraph.nodes.filter(only);
  const groups = chosen.length === app.rootGraph.nodes.length ? app.rootGraph.groups : [];
  const boxes = [
    ...chosen.map(({ pos, size }) => [pos[0], pos[1] - 50, pos[0] + size[0], pos[1] + size[1]]),
    ...groups.map(({ pos, size }) => [pos[0], pos[1], pos[0] + size[0], pos[1] + size[1]]),
  ];
  const edge = (index, pick) => pick(...boxes.map((box) => box[index]));
  const [left, top, right, bottom] = [edge(0, Math.min), edge(1, Math.min), edge(2, Math.max), edge(3, Math.max)];
  const width = right - left + 2 * margin, height = bottom - top + 2 * margin;
  const scale = Math.min((free.right - free.left) / width, (free.bottom - free.top) / height, largest);
  const canvas = app.canvas.canvas.getBoundingClientRect();
  app.canvas.ds.scale = scale;
  app.canvas.ds.offset = [
    (free.left - canvas.left) / scale - left + margin,
    (free.top - canvas.top) / scale - top + margin,
  ];
  app.canvas.setDirty(true, true);
  return { x: free.left, y: free.top, width: width * scale, height: height * scale };
}"""


class FrontEnd:
    """One browser session. `panel` is a locator of a node's panel; playwright looks into its shadow root."""

    def __init__(self, browser, port: int, renderer: str, pictures: Path, label: str) -> None:
        self.pictures, self.label, self.renderer = pictures, label, renderer
        self.errors: list[str] = []
        self.session = browser.new_context(viewport={"width": 1600, "height": 1000})
        self.page = self.session.new_page()
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(f"http://127.0.0.1:{port}/")
        self.ready()
        self.set("Comfy.VueNodes.Enabled", renderer == "nodes2")
        self.page.keyboard.press("Escape")

    def ready(self) -> None:
        self.page.wait_for_function(LOADED, timeout=120_000)
        self.page.wait_for_timeout(1500)

    def close(self) -> None:
        self.session.close()

    def set(self, setting: str, value: object) -> None:
        self.page.evaluate("([id, value]) => app.extensionManager.setting.set(id, value)", [setting, value])

    def do(self, command: str) -> None:
        self.page.evaluate("(id) => app.extensionManager.command.execute(id)", command)
        self.page.wait_for_timeout(800)

    def evaluate(self, script: str, argument: object = None):
        return self.page.evaluate(script, argument)

    def load(self, workflow: dict) -> None:
        self.page.evaluate("(workflow) => app.loadGraphData(workflow)", workflow)
        self.page.wait_for_timeout(1000)
        self.page.keyboard.press("Escape")

    def run(self) -> None:
        """Queue the open workflow and wait for its end."""
        self.page.evaluate(RUN)
        self.page.wait_for_timeout(500)

    def panel(self, node_type: str = "LiDARKSampler"):
        return self.page.locator(f'.lidar-panel[data-node="{node_type}"]')

    def node(self, node_type: str) -> str:
        """A script's expression for the node of a type, in the open graph or a subgraph of it."""
        return (
            "(function find(graph) { for (const node of graph.nodes) { "
            f"if (node.type === '{node_type}') return node; const inner = node.subgraph && find(node.subgraph); "
            "if (inner) return inner; } })(app.rootGraph)"
        )

    def node_box(self, node_type: str) -> list[float]:
        """Left, top, right and bottom of a node on the screen."""
        if self.renderer == "nodes2":
            box = self.panel(node_type).locator("xpath=ancestor::*[@data-node-id][1]").bounding_box()
            return [box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]]
        return self.page.evaluate(
            f"""() => {{
              const {{ pos, size }} = {self.node(node_type)};
              const {{ scale, offset }} = app.canvas.ds;
              const {{ left, top }} = app.canvas.canvas.getBoundingClientRect();
              const at = (x, y) => [left + (x + offset[0]) * scale, top + (y + offset[1]) * scale];
              return [...at(pos[0], pos[1]), ...at(pos[0] + size[0], pos[1] + size[1])];
            }}"""
        )

    def widget_values(self, node_type: str = "LiDARKSampler") -> list:
        return self.page.evaluate(f"() => {self.node(node_type)}.serialize().widgets_values")

    def reseed(self) -> None:
        """Another seed of the sampler, so that the host samples again; a subgraph has it on its outside."""
        self.page.evaluate(
            f"""() => {{
              const outer = app.rootGraph.nodes.find((node) => node.subgraph);
              for (const node of [outer, {self.node("LiDARKSampler")}]) {{
                const seed = node?.widgets?.find((widget) => widget.name === "seed");
                if (seed) seed.value += 1;
              }}
            }}"""
        )

    def boxes(self) -> dict[int, list[float]]:
        """Left, top, right and bottom of each node of the open graph, its title included, in the graph's units."""
        return {int(number): box for number, box in self.page.evaluate(BOXES).items()}

    def frame(self, only: str = "true", largest: float = 1.0) -> dict[str, float]:
        """Move the graph's nodes and groups, or the nodes for which `only` is true, beside the page's own buttons.

        Returns the part of the page that they take.
        """
        self.set("Comfy.Minimap.Visible", False)
        part = self.page.evaluate(f"({FRAME})((node) => {only}, {largest})")
        self.page.wait_for_timeout(1200)
        return part

    def picture(self, name: str) -> None:
        self.page.wait_for_timeout(400)
        self.page.screenshot(path=self.pictures / f"{self.label}_{name}.png")

"""LiDAR KSampler is deleted in the page while it runs: twenty runs, ten in each renderer, two in each phase."""

PHASES = ("lookahead", "decoding", "scoring", "measuring", "sampling")
TURNS = 10

DELETES = """(phase) => {
  window.deleted = 0;
  const hear = (event) => {
    if (event.detail.phase !== phase) return;
    app.api.removeEventListener("lidar.phase", hear);
    app.rootGraph.remove(%s);
    window.deleted += 1;
  };
  app.api.addEventListener("lidar.phase", hear);
}"""


def test_a_node_that_is_deleted_while_it_runs_leaves_the_page_and_the_run_whole(page, demo):
    def loaded(turn):
        """The demo workflow with its own seeds, so that no phase is cached."""
        page.load(demo)
        number = 1000 * sum(map(ord, page.label)) + turn
        for node_type, name in (("LiDARKSampler", "seed"), ("LiDARLookaheadConfig", "lookahead_seed")):
            widget = f"{page.node(node_type)}.widgets.find((widget) => widget.name === '{name}')"
            page.evaluate(f"() => {{ {widget}.value = {number}; }}")

    for turn in range(TURNS):
        loaded(turn)
        page.evaluate(DELETES % page.node("LiDARKSampler"), PHASES[turn % len(PHASES)])
        page.run()
        assert page.evaluate("() => window.deleted") == 1
        assert page.panel().count() == 0
    loaded(TURNS)
    page.run()
    assert page.panel().locator(".thumb").count() > 0
    assert page.errors == []

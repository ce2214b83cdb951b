"""The panel in ComfyUI's front end while a lookahead is drawn, and after it is cancelled."""


def test_samples_are_seen_while_they_are_drawn_so_that_a_run_can_be_cancelled(page, demo):
    page.load({**demo, "id": "live"})
    (config,) = [node for node in demo["nodes"] if node["type"] == "LiDARLookaheadConfig"]
    # Enough of them that some are still to come.
    page.evaluate("(id) => (app.rootGraph.getNodeById(id).widgets[0].value = 24)", config["id"])
    panel = page.panel()
    page.evaluate("() => void app.queuePrompt(0, 1)")
    panel.locator(".live img").nth(2).wait_for(timeout=60_000)
    page.frame()
    page.picture("live")
    assert panel.locator(".live .frame").count() == 24
    page.evaluate("() => app.api.interrupt()")
    panel.locator(".live").wait_for(state="detached", timeout=60_000)
    assert panel.locator(".thumb").count() == 0
    assert panel.locator(".summary").inner_text() == "the lookahead samples appear here after a run"

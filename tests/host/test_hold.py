"""One server works as before after twenty runs of each kind of trouble."""

import asyncio
import time

import pytest

from .conftest import Server
from .demo_graph import demo_graph, error_of, node, pictures, succeeded

PHASES = ("lookahead", "decoding", "scoring", "measuring", "sampling")
QUEUES = 20


def troubled(info, phase, trouble, turn):
    graph = demo_graph(info, model=["trouble", 0], vae=["trouble", 1], reward=["trouble", 2])
    whole = {"model": ["world", 0], "vae": ["world", 2], "reward": ["world", 3]}
    graph["trouble"] = node(info, "Trouble", **whole, phase=phase, trouble=trouble, turn=turn)
    return graph


def interrupted(history):
    return [name for name, _ in history["status"]["messages"] if name == "execution_interrupted"] != []


@pytest.mark.parametrize("trouble", ["cancel", "out of memory"])
def test_trouble_in_each_phase_leaves_the_next_queue_as_it_was(server, trouble):
    info = server.get("/object_info")
    expected = pictures(server, succeeded(server.run(demo_graph(info))))
    before = len(server.log())
    for turn in range(QUEUES):
        phase = PHASES[turn % len(PHASES)]
        history = server.run(troubled(info, phase, trouble, turn))
        if trouble == "cancel":
            assert interrupted(history), (phase, history["status"])
        else:
            assert "CUDA out of memory" in error_of(history), phase
        if turn % len(PHASES) == turn // len(PHASES):
            assert pictures(server, succeeded(server.run(troubled(info, "none", trouble, turn)))) == expected
    assert pictures(server, succeeded(server.run(troubled(info, "none", trouble, QUEUES)))) == expected
    assert ("Traceback" in server.log()[before:]) == (trouble != "cancel")
    assert server.get("/queue") == {"queue_running": [], "queue_pending": []}


def test_a_browser_that_is_closed_in_mid_run_stops_nothing(server):
    """The browser queues, receives messages of a run, and closes. Its runs and other clients' runs are finished."""
    import aiohttp

    info = server.get("/object_info")

    async def queued_and_closed(client, first):
        address = f"ws://127.0.0.1:{server.port}/ws?clientId={client}"
        async with aiohttp.ClientSession() as session, session.ws_connect(address) as page:
            prompts = [demo_graph(info, seed=seed) for seed in range(first, first + QUEUES // 4)]
            ids = [server.queue(prompt, client_id=client) for prompt in prompts]
            while "lidar." not in str((await page.receive(timeout=300)).data):
                pass
            return ids

    for number in range(4):
        ids = asyncio.run(queued_and_closed(f"browser {number}", 1000 * (number + 1)))
        succeeded(server.run(demo_graph(info, seed=1000 * (number + 1) - 1)))
        assert len(ids) == QUEUES // 4
        for prompt_id in ids:
            succeeded(server.get(f"/history/{prompt_id}")[prompt_id])


def test_a_server_that_is_killed_in_mid_queue_starts_again_whole(tmp_path):
    """Saved pools are complete, and no unfinished file is left where Load Pool looks."""
    base = tmp_path / "base"
    server = Server(base)
    info = server.get("/object_info")

    def graph(seed):
        asked = demo_graph(info, seed=seed, reward_prompt="two red circles")
        asked["config"]["inputs"]["lookahead_seed"] = seed
        asked["kept"] = node(info, "LiDARSavePool", pool=["sampler", 1])
        return asked

    expected = pictures(server, succeeded(server.run(graph(0))))

    for seed in (1, 2, 3):
        server.queue(graph(seed))
    while len(server.get("/history")) < 2:
        assert server.process.poll() is None
        time.sleep(0.1)
    server.process.kill()
    server.process.wait(30)
    again = Server(base, packs={})
    try:
        offered = again.get("/object_info")["LiDARLoadPool"]["input"]["required"]["pool_name"][1]["options"]
        assert len(offered) >= 2
        for name in offered:
            loaded = {"pool": node(info, "LiDARLoadPool", pool_name=name)}
            loaded["said"] = node(info, "Report", anything=["pool", 0])
            succeeded(again.run(loaded))
        assert pictures(again, succeeded(again.run(graph(0)))) == expected
    finally:
        again.stop()

"""The bar that the user sees on LiDAR KSampler, from a real server's messages."""

import asyncio
import json

import pytest

aiohttp = pytest.importorskip("aiohttp", reason="comes with ComfyUI")

from .test_caching import BATCH, CONFIG, LOOKAHEAD_STEPS, SAMPLES, STEPS, Queue  # noqa: E402
from .test_server import LIDAR  # noqa: E402

LOOKAHEAD, SAMPLING = SAMPLES * (LOOKAHEAD_STEPS + 2), BATCH * STEPS


def messages(server, prompt):
    """All messages of the server about one run of the prompt, in order."""

    async def listen():
        address = f"http://127.0.0.1:{server.port}"
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{address}/ws?clientId=bar") as socket:
            await session.post(f"{address}/prompt", json={"prompt": prompt, "client_id": "bar"})
            heard = []
            while not heard or heard[-1]["type"] not in ("execution_success", "execution_error"):
                message = await socket.receive()
                if message.type == aiohttp.WSMsgType.TEXT:
                    heard.append(json.loads(message.data))
            return heard

    return asyncio.run(asyncio.wait_for(listen(), 120))


def bars(heard):
    """The front end's bar of LiDAR KSampler after each message: that of the running part which reports more than 0."""
    seen = []
    for message in heard:
        if message["type"] == "progress_state":
            parts = [part for part in message["data"]["nodes"].values() if part["display_node_id"] == LIDAR]
            running = [(part["value"], part["max"]) for part in parts if part["state"] == "running" and part["value"]]
            assert len(running) <= 1
            seen += [bar for bar in running if not seen or seen[-1] != bar]
    return seen


@pytest.fixture
def queue(server, tmp_path):
    return Queue(server, tmp_path)


@pytest.mark.parametrize("start", ["fresh noise", "best lookahead noise"])
def test_one_bar_runs_through_lookahead_decoding_scoring_and_sampling(queue, start):
    queue.edit(LIDAR, start=start)
    queue.edit(CONFIG, lookahead_seed=100 + len(start))
    seen = bars(messages(queue.server, queue.prompt))
    total = LOOKAHEAD + SAMPLING
    assert {bar[1] for bar in seen} == {total}
    values = [bar[0] for bar in seen]
    assert values == sorted(values)
    # The host leaves out updates that follow too closely, but for the first and the last of a bar.
    assert values[0] == 1
    assert any(1 < value < LOOKAHEAD for value in values)
    assert LOOKAHEAD in values
    assert values[-1] == total


def test_with_the_pool_cached_the_bar_is_the_samplings(queue):
    queue.edit(CONFIG, lookahead_seed=7)
    messages(queue.server, queue.prompt)
    queue.edit(LIDAR, seed=5)
    seen = bars(messages(queue.server, queue.prompt))
    assert seen[0] == (1, STEPS)
    assert seen[-1] == (STEPS, STEPS)

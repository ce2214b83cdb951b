"""A blind vote between two arms, as a page that counts."""

import json
import random
from pathlib import Path

from .pages import STYLE, picture_of
from .tables import Results

# The interval that LiDAR Blind Vote shows in the page.
_WILSON = Path(__file__).parents[1] / "web" / "wilson.js"


def write_vote(found: Results, first: str, second: str) -> Path:
    """Write a page that shows both arms' first pictures of each prompt on random sides, and counts the votes."""
    rng, pairs = random.Random(0), []
    for index in rng.sample(found.indices, len(found.indices)):
        sides = [first, second]
        rng.shuffle(sides)
        prompt = found.arms[first][index]["prompt"]
        pairs.append({"prompt": prompt, "sides": [[arm, picture_of(arm, index)] for arm in sides]})
    path = found.out / "vote.html"
    page = _VOTE.replace("STYLE", STYLE).replace("WILSON", _WILSON.read_text(encoding="utf-8").replace("export ", ""))
    page = page.replace("PAIRS", json.dumps(pairs).replace("</", "<\\/"))
    path.write_text(page, encoding="utf-8")
    return path


_VOTE = """<!doctype html><meta charset="utf-8"><title>Which picture is better?</title>
<style>
STYLE button{font-size:1em;margin:.5em} .pair{display:flex;gap:1em} .pair img{max-width:45vw;cursor:pointer}
</style>
<h1>Which picture is better?</h1><p id="prompt"></p><div class="pair"><img id="left"><img id="right"></div>
<p><button id="same">Neither</button><button id="tally">Count the votes</button> <span id="count"></span></p>
<p id="result"></p>
<script>
WILSON
const pairs = PAIRS;
const votes = JSON.parse(localStorage.getItem(location.href) || "[]");
const by = (id) => document.getElementById(id);
function show() {
  by("count").textContent = `${votes.length} of ${pairs.length}`;
  const pair = pairs[votes.length];
  if (!pair) return tally();
  by("prompt").textContent = pair.prompt;
  by("left").src = pair.sides[0][1];
  by("right").src = pair.sides[1][1];
}
function vote(side) {
  const pair = pairs[votes.length];
  if (!pair) return;
  votes.push(side === null ? null : pair.sides[side][0]);
  localStorage.setItem(location.href, JSON.stringify(votes));
  show();
}
function tally() {
  const [one, other] = pairs[0].sides.map((side) => side[0]).sort();
  by("result").textContent = sentence(one, other, votes);
}
function sentence(one, other, votes) {
  const [ones, others] = [one, other].map((arm) => votes.filter((voted) => voted === arm).length);
  const n = ones + others, neither = votes.length - n;
  if (!n) return "No picture was preferred yet.";
  const [low, high] = wilson(ones, n);
  const percent = (part) => (100 * part).toFixed(0);
  const times = (count) => (count === 1 ? "once" : `${count} times`);
  const told = low > 0.5 ? `You prefer ${one}.` : high < 0.5 ? `You prefer ${other}.` : "That may be chance.";
  return `You chose ${one} ${times(ones)}, ${other} ${times(others)} and neither ${times(neither)}: ` +
    `${percent(ones / n)} % for ${one}, with a 95 % interval of ${percent(low)} to ${percent(high)} %. ${told}`;
}
by("left").onclick = () => vote(0);
by("right").onclick = () => vote(1);
by("same").onclick = () => vote(null);
by("tally").onclick = tally;
show();
</script>
"""

// "Use this noise": a lookahead sample of seed s starts from the very noise that the host gives the first picture of a
// batch when it samples with the seed s. So the sample's seed goes to the sampler that follows.

const SEEDS = ["seed", "noise_seed"];

/** The node whose seed decides the starting noise of what `node` guides, or undefined. */
function samplerAfter(node) {
  if (node.type === "LiDARKSampler") return node;
  const visited = new Set();
  const waiting = [node];
  while (waiting.length) {
    const current = waiting.shift();
    if (!current || visited.has(current)) continue;
    visited.add(current);
    if (current !== node && seedWidget(current)) return current;
    const noise = current.inputs?.findIndex((input) => input.name === "noise" && input.type === "NOISE") ?? -1;
    const source = noise >= 0 && current.getInputNode(noise);
    if (source && seedWidget(source)) return source;
    current.outputs?.forEach((output, slot) => {
      if (["LIDAR_POOL", "MODEL", "GUIDER"].includes(output.type)) waiting.push(...(current.getOutputNodes(slot) ?? []));
    });
  }
  return undefined;
}

function seedWidget(node) {
  // Its seed has another purpose: its output is the pool's noise.
  if (node.type === "LiDARPoolNoise") return undefined;
  return node.widgets?.find((widget) => SEEDS.includes(widget.name));
}

function set(node, widget, value) {
  widget.value = value;
  widget.callback?.(value);
  node.setDirtyCanvas(true, true);
}

/** Make the sampler after `node` start from a sample's noise; returns what was done, or throws the reason why not. */
export function useNoise(node, { seed, chosen }, words) {
  const sampler = samplerAfter(node);
  if (!sampler) throw new Error(words.noSampler);
  const widget = seedWidget(sampler);
  const slot = sampler.inputs?.findIndex((input) => input.widget?.name === widget.name) ?? -1;
  if (slot >= 0 && sampler.isInputConnected(slot)) {
    throw new Error(words.seedWired(widget.name, sampler.title));
  }
  set(sampler, widget, seed);
  const control = sampler.widgets.find((other) => other.name === "control_after_generate");
  if (control) set(sampler, control, "fixed");
  const start = sampler.type === "LiDARKSampler" && sampler.widgets.find((other) => other.name === "start");
  if (start) set(sampler, start, "fresh noise");
  return words.startsFrom(sampler.title, seed) + (chosen ? words.andFollows : words.mayFollowAnother);
}

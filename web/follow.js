// "Follow this one": the seeds of the samples that the user chose, in the input `follow` of the node that guides.

function widget(node) {
  return node?.widgets?.find(({ name }) => name === "follow");
}

/** The node whose `follow` decides which samples of `node`'s pool are followed, or undefined. */
export function guiding(node) {
  if (widget(node)) return node;
  const slot = node.outputs?.findIndex(({ type }) => type === "LIDAR_POOL") ?? -1;
  return slot < 0 ? undefined : (node.getOutputNodes(slot) ?? []).find((after) => after.type === "LiDARGuidance");
}

function isWired(node) {
  const slot = node.inputs?.findIndex((input) => input.widget?.name === "follow") ?? -1;
  return slot >= 0 && node.isInputConnected(slot);
}

/** Whether the panel of `node` may choose: something guides with its pool, and nothing is wired to `follow`. */
export function mayChoose(node) {
  const guide = guiding(node);
  return guide !== undefined && !isWired(guide);
}

/** The ranks, from 0, of the chosen samples in a pool of these seeds, best first. */
export function chosenRanks(node, seeds) {
  const guide = guiding(node);
  if (guide === undefined || isWired(guide)) return [];
  const names = widget(guide).value.split(/[\s,]+/).filter(Boolean);
  const ranks = names.map((name) => (name.startsWith("#") ? Number(name.slice(1)) - 1 : seeds.indexOf(Number(name))));
  return ranks.filter((rank) => rank in seeds);
}

/** Make the pictures follow the samples of these seeds; none: the reward chooses. */
export function follow(node, seeds) {
  const guide = guiding(node);
  const input = widget(guide);
  input.value = seeds.join(", ");
  input.callback?.(input.value);
  guide.setDirtyCanvas(true, true);
}

// "Follow this one": the seeds of the samples that the user chose, in the input `follow` of the node that guides.

import { isWired, widgetOf, write } from "./inputs.js";

/** The node whose `follow` decides which samples of `node`'s pool are followed, or undefined. */
export function guiding(node) {
  if (widgetOf(node, "follow")) return node;
  const slot = node.outputs?.findIndex(({ type }) => type === "LIDAR_POOL") ?? -1;
  return slot < 0 ? undefined : (node.getOutputNodes(slot) ?? []).find((after) => after.type === "LiDARGuidance");
}

/** Whether the panel of `node` may choose: something guides with its pool, and nothing is wired to `follow`. */
export function mayChoose(node) {
  const guide = guiding(node);
  return guide !== undefined && !isWired(guide, "follow");
}

/** The ranks, from 0, of the chosen samples in a pool of these seeds, best first. */
export function chosenRanks(node, seeds) {
  if (!mayChoose(node)) return [];
  const names = widgetOf(guiding(node), "follow").value.split(/[\s,]+/).filter(Boolean);
  const ranks = names.map((name) => (name.startsWith("#") ? Number(name.slice(1)) - 1 : seeds.indexOf(Number(name))));
  return ranks.filter((rank) => rank in seeds);
}

/** Make the pictures follow the samples of these seeds; none: the reward chooses. */
export function follow(node, seeds) {
  write(guiding(node), "follow", seeds.join(", "));
}

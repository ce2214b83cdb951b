// Stars for lookahead samples: marks in the input `ratings` of the LiDAR Reward from Ratings that takes their pictures.

import { isWired, widgetOf, write } from "./inputs.js";

export const MOST_STARS = 5;
// Which samples the marks are of, kept with the workflow.
const RATED = "lidar-sampling.rated";
const MARK = /^(\d+)\s*:\s*(\d+(?:\.\d+)?)$/;

/** The node that learns from ratings of `node`'s samples, or undefined if there is none that the panel may write to. */
export function learner(node) {
  const slot = node.outputs?.findIndex(({ name }) => name === "images") ?? -1;
  const after = slot < 0 ? [] : (node.getOutputNodes(slot) ?? []);
  return after.find((one) => one.type === "LiDARRewardFromRatings" && !isWired(one, "ratings"));
}

/** Samples are rated by their rank in a pool; another prompt or lookahead has others there. */
function identity({ prompt, seeds }) {
  return JSON.stringify([prompt, seeds]);
}

function lines(node) {
  return widgetOf(learner(node), "ratings")
    .value.split(/[\n;,]+/)
    .map((line) => line.trim())
    .filter(Boolean);
}

/** Whether the ratings are of other samples than those of `lookahead`. */
export function ofOthers(node, lookahead) {
  const rated = learner(node).properties[RATED];
  return rated !== undefined && rated !== identity(lookahead) && lines(node).length > 0;
}

/** The stars of each rated sample of `lookahead`, by its rank from 0. */
export function starsOf(node, lookahead) {
  const marks = ofOthers(node, lookahead) ? [] : lines(node).map((line) => MARK.exec(line)).filter(Boolean);
  return new Map(marks.map(([, number, stars]) => [Number(number) - 1, Number(stars)]));
}

/** How many comparisons the ratings make: a sample is better than all samples with fewer stars. */
export function comparisons(node) {
  const all = lines(node);
  const stars = [...new Map(all.map((line) => MARK.exec(line)).filter(Boolean).map(([, ...mark]) => mark)).values()];
  const byMarks = stars.flatMap((one, at) => stars.slice(at + 1).filter((other) => Number(other) !== Number(one)));
  return byMarks.length + all.filter((line) => line.includes(">")).reduce((sum, line) => sum + line.split(">").length - 1, 0);
}

/** Give the sample of this rank so many stars; 0 takes them back. */
export function rate(node, lookahead, rank, stars) {
  const marks = starsOf(node, lookahead);
  marks.delete(rank);
  if (stars) marks.set(rank, stars);
  const written = [...marks].sort(([one], [other]) => one - other).map(([at, mark]) => `${at + 1}: ${mark}`);
  const others = lines(node).filter((line) => !MARK.test(line));
  set(node, lookahead, [...others, ...written]);
}

/** Forget all ratings, so that the samples of `lookahead` can be rated. */
export function rateAnew(node, lookahead) {
  set(node, lookahead, []);
}

function set(node, lookahead, all) {
  const after = learner(node);
  after.properties[RATED] = identity(lookahead);
  write(after, "ratings", all.join("\n"));
}

// Which sample each picture followed, and the pictures' own rewards, in sentences.

import { alike, mean } from "./numbers.js";

/** For each picture that a run passed on, in that order, the rank of the sample that it followed. */
export function followedBy({ run, own }) {
  const all = run?.followed ?? [];
  // Where only the best of a batch are kept, they come in another order.
  return own?.scores.length === all.length ? own.kept.map((picture) => all[picture]) : all;
}

/** The rewards of the pictures that a run passed on, beside those of the lookahead samples; empty if unknown. */
export function ownRewards({ lookahead, run, own }, words) {
  const rewards = lookahead?.rewards ?? run?.rewards ?? [];
  const mine = own?.kept.map((picture) => own.scores[picture]).filter((reward) => reward !== null) ?? [];
  if (!mine.length) return [];
  const written = alike([...mine, ...(own.comparable ? rewards : [])]);
  const list = mine.length > 4 ? words.onAverage(written(mean(mine))) : mine.map(written).join(", ");
  if (!own.comparable || !rewards.length) return [words.ownRewards(list)];
  return [words.ownBesideSamples(list, written(mean(rewards)), written(rewards[0]))];
}

/**
 * One sentence on how far the samples led, one for each sample that was followed, the best first, and one on how many
 * shared the lead.
 */
export function followedSentences(results, { words, translate }) {
  const { samples, led, steps, note, too_rough, chosen_too_rough } = results.run;
  const first = [...(note ? [translate(note)] : []), ...(chosen_too_rough ? [words.chosenTooRough] : [])];
  if (too_rough) return [...first, words.tooRough];
  const followed = followedBy(results);
  const count = followed.length;
  const far = led === steps ? [words.ledAll] : led ? [words.ledTo(led, steps)] : [];
  const each = [...new Set(followed)]
    .sort((one, other) => one - other)
    .map((rank) => {
      const pictures = followed.flatMap((other, picture) => (other === rank ? [picture + 1] : []));
      return pictures.length === count
        ? words.allFollowed(count, rank + 1)
        : words.someFollowed(pictures, rank + 1);
    });
  const sentences = [...first, ...far, ...each];
  const known = samples.map(([, middle]) => middle).filter(Number.isFinite);
  if (known.length) sentences.push(words.shared(mean(known).toFixed(1)));
  return sentences;
}

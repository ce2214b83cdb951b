// Which sample each picture followed, in sentences.

import { mean } from "./numbers.js";

/**
 * One sentence on how far the samples led, one for each sample that was followed, the best first, and one on how many
 * shared the lead.
 */
export function followedSentences({ followed = [], samples, led, steps, too_rough }, words) {
  if (too_rough) return [words.tooRough];
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
  const sentences = [...far, ...each];
  const known = samples.map(([, middle]) => middle).filter(Number.isFinite);
  if (known.length) sentences.push(words.shared(mean(known).toFixed(1)));
  return sentences;
}

// Which sample each picture followed, in sentences.

import { mean } from "./numbers.js";

/** One sentence for each sample that was followed, the best first, and one on how many shared the lead. */
export function followedSentences({ followed = [], samples }, words) {
  const count = followed.length;
  const sentences = [...new Set(followed)]
    .sort((one, other) => one - other)
    .map((rank) => {
      const pictures = followed.flatMap((other, picture) => (other === rank ? [picture + 1] : []));
      return pictures.length === count
        ? words.allFollowed(count, rank + 1)
        : words.someFollowed(pictures, rank + 1);
    });
  const known = samples.map(([, middle]) => middle).filter(Number.isFinite);
  if (known.length) sentences.push(words.shared(mean(known).toFixed(1)));
  return sentences;
}

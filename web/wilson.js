/**
 * Wilson's score interval of 95 % (E. B. Wilson, J. Am. Stat. Assoc. 22, 1927, 209-212) for the share of votes that chose
 * one of two: least and largest p, from 0 to 1, with |chosen / votes - p| <= 1.96 sqrt(p (1 - p) / votes).
 * votes: at least 1.
 */
export function wilson(chosen, votes) {
  const z2 = 1.96 ** 2;
  const share = chosen / votes;
  const middle = (share + z2 / (2 * votes)) / (1 + z2 / votes);
  const half = (1.96 / (1 + z2 / votes)) * Math.sqrt((share * (1 - share)) / votes + z2 / (4 * votes * votes));
  return [middle - half, middle + half];
}

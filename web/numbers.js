// Numbers as the panel writes them.

/** A number in few characters. */
export function short(number) {
  const size = Math.abs(number);
  return size !== 0 && (size >= 1e5 || size < 1e-3) ? number.toExponential(1) : String(Number(number.toPrecision(3)));
}

/** Writes numbers of one pool alike: with as many decimals as tell them apart. */
export function alike(numbers) {
  const finite = numbers.filter(Number.isFinite);
  const largest = Math.max(...finite.map(Math.abs));
  const spread = Math.max(...finite) - Math.min(...finite);
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(spread || largest || 1)));
  if (largest >= 1e6 || decimals > 6) return (number) => number.toExponential(2);
  // No "-0.00".
  return (number) => (Number(number.toFixed(decimals)) + 0).toFixed(decimals);
}

export function percent(share) {
  return `${Math.max(1, Math.round(100 * share))}%`;
}

export function seconds(value) {
  return value < 9.95 ? `${value.toFixed(1)} s` : `${Math.round(value)} s`;
}

/** How much is left, in round figures. */
export function duration(value) {
  return value < 90 ? `${Math.max(1, Math.round(value))} s` : `${Math.round(value / 60)} min`;
}

export function mean(numbers) {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

/** Ascending whole numbers with each run of three or more as its ends: 1, 2, 3, 5 as "1-3" and "5". */
export function ranges(numbers) {
  const starts = numbers.filter((number) => !numbers.includes(number - 1));
  return starts.flatMap((start) => {
    let end = start;
    while (numbers.includes(end + 1)) end += 1;
    if (end - start < 2) return end === start ? [String(start)] : [String(start), String(end)];
    return [`${start}-${end}`];
  });
}

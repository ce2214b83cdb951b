// Numbers as the panel writes them.

/** A number in few characters. */
export function short(number) {
  const size = Math.abs(number);
  return size !== 0 && (size >= 1e5 || size < 1e-3) ? number.toExponential(1) : String(Number(number.toPrecision(3)));
}

export function percent(share) {
  return `${Math.max(1, Math.round(100 * share))}%`;
}

export function seconds(value) {
  return value < 9.95 ? `${value.toFixed(1)} s` : `${Math.round(value)} s`;
}

export function times(ratio) {
  return ratio < 2 ? percent(ratio) : `${short(ratio)} times`;
}

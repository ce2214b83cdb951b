// A small plot: one line over the steps, with the range over a batch's images behind it.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 300;
const HEIGHT = 44;

function shape(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
  return element;
}

/**
 * @param {string} name what is plotted
 * @param {number[]} steps where each point lies, from 1
 * @param {(number | null)[][]} points least, mean and largest; null where a number was not finite
 * @param {number} last the run's number of steps
 * @param {number} top the value at the upper edge; the lower one is 0
 */
export function plot(name, steps, points, last, top) {
  const box = { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none" };
  const svg = shape("svg", { ...box, role: "img", "aria-label": name });
  const at = (step, value) => {
    const across = last > 1 ? (step - 1) / (last - 1) : 0.5;
    return `${(across * WIDTH).toFixed(1)},${(HEIGHT - (value / top) * HEIGHT).toFixed(1)}`;
  };
  const finite = points.map((point, index) => [steps[index], point]).filter(([, point]) => point.every(Number.isFinite));
  const lower = finite.map(([step, [least]]) => at(step, least));
  const upper = finite.map(([step, [, , largest]]) => at(step, largest));
  const middle = finite.map(([step, [, mean]]) => at(step, mean));
  svg.append(
    shape("polygon", { class: "range", points: [...upper, ...lower.reverse()].join(" ") }),
    shape("polyline", { class: "mean", points: middle.join(" ") }),
  );
  return svg;
}

// What a run cost: seconds and evaluations of each phase.

import { element } from "./element.js";
import { seconds } from "./numbers.js";

const EVALUATION = "An evaluation is one denoised prediction of one image. With a cfg other than 1 the model runs twice for it.";
const SAVED = "Steps that the pool decides almost alone are taken without the model.";

function cell(name, value, below = "", title = undefined) {
  return element("div", { title }, name, element("b", {}, value), element("span", {}, below));
}

export function costLine({ lookahead, run }) {
  const cells = [];
  if (lookahead) {
    const drawn = lookahead.reused ? "reused" : `${lookahead.evaluations} evals`;
    cells.push(
      cell("Lookahead", seconds(lookahead.seconds.lookahead), drawn, `${lookahead.evaluations} evaluations. ${EVALUATION}`),
      cell("Decoding", seconds(lookahead.seconds.decoding)),
      cell("Scoring", seconds(lookahead.seconds.scoring)),
    );
  }
  if (run) cells.push(cell("Sampling", seconds(run.seconds.sampling), `${run.evaluations} evals`, `${EVALUATION} ${SAVED}`));
  return element("div", { class: "cost" }, ...cells);
}

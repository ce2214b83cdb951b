// What a run cost: seconds and model calls of each phase.

import { element } from "./element.js";
import { seconds } from "./numbers.js";

function cell(name, value, below = "", title = undefined) {
  return element("div", { title }, name, element("b", {}, value), element("span", {}, below));
}

export function costLine({ lookahead, run }, words) {
  const cells = [];
  if (lookahead) {
    // What a reused lookahead took was not spent on this run.
    const spent = (...phases) => {
      const took = phases.reduce((sum, phase) => sum + lookahead.seconds[phase], 0);
      return lookahead.reused ? words.reused : seconds(took);
    };
    const drawn = lookahead.reused ? "" : words.calls(lookahead.model_calls);
    cells.push(
      cell(words.lookahead, spent("lookahead", "measuring"), drawn, words.callHelp),
      cell(words.decoding, spent("decoding")),
      cell(words.scoring, spent("scoring")),
    );
  }
  if (run) {
    const help = `${words.callHelp} ${words.skipped}`;
    cells.push(cell(words.sampling, seconds(run.seconds.sampling), words.calls(run.model_calls), help));
  }
  return element("div", { class: "cost" }, ...cells);
}

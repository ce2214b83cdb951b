// LiDAR Blind Vote: asks which picture of each pair is better, and says what the votes tell.

import { element } from "./element.js";
import { sheet } from "./style.js";
import { wilson } from "./wilson.js";

const LEAST_HEIGHT = 330;
const LEAST_SIZE = [440, 520];
// In the workflow, which the votes belong to: for each pair's id 0 for the first picture, 1 for the second, null for none.
const VOTES = "lidar-sampling.votes";

/** A sentence on how often the first of two was chosen, and whether that may be chance. votes: 0, 1 or null. */
export function verdict(votes, [first, second], words) {
  const chosen = votes.filter((vote) => vote === 0).length;
  const judged = votes.filter((vote) => vote !== null).length;
  if (!judged) return words.nothing;
  const [low, high] = wilson(chosen, judged);
  const percent = (share) => (100 * share).toFixed(0);
  const result = words.result(first, chosen, judged, percent(chosen / judged), percent(low), percent(high));
  const prefers = low > 0.5 ? words.prefers(first) : high < 0.5 ? words.prefers(second) : words.chance;
  const undecided = votes.length - judged;
  return [result, prefers, ...(undecided ? [words.undecided(undecided)] : [])].join(" ");
}

export class Vote {
  /** page: `pictureUrl` of the server's pictures, and the vote's words. */
  constructor(node, { pictureUrl, words }) {
    this.node = node;
    this.pictureUrl = pictureUrl;
    this.words = words;
    this.results = { pairs: [], names: [] };
    this.counted = false;
    this.build();
    this.widget = node.addDOMWidget("lidar_vote", "lidar_vote", this.host, {
      serialize: false,
      getMinHeight: () => LEAST_HEIGHT,
      margin: 6,
      hideInPanel: true,
    });
    this.widget.serialize = false;
    node.setSize(LEAST_SIZE.map((least, side) => Math.max(least, node.size[side])));
    this.draw();
  }

  build() {
    const { words } = this;
    this.question = element("div", { class: "question", role: "status" });
    this.sides = [words.left, words.right].map((name, side) =>
      element("button", { class: "side", onclick: () => this.choose(side) }, element("img", { alt: name, draggable: "false" })),
    );
    this.neither = element("button", { onclick: () => this.vote(null) }, words.neither);
    this.count = element("button", { onclick: () => this.tell() }, words.count);
    this.restart = element("button", { class: "last", onclick: () => this.startAgain() }, words.again);
    this.told = element("div", { class: "told", role: "status" });
    this.pair = element("div", { class: "pair" }, ...this.sides);
    const actions = element("div", { class: "actions" }, this.neither, this.count, this.restart);
    this.panel = element("div", { class: "panel vote" }, this.question, this.pair, actions, this.told);
    this.host = element("div", { class: "lidar-panel", "data-node": this.node.comfyClass });
    this.host.attachShadow({ mode: "open" }).append(this.panel);
    this.host.shadowRoot.adoptedStyleSheets = [sheet];
    // The page drags nodes by what bubbles up, and has keyboard shortcuts of its own.
    for (const event of ["pointerdown", "mousedown", "dblclick", "contextmenu", "keydown"]) {
      this.panel.addEventListener(event, (happened) => happened.stopPropagation());
    }
  }

  get votes() {
    return this.node.properties[VOTES] ?? {};
  }

  /** The pair to judge now; undefined if there is none. */
  get next() {
    return this.results.pairs.find(({ id }) => !(id in this.votes));
  }

  show(results) {
    this.results = results;
    this.draw();
  }

  choose(side) {
    const { left } = this.next;
    this.vote(side === 0 ? left : 1 - left);
  }

  vote(picture) {
    this.node.properties[VOTES] = { ...this.votes, [this.next.id]: picture };
    this.counted = false;
    this.draw();
  }

  tell() {
    this.counted = true;
    this.draw();
  }

  startAgain() {
    delete this.node.properties[VOTES];
    this.counted = false;
    this.draw();
  }

  draw() {
    const { words, next, votes } = this;
    const { pairs, names } = this.results;
    this.pair.hidden = this.neither.hidden = next === undefined;
    this.count.hidden = next === undefined || !pairs.length;
    this.restart.hidden = !Object.keys(votes).length;
    if (next) {
      this.question.textContent = words.ask(pairs.indexOf(next) + 1, pairs.length);
      const shown = next.left === 0 ? next.pictures : [...next.pictures].reverse();
      this.sides.forEach((side, place) => (side.firstChild.src = this.pictureUrl({ ...shown[place], filename: shown[place].full })));
    } else {
      this.question.textContent = pairs.length ? words.done : words.empty;
    }
    // Not before the last pair unless asked for: a count in between sways the next votes.
    const tells = this.counted || (pairs.length && !next);
    this.told.textContent = tells ? verdict(Object.values(votes), names, words) : "";
  }
}

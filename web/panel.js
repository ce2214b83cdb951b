// The panel of a node: the lookahead samples best first, who pulls, how hard, and what it cost.

import { costLine } from "./cost.js";
import { element } from "./element.js";
import { LargeView } from "./large.js";
import { Menu } from "./menu.js";
import { short, times } from "./numbers.js";
import { plot } from "./plot.js";
import { Sample } from "./sample.js";
import { sheet } from "./style.js";

const HEAD_HEIGHT = 24;
const PART_HEIGHTS = { samples: 176, plots: 80, cost: 52, off: 34, missed: 64 };
const PHASES = {
  lookahead: "Looking ahead",
  decoding: "Decoding",
  scoring: "Scoring",
  sampling: "Sampling",
};
const MISSED =
  "This run came from ComfyUI's cache, which does not have these results: change the prompt or a lookahead setting " +
  "to draw the samples anew.";
const COLLAPSED = "lidar-sampling.collapsed";

function rooted(point) {
  return point.map((value) => (value === null ? null : Math.sqrt(value)));
}

export class Panel {
  /** page: how to reach the server's pictures and the user. */
  constructor(node, page) {
    this.node = node;
    this.page = page;
    this.results = {};
    this.missing = false;
    this.phase = undefined;
    this.collapsed = false;
    this.build();
    // Last, and no part of the workflow's values.
    this.widget = node.addDOMWidget("lidar_panel", "lidar_panel", this.host, {
      serialize: false,
      getMinHeight: () => this.height(),
      // Spare height goes to the thumbnails, if there are any.
      getMaxHeight: () => (this.height() > HEAD_HEIGHT ? undefined : HEAD_HEIGHT),
      margin: 6,
      hideInPanel: true,
    });
    this.widget.serialize = false;
  }

  build() {
    this.summary = element("span", { class: "summary" });
    this.arrow = element("span", { "aria-hidden": "true" });
    this.head = element("button", { class: "head", onclick: () => this.toggle() }, this.arrow, "LiDAR", this.summary);
    this.meter = element("div", { class: "meter" }, element("i"));
    this.body = element("div", { style: "display: contents" });
    this.menu = new Menu();
    this.large = new LargeView();
    this.panel = element("div", { class: "panel" }, this.head, this.meter, this.body, this.menu.box, this.large.dialog);
    this.host = element("div", { class: "lidar-panel", "data-node": this.node.comfyClass });
    this.host.attachShadow({ mode: "open" }).append(this.panel);
    this.host.shadowRoot.adoptedStyleSheets = [sheet];
    // The page drags nodes by what bubbles up.
    for (const event of ["pointerdown", "mousedown", "dblclick", "contextmenu"]) {
      this.panel.addEventListener(event, (happened) => happened.stopPropagation());
    }
    this.draw();
  }

  height() {
    if (this.collapsed) return HEAD_HEIGHT;
    return this.parts().reduce((sum, part) => sum + PART_HEIGHTS[part], HEAD_HEIGHT);
  }

  /** What there is to show, from top to bottom. */
  parts() {
    const { lookahead, run, off } = this.results;
    const parts = [];
    if (lookahead || run) parts.push("samples");
    if (run?.step.length) parts.push("plots");
    if (off) parts.push("off");
    else if (this.missing) parts.push("missed");
    else if (lookahead || run) parts.push("cost");
    return parts;
  }

  /** Show what is kept of earlier runs, once the node has its saved properties. */
  restore(results) {
    this.collapsed = this.node.properties[COLLAPSED] === true;
    this.show(results ?? {});
  }

  show(results) {
    this.results = results;
    this.missing = false;
    this.refit();
  }

  /** The node ran, but nothing is known of how. */
  miss() {
    const { lookahead, run, off } = this.results;
    if (lookahead ?? run ?? off) return;
    this.missing = true;
    this.refit();
  }

  toggle() {
    this.collapsed = !this.collapsed;
    if (this.collapsed) this.node.properties[COLLAPSED] = true;
    else delete this.node.properties[COLLAPSED];
    this.refit(Math.max(0, this.height() - (this.shown ?? 0)));
  }

  /** Draw anew; the node grows if it must, and by what is unfolded, and shrinks by what is folded away. */
  refit(unfolded = 0) {
    const [width, height] = this.node.size;
    const freed = this.shown === undefined ? 0 : Math.max(0, this.shown - this.height());
    this.shown = this.height();
    this.draw();
    const least = this.node.computeSize()[1];
    const fitting = Math.max(least, height - freed + unfolded);
    if (fitting !== height) this.node.setSize([width, fitting]);
    this.node.setDirtyCanvas(true, true);
  }

  begin(phase) {
    this.phase = phase;
    this.advance(undefined);
  }

  advance(share) {
    if (!this.phase) return;
    this.share = share;
    this.drawHead();
  }

  end() {
    if (!this.phase) return;
    this.phase = undefined;
    this.drawHead();
  }

  draw() {
    this.drawHead();
    const parts = this.collapsed ? [] : this.parts();
    this.body.replaceChildren(...parts.map((part) => this[part]()));
    // Nodes that are laid out by the page itself take the height from here.
    this.host.style.minHeight = `${this.height()}px`;
  }

  drawHead() {
    const { lookahead, run, off } = this.results;
    const rewards = lookahead?.rewards ?? run?.rewards;
    this.arrow.textContent = this.collapsed ? "\u25b8" : "\u25be";
    this.head.setAttribute("aria-expanded", String(!this.collapsed));
    this.meter.hidden = !this.phase;
    if (this.phase) {
      const done = this.share === undefined ? "" : ` ${Math.round(100 * this.share)}%`;
      this.summary.textContent = `${PHASES[this.phase]}\u2026${done}`;
      this.meter.firstChild.style.width = `${100 * (this.share ?? 0)}%`;
    } else if (rewards) {
      const mean = rewards.reduce((sum, reward) => sum + reward, 0) / rewards.length;
      this.summary.textContent = `${rewards.length} samples, best ${short(rewards[0])}, mean ${short(mean)}`;
    } else {
      this.summary.textContent = off ?? "the lookahead appears here after a run";
    }
  }

  // The parts.

  samples() {
    const { lookahead, run } = this.results;
    const rewards = lookahead?.rewards ?? run.rewards;
    const worst = Math.min(...rewards);
    const range = Math.max(...rewards) - worst || 1;
    const samples = rewards.map((_, rank) => new Sample(this.node, this.page, this.results, rank));
    const thumbnails = samples.map((sample) =>
      sample.thumbnail(0.04 + (0.96 * (sample.reward - worst)) / range, {
        onclick: () => this.large.open(samples, sample.rank),
        oncontextmenu: (event) => this.menu.open(event, sample.actions),
      }),
    );
    return element("div", { class: "thumbs", onwheel: scrollAlone }, ...thumbnails);
  }

  plots() {
    const { run } = this.results;
    const strongest = Math.max(...run.pull.map(([, , largest]) => largest ?? 0)) || 1;
    const pool = run.rewards.length;
    const figure = (caption, value, help, drawing) =>
      element(
        "figure",
        { title: help },
        element("figcaption", {}, element("span", {}, caption), element("span", {}, value)),
        drawing,
        element("div", { class: "axis" }, element("span", {}, "step 1"), element("span", {}, run.steps)),
      );
    return element(
      "div",
      { class: "plots" },
      figure(
        "pull",
        `up to ${times(strongest)}`,
        "How far each step's prediction was moved, against its own size, on a square-root scale so that small pulls " +
          "show. The line's band spans the images of the batch. Shaded: steps that the pool decided without the model.",
        plot(run.step, run.pull.map(rooted), run.steps, Math.sqrt(strongest)),
      ),
      figure(
        "samples that pull",
        `of ${pool}`,
        "The effective number of lookahead samples that share the pull: 1 when a single one does.",
        plot(run.step, run.samples, run.steps, pool),
      ),
    );
  }

  off() {
    return element("div", { class: "off" }, this.results.off);
  }

  missed() {
    return element("div", { class: "missed" }, MISSED);
  }

  cost() {
    return costLine(this.results);
  }
}

/** Turn the wheel's movement into scrolling where there is something to scroll, else leave it to the page's zoom. */
function scrollAlone(event) {
  const list = event.currentTarget;
  if (list.scrollHeight > list.clientHeight && !event.ctrlKey) event.stopPropagation();
}

// The panel of a node: what the next run costs, the lookahead samples best first, which of them the pictures followed,
// how much each step was changed, and what the last run cost.

import { costLine } from "./cost.js";
import { element } from "./element.js";
import { chosenRanks, follow, mayChoose } from "./follow.js";
import { followedSentences, ownRewards } from "./followed.js";
import { LargeView } from "./large.js";
import { Live } from "./live.js";
import { Menu } from "./menu.js";
import { alike, duration, mean } from "./numbers.js";
import { plan } from "./plan.js";
import { plot } from "./plot.js";
import { comparisons, learner, ofOthers, rateAnew, starsOf } from "./rate.js";
import { Sample } from "./sample.js";
import { Samples } from "./samples.js";
import { sheet } from "./style.js";

// That of the cost line, in every language.
const LEAST_WIDTH = 330;
const HEAD_HEIGHT = 26;
const PART_HEIGHTS = { plan: 40, samples: 170, rated: 30, chosen: 30, followed: 57, change: 84, cost: 60, off: 38, missed: 70 };
const WITH_PLAN = new Set(["LiDARKSampler", "LiDARLookahead"]);
const COLLAPSED = "lidar-sampling.collapsed";

function rooted(point) {
  return point.map((value) => (value === null ? null : Math.sqrt(value)));
}

export class Panel {
  /**
   * page: how to reach the server's pictures (`pictureUrl`) and the user (`say`), the panel's words, the server's
   * sentences in the page's language (`translate`), what to do when samples were chosen (`choose`), and the samples and
   * steps of a lookahead without a config (`defaults`).
   */
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
      getMaxHeight: () => (this.parts().includes("samples") && !this.collapsed ? undefined : this.height()),
      margin: 6,
      hideInPanel: true,
    });
    this.widget.serialize = false;
    // A saved workflow brings its own size.
    if (node.size[0] < LEAST_WIDTH) node.setSize([LEAST_WIDTH, node.size[1]]);
  }

  build() {
    const { words } = this.page;
    this.summary = element("span", { class: "summary" });
    this.arrow = element("span", { "aria-hidden": "true" });
    this.head = element("button", { class: "head", onclick: () => this.toggle() }, this.arrow, "LiDAR", this.summary);
    this.meter = element("div", { class: "meter" }, element("i"));
    this.body = element("div", { style: "display: contents" });
    this.planned = element("div", { class: "plan", title: words.planHelp });
    this.menu = new Menu(words.actions);
    this.large = new LargeView(words, (rank) => this.samples?.focus(rank));
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
    const { lookahead, run, own, off } = this.results;
    const parts = WITH_PLAN.has(this.node.comfyClass) ? ["plan"] : [];
    if (lookahead || run || this.live) parts.push("samples");
    if (this.mayRate()) parts.push("rated");
    if (this.chosenRanks().length) parts.push("chosen");
    if (run || own) parts.push("followed");
    // Steps that the samples lead do not call the model, so there is nothing to compare with.
    if (run?.pull.some(([, , largest]) => largest !== null)) parts.push("change");
    if (off) parts.push("off");
    else if (this.missing) parts.push("missed");
    else if (lookahead || run) parts.push("cost");
    return parts;
  }

  /** The ranks of the samples that the user chose, from 0. */
  chosenRanks() {
    const { lookahead, run } = this.results;
    const { seeds } = lookahead ?? run ?? {};
    return seeds && this.node.graph ? chosenRanks(this.node, seeds) : [];
  }

  /** Whether a node learns from ratings of the samples that are shown. */
  mayRate() {
    return Boolean(this.results.lookahead && this.node.graph && learner(this.node));
  }

  /** Changes whenever the ratings do; undefined where there are none to give. */
  ratings() {
    const { lookahead } = this.results;
    if (!this.mayRate()) return undefined;
    return JSON.stringify([ofOthers(this.node, lookahead), [...starsOf(this.node, lookahead)], comparisons(this.node)]);
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

  /** The node ran, but its results are unknown. */
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

  /** Draw anew. The node grows if it must; folding and unfolding change its height by the height of the panel. */
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
    this.started ??= performance.now();
    this.phase = phase;
    if (phase === "lookahead") this.forgetLive();
    this.advance(undefined);
  }

  /** The run has drawn its lookahead sample of this number, from 0, of `count`; another picture of it may follow. */
  put(number, count, picture) {
    if (!this.live) {
      this.live = new Live(count, this.page.words);
      this.refit();
    }
    this.live.put(number, this.page.pictureUrl(picture));
  }

  forgetLive() {
    if (!this.live) return;
    this.live.remove();
    this.live = undefined;
    this.refit();
  }

  advance(share) {
    if (!this.phase) return;
    this.share = share;
    // A cached lookahead leaves the bar where it had ended.
    this.shareAtStart ??= share;
    this.drawHead();
  }

  end() {
    if (!this.phase) return;
    this.phase = this.started = this.shareAtStart = undefined;
    this.forgetLive();
    this.drawHead();
  }

  /** Seconds that the rest of the run takes if it goes on as before; undefined while that is a guess. */
  left() {
    const done = this.share - this.shareAtStart;
    const elapsed = (performance.now() - this.started) / 1000;
    return done > 0.05 && elapsed > 3 ? (elapsed * (1 - this.share)) / done : undefined;
  }

  draw() {
    this.shownChoice = this.chosenRanks().join();
    this.shownRatings = this.ratings();
    this.drawHead();
    this.samples?.remove();
    this.samples = undefined;
    const parts = this.collapsed ? [] : this.parts();
    const drawings = {
      plan: () => this.planned,
      samples: () => this.drawSamples(),
      rated: () => this.drawRated(),
      chosen: () => this.drawChosen(),
      followed: () => this.drawFollowed(),
      change: () => this.drawChange(),
      cost: () => costLine(this.results, this.page.words),
      off: () => element("div", { class: "note off" }, this.page.translate(this.results.off)),
      missed: () => element("div", { class: "note missed" }, this.page.words.missed),
    };
    this.body.replaceChildren(...parts.map((part) => drawings[part]()));
    this.drawPlan();
    // Nodes that are laid out by the page itself take the height from here.
    this.host.style.minHeight = `${this.height()}px`;
  }

  drawHead() {
    const { words } = this.page;
    const { lookahead, run, off } = this.results;
    const rewards = lookahead?.rewards ?? run?.rewards;
    this.arrow.textContent = this.collapsed ? "\u25b8" : "\u25be";
    this.head.setAttribute("aria-expanded", String(!this.collapsed));
    this.meter.hidden = !this.phase;
    this.panel.dataset.phase = this.phase ?? "";
    if (this.phase) {
      const done = this.share === undefined ? "" : ` ${Math.round(100 * this.share)}%`;
      const left = this.share === undefined ? undefined : this.left();
      const rest = left === undefined ? "" : `, ${words.left(duration(left))}`;
      this.summary.textContent = `${words.phases[this.phase]}\u2026${done}${rest}`;
      this.meter.firstChild.style.width = `${100 * (this.share ?? 0)}%`;
    } else if (rewards) {
      const written = alike(rewards);
      this.summary.textContent = words.summary(rewards.length, written(rewards[0]), written(mean(rewards)));
    } else {
      this.summary.textContent = off ? this.page.translate(off) : words.empty;
    }
  }

  /** Show the cost of the next run with the present inputs. */
  drawPlan() {
    // A node that is not in a graph yet, or no more, has no links to follow.
    if (!this.node.graph) return;
    const chosen = this.chosenRanks().join();
    if (chosen !== this.shownChoice) {
      this.shownChoice = chosen;
      this.refit();
    }
    const ratings = this.ratings();
    if (ratings !== this.shownRatings) this.showRatings(ratings);
    const sentence = plan(this.node, this.page.defaults(), this.results.run, this.page.words);
    if (sentence !== this.planned.textContent) this.planned.textContent = sentence;
  }

  drawSamples() {
    if (this.live) return this.live.box;
    const { rewards } = this.results.lookahead ?? this.results.run;
    const samples = rewards.map((_, rank) => new Sample(this.node, this.page, this.results, rank));
    this.samples = new Samples(samples, this.page.words, {
      enlarge: (rank) => this.large.open(samples, rank),
      openMenu: (event, rank) => this.menu.open(event, samples[rank].actions),
    });
    return this.samples.box;
  }

  /** Draw the stars anew where they are, since the keys that gave them need the focus. */
  showRatings(ratings) {
    const both = ratings !== undefined && this.shownRatings !== undefined;
    this.shownRatings = ratings;
    if (!both || !this.samples) return this.refit();
    this.samples.describe();
    this.body.querySelector(".rated").replaceWith(this.drawRated());
  }

  /** How many samples are rated, and the way to begin again. */
  drawRated() {
    const { words, choose } = this.page;
    const { lookahead } = this.results;
    const others = ofOthers(this.node, lookahead);
    const count = starsOf(this.node, lookahead).size;
    const anew = () => (rateAnew(this.node, lookahead), choose());
    const rated = count ? words.rated(count, comparisons(this.node)) : words.rateThem;
    const sentence = others ? words.ratedOthers : rated;
    return element(
      "div",
      { class: "choice rated" },
      element("span", { title: others ? sentence : words.rateHelp }, sentence),
      others || count ? element("button", { onclick: anew }, words.rateAnew) : undefined,
    );
  }

  /** Which samples the next run follows, and the way back. */
  drawChosen() {
    const { words } = this.page;
    const back = () => (follow(this.node, []), this.page.choose());
    const ranks = this.chosenRanks().map((rank) => rank + 1);
    return element(
      "div",
      { class: "choice" },
      element("span", {}, words.youChose(ranks)),
      mayChoose(this.node) ? element("button", { onclick: back }, words.letReward) : undefined,
    );
  }

  drawFollowed() {
    const { words } = this.page;
    const { run } = this.results;
    const sentences = [...ownRewards(this.results, words), ...(run ? followedSentences(this.results, this.page) : [])];
    const title = run?.handover ? words.handedOver(run.handover.toPrecision(2)) : undefined;
    return element("div", { class: "followed", title }, sentences.join(" "));
  }

  drawChange() {
    const { words } = this.page;
    const { pull, step, steps } = this.results.run;
    const strongest = Math.max(...pull.map(([, , largest]) => largest ?? 0)) || 1;
    return element(
      "figure",
      { title: words.changeHelp },
      element("figcaption", {}, words.change),
      plot(words.change, step, pull.map(rooted), steps, Math.sqrt(strongest)),
      element("div", { class: "axis" }, element("span", {}, words.step(1)), element("span", {}, String(steps))),
    );
  }
}

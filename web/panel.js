// The panel of a node: the lookahead samples best first, who pulls, how hard, and what it cost.

import { useNoise } from "./noise.js";
import { plot } from "./plot.js";
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

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

/** A number in few characters. */
export function short(number) {
  const size = Math.abs(number);
  return size !== 0 && (size >= 1e5 || size < 1e-3) ? number.toExponential(1) : String(Number(number.toPrecision(3)));
}

function percent(share) {
  return `${Math.max(1, Math.round(100 * share))}%`;
}

function seconds(value) {
  return value < 9.95 ? `${value.toFixed(1)} s` : `${Math.round(value)} s`;
}

function times(ratio) {
  return ratio < 2 ? percent(ratio) : `${short(ratio)} times`;
}

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
    // Not "auto": where a right button asks for the menu when it goes down, its release would close that one again.
    this.menu = element("div", { class: "menu", popover: "manual", role: "menu" });
    this.menu.addEventListener("keydown", (event) => event.key === "Escape" && this.menu.hidePopover());
    this.large = element("dialog", { tabindex: "-1", onkeydown: (event) => this.onLargeKey(event) });
    this.large.addEventListener("click", (event) => event.target === this.large && this.large.close());
    this.panel = element("div", { class: "panel" }, this.head, this.meter, this.body, this.menu, this.large);
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
    const list = element("div", { class: "thumbs", onwheel: scrollAlone });
    rewards.forEach((reward, rank) => {
      const share = this.shareOf(rank);
      const thumb = element(
        "button",
        {
          class: share ? "thumb pulls" : "thumb",
          title: this.facts(rank).join("\n"),
          "aria-label": this.facts(rank).join(", "),
          onclick: () => this.enlarge(rank),
          oncontextmenu: (event) => this.openMenu(event, rank),
        },
        this.picture(rank),
        element("span", { class: "bar" }, element("i", { style: `width: ${4 + (96 * (reward - worst)) / range}%` })),
        element("span", { class: "reward" }, short(reward)),
        share ? element("span", { class: "share" }, percent(share)) : undefined,
      );
      list.append(thumb);
    });
    return list;
  }

  picture(rank) {
    const frame = element("span", { class: "frame", "data-rank": `#${rank + 1}` });
    const file = this.results.lookahead?.thumbnails[rank];
    const bare = () => frame.classList.add("bare");
    if (!file) {
      bare();
      return frame;
    }
    // The host empties its temporary folder when it starts.
    const gone = ({ target }) => {
      target.remove();
      bare();
    };
    frame.append(
      element("img", { src: this.page.pictureUrl(file), alt: "", loading: "lazy", draggable: "false", onerror: gone }),
    );
    return frame;
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
    const { lookahead, run } = this.results;
    const cell = (name, value, below = "", title = undefined) =>
      element("div", { title }, name, element("b", {}, value), element("span", {}, below));
    const help = "An evaluation is one denoised prediction of one image. With a cfg other than 1 the model runs twice for it.";
    const cells = [];
    if (lookahead) {
      const drawn = lookahead.reused ? "reused" : `${lookahead.evaluations} evals`;
      cells.push(
        cell("Lookahead", seconds(lookahead.seconds.lookahead), drawn, `${lookahead.evaluations} evaluations. ${help}`),
        cell("Decoding", seconds(lookahead.seconds.decoding)),
        cell("Scoring", seconds(lookahead.seconds.scoring)),
      );
    }
    const saved = "Steps that the pool decides almost alone are taken without the model.";
    if (run) cells.push(cell("Sampling", seconds(run.seconds.sampling), `${run.evaluations} evals`, `${help} ${saved}`));
    return element("div", { class: "cost" }, ...cells);
  }

  // A sample.

  shareOf(rank) {
    return this.results.run?.share[rank] || 0;
  }

  seedOf(rank) {
    return (this.results.lookahead ?? this.results.run).seeds[rank];
  }

  facts(rank) {
    const { lookahead, run } = this.results;
    const share = this.shareOf(rank);
    const facts = [`#${rank + 1}: reward ${short((lookahead ?? run).rewards[rank])}`];
    const scores = Object.entries(lookahead?.scores ?? {});
    if (scores.length > 1) facts.push(...scores.map(([name, numbers]) => `${name} ${short(numbers[rank])}`));
    if (share) facts.push(`pulled hardest in ${percent(share)} of the guided evaluations`);
    facts.push(`seed ${this.seedOf(rank)}`);
    return facts;
  }

  actions(rank) {
    return [
      ["Copy seed", () => this.copySeed(rank)],
      ["Use this noise", () => this.useNoise(rank)],
    ];
  }

  async copySeed(rank) {
    const seed = this.seedOf(rank);
    try {
      await navigator.clipboard.writeText(String(seed));
      this.page.say("success", "Seed copied", String(seed));
    } catch {
      // Browsers allow it only on https and on this machine.
      this.page.say("info", "The seed is", String(seed));
    }
  }

  useNoise(rank) {
    try {
      this.page.say("success", "Noise set", useNoise(this.node, this.seedOf(rank)));
    } catch (error) {
      this.page.say("warn", "Noise not set", error.message);
    }
  }

  closeMenu = (event) => {
    if (event.composedPath().includes(this.menu)) return;
    document.removeEventListener("pointerdown", this.closeMenu, true);
    if (this.menu.matches(":popover-open")) this.menu.hidePopover();
  };

  openMenu(event, rank) {
    event.preventDefault();
    const close = () => this.menu.hidePopover();
    this.menu.replaceChildren(
      ...this.actions(rank).map(([label, act]) =>
        element("button", { role: "menuitem", onclick: () => (close(), act()) }, label),
      ),
    );
    if (!this.menu.matches(":popover-open")) this.menu.showPopover();
    document.addEventListener("pointerdown", this.closeMenu, true);
    const { width, height } = this.menu.getBoundingClientRect();
    this.menu.style.left = `${Math.min(event.clientX, innerWidth - width - 4)}px`;
    this.menu.style.top = `${Math.min(event.clientY, innerHeight - height - 4)}px`;
    this.menu.firstChild.focus();
  }

  enlarge(rank) {
    this.rank = rank;
    const file = this.results.lookahead?.thumbnails[rank];
    this.large.replaceChildren(
      ...(file ? [element("img", { src: this.page.pictureUrl(file), alt: "" })] : []),
      element("div", { class: "facts" }, this.facts(rank).join(", "), ...this.scoredFor()),
      element(
        "div",
        { class: "actions" },
        element("button", { onclick: () => this.step(-1), "aria-label": "Better one" }, "\u2190"),
        element("button", { onclick: () => this.step(1), "aria-label": "Next one" }, "\u2192"),
        ...this.actions(rank).map(([label, act]) => element("button", { onclick: act }, label)),
        element("button", { class: "last", onclick: () => this.large.close() }, "Close"),
      ),
    );
    if (!this.large.open) this.large.showModal();
    this.large.focus();
  }

  scoredFor() {
    const prompt = this.results.lookahead?.prompt;
    return prompt ? [element("div", { class: "dim" }, `Scored for: ${prompt}`)] : [];
  }

  step(by) {
    const count = (this.results.lookahead ?? this.results.run).rewards.length;
    this.enlarge((this.rank + by + count) % count);
  }

  onLargeKey(event) {
    // The page has keys of its own, and takes Escape away.
    event.stopPropagation();
    if (event.key === "Escape") this.large.close();
    if (event.key === "ArrowLeft") this.step(-1);
    if (event.key === "ArrowRight") this.step(1);
  }
}

/** Turn the wheel's movement into scrolling where there is something to scroll, else leave it to the page's zoom. */
function scrollAlone(event) {
  const list = event.currentTarget;
  if (list.scrollHeight > list.clientHeight && !event.ctrlKey) event.stopPropagation();
}

// One lookahead sample: what is known of it, what can be done with it, its thumbnail and its large view.

import { element } from "./element.js";
import { useNoise } from "./noise.js";
import { percent, short } from "./numbers.js";

export class Sample {
  /** rank: 0 is the best of the pool. page: how to reach the server's pictures and the user. */
  constructor(node, page, { lookahead, run }, rank) {
    const known = lookahead ?? run;
    this.node = node;
    this.page = page;
    this.rank = rank;
    this.reward = known.rewards[rank];
    this.seed = known.seeds[rank];
    this.share = run?.share[rank] || 0;
    this.scores = Object.entries(lookahead?.scores ?? {}).map(([name, numbers]) => [name, numbers[rank]]);
    this.file = lookahead?.thumbnails[rank];
    this.prompt = lookahead?.prompt;
  }

  get facts() {
    const facts = [`#${this.rank + 1}: reward ${short(this.reward)}`];
    if (this.scores.length > 1) facts.push(...this.scores.map(([name, number]) => `${name} ${short(number)}`));
    if (this.share) facts.push(`pulled hardest in ${percent(this.share)} of the guided evaluations`);
    facts.push(`seed ${this.seed}`);
    return facts;
  }

  /** Pairs of a label and what it does. */
  get actions() {
    return [
      ["Copy seed", () => this.copySeed()],
      ["Use this noise", () => this.useNoise()],
    ];
  }

  async copySeed() {
    try {
      await navigator.clipboard.writeText(String(this.seed));
      this.page.say("success", "Seed copied", String(this.seed));
    } catch {
      // Browsers allow it only on https and on this machine.
      this.page.say("info", "The seed is", String(this.seed));
    }
  }

  useNoise() {
    try {
      this.page.say("success", "Noise set", useNoise(this.node, this.seed));
    } catch (error) {
      this.page.say("warn", "Noise not set", error.message);
    }
  }

  /** bar: how much of its width is filled, from 0 to 1. */
  thumbnail(bar, listeners) {
    return element(
      "button",
      {
        class: this.share ? "thumb pulls" : "thumb",
        title: this.facts.join("\n"),
        "aria-label": this.facts.join(", "),
        ...listeners,
      },
      this.picture(),
      element("span", { class: "bar" }, element("i", { style: `width: ${100 * bar}%` })),
      element("span", { class: "reward" }, short(this.reward)),
      this.share ? element("span", { class: "share" }, percent(this.share)) : undefined,
    );
  }

  picture() {
    const frame = element("span", { class: "frame", "data-rank": `#${this.rank + 1}` });
    const bare = () => frame.classList.add("bare");
    if (!this.file) {
      bare();
      return frame;
    }
    // The host empties its temporary folder when it starts.
    const gone = ({ target }) => {
      target.remove();
      bare();
    };
    const src = this.page.pictureUrl(this.file);
    frame.append(element("img", { src, alt: "", loading: "lazy", draggable: "false", onerror: gone }));
    return frame;
  }

  /** Picture and words of the large view. */
  large() {
    return [
      this.file ? element("img", { src: this.page.pictureUrl(this.file), alt: "" }) : undefined,
      element(
        "div",
        { class: "facts" },
        this.facts.join(", "),
        this.prompt ? element("div", { class: "dim" }, `Scored for: ${this.prompt}`) : undefined,
      ),
    ].filter(Boolean);
  }
}

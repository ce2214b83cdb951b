// One lookahead sample: its numbers, its actions, its thumbnail and its large view.

import { element } from "./element.js";
import { followedBy } from "./followed.js";
import { chosenRanks, follow, mayChoose } from "./follow.js";
import { useNoise } from "./noise.js";
import { alike, percent, ranges } from "./numbers.js";
import { learner, MOST_STARS, ofOthers, rate, starsOf } from "./rate.js";
import { stop, toggle } from "./sound.js";

export class Sample {
  /** rank: 0 is the best of the pool. page: how to reach the server's pictures and the user, and its words. */
  constructor(node, page, results, rank) {
    const { lookahead, run } = results;
    const known = lookahead ?? run;
    this.node = node;
    this.page = page;
    this.rank = rank;
    this.count = known.rewards.length;
    this.reward = known.rewards[rank];
    this.written = alike(known.rewards)(this.reward);
    this.seeds = known.seeds;
    this.seed = known.seeds[rank];
    this.share = run?.share[rank] || 0;
    /** The pictures of the batch that followed it, from 1. */
    const followed = followedBy(results);
    this.pictures = followed.flatMap((other, picture) => (other === rank ? [picture + 1] : []));
    this.batch = followed.length;
    this.leads = this.share > 0 || this.pictures.length > 0;
    const scores = Object.entries(lookahead?.scores ?? {});
    this.scores = scores.length > 1 ? scores.map(([name, numbers]) => `${name} ${alike(numbers)(numbers[rank])}`) : [];
    this.file = lookahead?.thumbnails[rank];
    this.prompt = lookahead?.prompt;
    this.lookahead = lookahead;
  }

  get mayBeRated() {
    return this.lookahead !== undefined && learner(this.node) !== undefined;
  }

  /** 0: it is not rated. */
  get stars() {
    return (this.mayBeRated && starsOf(this.node, this.lookahead).get(this.rank)) || 0;
  }

  /** Give it so many stars; as many as it has take them back. */
  rate(stars) {
    const { words, say, choose } = this.page;
    if (ofOthers(this.node, this.lookahead)) return say("warn", words.notRated, words.ratedOthers);
    rate(this.node, this.lookahead, this.rank, stars === this.stars ? 0 : stars);
    choose();
  }

  /** Whether a key rates it: 1 to 5, and 0 takes the stars back. */
  rateByKey(event) {
    if (!this.mayBeRated || event.ctrlKey || event.metaKey || event.altKey) return false;
    const stars = "012345".indexOf(event.key);
    if (stars < 0 || event.key.length !== 1) return false;
    this.rate(stars || this.stars);
    return true;
  }

  /** Whether the user chose it. */
  get chosen() {
    return chosenRanks(this.node, this.seeds).includes(this.rank);
  }

  get name() {
    return this.page.words.sample(this.rank + 1, this.count);
  }

  get facts() {
    const { words } = this.page;
    const facts = [words.reward(this.rank + 1, this.written), ...this.scores];
    if (this.chosen) facts.push(words.chosen);
    if (this.stars) facts.push(words.stars(this.stars));
    if (this.share) facts.push(words.led(percent(this.share)));
    facts.push(words.seed(this.seed));
    return facts;
  }

  /** Pairs of a label and an action. */
  get actions() {
    const { words } = this.page;
    return [
      ...(this.file?.sound ? [[words.play, () => this.play()]] : []),
      ...(mayChoose(this.node) ? this.choices : []),
      ...(this.file ? [[words.save, () => this.save()]] : []),
      [words.copySeed, () => this.copySeed()],
      [words.useNoise, () => this.useNoise()],
    ];
  }

  get choices() {
    const { words } = this.page;
    const others = chosenRanks(this.node, this.seeds).map((rank) => this.seeds[rank]);
    if (others.includes(this.seed)) return [[words.letReward, () => this.follow([])]];
    return [
      [words.follow, () => this.follow([this.seed])],
      ...(others.length ? [[words.followToo, () => this.follow([...others, this.seed])]] : []),
    ];
  }

  follow(seeds) {
    follow(this.node, seeds);
    this.page.choose();
  }

  /** Save its sound, film or picture where the browser saves downloads. */
  save() {
    const kind = ["sound", "film", "full"].find((each) => this.file[each]);
    element("a", { href: this.url(kind), download: this.file[kind] }).click();
  }

  async copySeed() {
    const { words, say } = this.page;
    try {
      await navigator.clipboard.writeText(String(this.seed));
      say("success", words.seedCopied, String(this.seed));
    } catch {
      // Browsers allow it only on https and on this machine.
      say("info", words.seedIs, String(this.seed));
    }
  }

  useNoise() {
    const { words, say } = this.page;
    try {
      say("success", words.noiseSet, useNoise(this.node, this, words));
    } catch (error) {
      say("warn", words.noiseNotSet, error.message);
    }
  }

  /** Play its sound, or stop it. */
  play() {
    toggle(this.url("sound"), (playing) => this.frame?.classList.toggle("playing", playing));
  }

  /** Where the page finds the sample's file of this kind. */
  url(kind) {
    return this.page.pictureUrl({ ...this.file, filename: this.file[kind] });
  }

  /** bar: how much of its width is filled, from 0 to 1. */
  thumbnail(bar, listeners) {
    this.starRow = this.mayBeRated ? this.starButtons("span") : undefined;
    this.thumb = element(
      "button",
      {
        class: `thumb${this.leads ? " leads" : ""}${this.chosen ? " chosen" : ""}`,
        ...listeners,
        // Space plays a sound; Enter shows it large, as for every sample.
        onkeydown: (event) => {
          if (event.key !== " " || !this.file?.sound) return;
          event.preventDefault();
          event.stopPropagation();
          this.play();
        },
      },
      this.picture(),
      element("span", { class: "bar" }, element("i", { style: `width: ${(100 * bar).toFixed(1)}%` })),
      element("span", { class: "reward" }, this.written),
      this.leads ? element("span", { class: "mark" }, this.mark) : undefined,
      this.chosen ? element("span", { class: "mark pick" }, this.page.words.chosen) : undefined,
      this.starRow,
    );
    this.describe();
    return this.thumb;
  }

  /** What is known of it, its stars included, on its thumbnail. */
  describe() {
    this.thumb.title = this.facts.join("\n");
    this.thumb.setAttribute("aria-label", `${this.name}: ${[...this.facts, ...(this.leads ? [this.mark] : [])].join(", ")}`);
    [...(this.starRow?.children ?? [])].forEach((star, below) => star.classList.toggle("on", below < this.stars));
  }

  /** A row of stars to click; kind: "span" within a button. rated: is called after a click. */
  starButtons(kind, rated = () => {}) {
    const { words } = this.page;
    const star = (number) =>
      element(
        kind,
        {
          title: words.rateIt(number),
          "aria-label": kind === "button" ? words.stars(number) : undefined,
          class: number <= this.stars ? "on" : "",
          onclick: (event) => {
            event.stopPropagation();
            this.rate(number);
            rated();
          },
        },
        "\u2605",
      );
    return element("span", { class: "stars" }, ...Array.from({ length: MOST_STARS }, (_, below) => star(below + 1)));
  }

  /** Who follows it: "followed", the numbers of the pictures, or where those are not known its share of the steps. */
  get mark() {
    const { words } = this.page;
    if (!this.pictures.length) return percent(this.share);
    return this.pictures.length === this.batch ? words.followed : words.followedBy(ranges(this.pictures).join(", "));
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
    const src = this.url("filename");
    const image = element("img", { src, alt: this.name, loading: "lazy", draggable: "false", onerror: gone });
    frame.append(image);
    if (this.file.film) {
      // A film plays while it is pointed at.
      frame.addEventListener("pointerenter", () => image.setAttribute("src", this.url("film")));
      frame.addEventListener("pointerleave", () => image.setAttribute("src", src));
    }
    if (this.file.sound) frame.append(this.playButton());
    this.frame = frame;
    return frame;
  }

  playButton() {
    const { words } = this.page;
    const play = (event) => {
      event.stopPropagation();
      this.play();
    };
    return element("span", { class: "play", title: words.play, onclick: play });
  }

  /** Picture, film or sound, and words of the large view. */
  large() {
    const { words } = this.page;
    stop();
    return [
      this.file ? element("img", { src: this.url(this.file.film ? "film" : "full"), alt: this.prompt ? `${this.name}: ${this.prompt}` : this.name }) : "",
      this.file?.sound ? element("audio", { src: this.url("sound"), controls: "", "aria-label": this.name }) : "",
      element(
        "div",
        { class: "facts" },
        this.facts.join(", "),
        this.prompt ? element("div", { class: "dim" }, words.scoredFor(this.prompt)) : undefined,
      ),
    ];
  }
}

// The lookahead samples of a pool, best first: as large as the room allows, and one stop of the tab key.

import { element } from "./element.js";
import { mean } from "./numbers.js";

const GAP = 4;
const LEAST_WIDTH = 66;
// Padding, bar and reward below a picture, and the mark of a followed one.
const CAPTION = 32;
const MARK = 18;
const STARS = 18;

/**
 * How many columns show `count` pictures largest in `width` x `height`, those at the ranks `marked` with a mark below.
 * caption: the height of what is below all pictures.
 */
export function columns(count, marked, width, height, aspect, caption = CAPTION) {
  const most = Math.max(1, Math.floor((width + GAP) / (LEAST_WIDTH + GAP)));
  for (let number = 1; number < most; number += 1) {
    const side = (width - (number - 1) * GAP) / number;
    const rows = Math.ceil(count / number);
    const markedRows = new Set(marked.map((rank) => Math.floor(rank / number))).size;
    if (rows * (side / aspect + caption + GAP) + markedRows * MARK <= height + GAP) return number;
  }
  return most;
}

/** Shares of a full bar: none at two standard deviations below the pool's mean, all at two above. */
export function bars(rewards) {
  const middle = mean(rewards);
  const deviation = Math.sqrt(mean(rewards.map((reward) => (reward - middle) ** 2)));
  return rewards.map((reward) => Math.min(1, Math.max(0.04, 0.5 + (deviation ? (reward - middle) / (4 * deviation) : 0))));
}

export class Samples {
  /** actions: `enlarge(rank)` and `openMenu(event, rank)`. */
  constructor(samples, words, { enlarge, openMenu }) {
    this.aspect = 1;
    this.samples = samples;
    this.caption = CAPTION + (samples[0].mayBeRated ? STARS : 0);
    const widths = bars(samples.map(({ reward }) => reward));
    this.thumbs = samples.map((sample) =>
      sample.thumbnail(widths[sample.rank], {
        tabindex: "-1",
        onclick: () => enlarge(sample.rank),
        oncontextmenu: (event) => openMenu(event, sample.rank),
        onfocus: () => this.stopAt(sample.rank),
      }),
    );
    this.list = element(
      "div",
      { class: "thumbs", role: "toolbar", "aria-label": words.samples, onwheel: scrollAlone },
      ...this.thumbs,
    );
    this.list.addEventListener("keydown", (event) => this.onKey(event));
    // Load events do not bubble.
    this.list.addEventListener("load", ({ target }) => this.shapeLike(target), true);
    this.box = element("div", { class: "samples", "data-stale": words.stale }, this.list);
    this.marked = samples.flatMap(({ leads, chosen, rank }) => (leads || chosen ? [rank] : []));
    this.stopAt(this.marked[0] ?? 0);
    this.observer = new ResizeObserver(() => this.fit());
    this.observer.observe(this.list);
  }

  /** All pictures of a pool have one shape. */
  shapeLike({ naturalWidth, naturalHeight }) {
    const aspect = Math.min(2, Math.max(0.5, naturalWidth / naturalHeight));
    if (aspect === this.aspect) return;
    this.aspect = aspect;
    this.list.style.setProperty("--aspect", aspect);
    this.fit();
  }

  fit() {
    const { clientWidth, clientHeight } = this.list;
    if (!clientWidth) return;
    this.columns = columns(this.thumbs.length, this.marked, clientWidth, clientHeight, this.aspect, this.caption);
    this.list.style.gridTemplateColumns = `repeat(${this.columns}, minmax(0, 1fr))`;
    // Not scrollIntoView, which would scroll the page as well.
    const { offsetTop, offsetHeight } = this.thumbs[this.marked[0] ?? 0];
    this.list.scrollTop = Math.max(0, offsetTop + offsetHeight - this.list.offsetTop - clientHeight);
  }

  stopAt(rank) {
    this.thumbs.forEach((thumb, other) => thumb.setAttribute("tabindex", other === rank ? "0" : "-1"));
  }

  /** Show the stars that the samples have now. */
  describe() {
    for (const sample of this.samples) sample.describe();
  }

  focus(rank) {
    this.thumbs[rank].focus();
  }

  onKey(event) {
    const rank = this.thumbs.indexOf(event.target);
    if (this.samples[rank]?.rateByKey(event)) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    const last = this.thumbs.length - 1;
    const to = {
      ArrowLeft: rank - 1,
      ArrowRight: rank + 1,
      ArrowUp: rank - this.columns,
      ArrowDown: rank + this.columns,
      Home: 0,
      End: last,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    // The page has keyboard shortcuts of its own.
    event.stopPropagation();
    if (to >= 0 && to <= last) this.focus(to);
  }

  remove() {
    this.observer.disconnect();
  }
}

/** Turn the wheel's movement into scrolling where there is something to scroll, else leave it to the page's zoom. */
function scrollAlone(event) {
  const list = event.currentTarget;
  if (list.scrollHeight > list.clientHeight && !event.ctrlKey) event.stopPropagation();
}

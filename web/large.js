// The dialog in which one lookahead sample is seen at its own size; the arrow keys lead round the pool.

import { element } from "./element.js";

export class LargeView {
  /** closed: is called with the rank that was shown last. */
  constructor(words, closed) {
    this.words = words;
    this.dialog = element("dialog", { tabindex: "-1", onkeydown: (event) => this.onKey(event) });
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.close());
    this.closed = closed;
  }

  open(samples, rank) {
    this.samples = samples;
    this.rank = rank;
    const sample = samples[rank];
    const { better, next, close } = this.words;
    this.dialog.setAttribute("aria-label", sample.name);
    this.dialog.replaceChildren(
      ...sample.large(),
      element(
        "div",
        { class: "actions" },
        element("button", { onclick: () => this.step(-1), "aria-label": better, title: better }, "\u2190"),
        element("button", { onclick: () => this.step(1), "aria-label": next, title: next }, "\u2192"),
        ...(sample.mayBeRated ? [sample.starButtons("button", () => this.open(samples, rank))] : []),
        ...sample.actions.map(([label, act]) => element("button", { onclick: () => this.act(act) }, label)),
        element("button", { class: "last", onclick: () => this.close() }, close),
      ),
    );
    if (!this.dialog.open) this.dialog.showModal();
    this.dialog.focus();
  }

  /** Run an action and draw the sample again, since other actions may be possible now. */
  act(act) {
    act();
    this.open(this.samples, this.rank);
  }

  close() {
    this.dialog.close();
    this.closed(this.rank);
  }

  step(by) {
    this.open(this.samples, (this.rank + by + this.samples.length) % this.samples.length);
  }

  onKey(event) {
    // The page has keyboard shortcuts of its own, and would take Escape.
    event.stopPropagation();
    if (this.samples[this.rank].rateByKey(event)) this.open(this.samples, this.rank);
    if (event.key === "Escape") this.close();
    if (event.key === "ArrowLeft") this.step(-1);
    if (event.key === "ArrowRight") this.step(1);
  }
}

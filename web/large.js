// The dialog in which one lookahead sample is seen large; the arrow keys lead round the pool.

import { element } from "./element.js";

export class LargeView {
  constructor() {
    this.dialog = element("dialog", { tabindex: "-1", onkeydown: (event) => this.onKey(event) });
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close());
  }

  open(samples, rank) {
    this.samples = samples;
    this.rank = rank;
    const sample = samples[rank];
    this.dialog.replaceChildren(
      ...sample.large(),
      element(
        "div",
        { class: "actions" },
        element("button", { onclick: () => this.step(-1), "aria-label": "Better one" }, "\u2190"),
        element("button", { onclick: () => this.step(1), "aria-label": "Next one" }, "\u2192"),
        ...sample.actions.map(([label, act]) => element("button", { onclick: act }, label)),
        element("button", { class: "last", onclick: () => this.dialog.close() }, "Close"),
      ),
    );
    if (!this.dialog.open) this.dialog.showModal();
    this.dialog.focus();
  }

  step(by) {
    this.open(this.samples, (this.rank + by + this.samples.length) % this.samples.length);
  }

  onKey(event) {
    // The page has keys of its own, and takes Escape away.
    event.stopPropagation();
    if (event.key === "Escape") this.dialog.close();
    if (event.key === "ArrowLeft") this.step(-1);
    if (event.key === "ArrowRight") this.step(1);
  }
}

// The lookahead samples of a run that is drawing them: rough at first, then decoded, not scored yet.

import { element } from "./element.js";
import { columns } from "./samples.js";

export class Live {
  constructor(count, words) {
    this.frames = Array.from({ length: count }, () => element("span", { class: "frame" }));
    const thumbs = this.frames.map((frame) => element("div", { class: "thumb" }, frame));
    this.list = element("div", { class: "thumbs", role: "img", "aria-label": words.beingDrawn, title: words.beingDrawn }, ...thumbs);
    this.box = element("div", { class: "samples live" }, this.list);
    this.aspect = 1;
    this.list.addEventListener("load", ({ target }) => this.shapeLike(target), true);
    this.observer = new ResizeObserver(() => this.fit());
    this.observer.observe(this.list);
  }

  put(number, picture) {
    this.frames[number].replaceChildren(element("img", { src: picture, alt: "", draggable: "false" }));
  }

  shapeLike({ naturalWidth, naturalHeight }) {
    this.aspect = Math.min(2, Math.max(0.5, naturalWidth / naturalHeight));
    this.list.style.setProperty("--aspect", this.aspect);
    this.fit();
  }

  fit() {
    const { clientWidth, clientHeight } = this.list;
    if (!clientWidth) return;
    const number = columns(this.frames.length, [], clientWidth, clientHeight, this.aspect);
    this.list.style.gridTemplateColumns = `repeat(${number}, minmax(0, 1fr))`;
  }

  remove() {
    this.observer.disconnect();
  }
}

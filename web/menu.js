// The menu of a lookahead sample, opened by the right mouse button.

import { element } from "./element.js";

export class Menu {
  constructor() {
    // Not "auto": where a right button asks for the menu when it goes down, its release would close that one again.
    this.box = element("div", { class: "menu", popover: "manual", role: "menu" });
    this.box.addEventListener("keydown", (event) => event.key === "Escape" && this.box.hidePopover());
  }

  open(event, actions) {
    event.preventDefault();
    const close = () => this.box.hidePopover();
    this.box.replaceChildren(
      ...actions.map(([label, act]) => element("button", { role: "menuitem", onclick: () => (close(), act()) }, label)),
    );
    if (!this.box.matches(":popover-open")) this.box.showPopover();
    document.addEventListener("pointerdown", this.closeElsewhere, true);
    const { width, height } = this.box.getBoundingClientRect();
    this.box.style.left = `${Math.min(event.clientX, innerWidth - width - 4)}px`;
    this.box.style.top = `${Math.min(event.clientY, innerHeight - height - 4)}px`;
    this.box.firstChild.focus();
  }

  closeElsewhere = (event) => {
    if (event.composedPath().includes(this.box)) return;
    document.removeEventListener("pointerdown", this.closeElsewhere, true);
    if (this.box.matches(":popover-open")) this.box.hidePopover();
  };
}

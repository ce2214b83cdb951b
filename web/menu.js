// The menu of a lookahead sample, opened by the right mouse button or the menu key.

import { element } from "./element.js";

export class Menu {
  constructor(name) {
    // Not "auto": where a right button asks for the menu when it goes down, its release would close that one again.
    this.box = element("div", { class: "menu", popover: "manual", role: "menu", "aria-label": name });
    this.box.addEventListener("keydown", (event) => this.onKey(event));
  }

  open(event, actions) {
    event.preventDefault();
    this.opener = event.currentTarget;
    this.box.replaceChildren(
      ...actions.map(([label, act]) =>
        element("button", { role: "menuitem", tabindex: "-1", onclick: () => (this.close(), act()) }, label),
      ),
    );
    if (!this.box.matches(":popover-open")) this.box.showPopover();
    document.addEventListener("pointerdown", this.closeElsewhere, true);
    const { width, height } = this.box.getBoundingClientRect();
    this.box.style.left = `${Math.min(event.clientX, innerWidth - width - 4)}px`;
    this.box.style.top = `${Math.min(event.clientY, innerHeight - height - 4)}px`;
    this.box.firstChild.focus();
  }

  close() {
    document.removeEventListener("pointerdown", this.closeElsewhere, true);
    if (this.box.matches(":popover-open")) this.box.hidePopover();
  }

  closeElsewhere = (event) => {
    if (!event.composedPath().includes(this.box)) this.close();
  };

  onKey(event) {
    // The page has keyboard shortcuts of its own.
    event.stopPropagation();
    const items = [...this.box.children];
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by) items[(items.indexOf(event.target) + by + items.length) % items.length].focus();
    if (event.key === "Escape") {
      this.close();
      this.opener.focus();
    }
  }
}

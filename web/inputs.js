// The inputs of a node: their widgets, and whether something is wired to them.

export function widgetOf(node, name) {
  return node?.widgets?.find((widget) => widget.name === name);
}

export function isWired(node, name) {
  const slot = node.inputs?.findIndex((input) => input.widget?.name === name) ?? -1;
  return slot >= 0 && node.isInputConnected(slot);
}

/** Write into an input, as the user would. */
export function write(node, name, value) {
  const input = widgetOf(node, name);
  input.value = value;
  input.callback?.(value);
  node.setDirtyCanvas(true, true);
}

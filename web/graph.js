// Nodes of the open workflow by execution id: "12", or "12:5" for node 5 of the subgraph that node 12 stands for.

import { app } from "../../scripts/app.js";

export function rootGraph() {
  return app.rootGraph ?? app.graph;
}

export function nodeAt(executionId) {
  let graph = rootGraph();
  let node = null;
  for (const id of executionId.split(":")) {
    node = graph?.getNodeById(id);
    graph = node?.subgraph;
  }
  return node;
}

/** One id for each place in which `node` is run: a subgraph may stand in the workflow several times. */
export function executionIds(node) {
  const found = [];
  const visit = (graph, prefix) => {
    if (graph === node.graph) found.push(prefix + node.id);
    for (const inner of graph.nodes) if (inner.subgraph) visit(inner.subgraph, `${prefix}${inner.id}:`);
  };
  visit(rootGraph(), "");
  return found;
}

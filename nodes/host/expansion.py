"""Graphs that a running node is replaced by."""

from comfy_execution.graph_utils import ExecutionBlocker, GraphBuilder


def new_graph() -> GraphBuilder:
    """A graph of nodes that the running node is replaced by."""
    return GraphBuilder()


def blocked(why: str) -> ExecutionBlocker:
    """An output that stops whatever is wired to it and says `why`."""
    return ExecutionBlocker(why)

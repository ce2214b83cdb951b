"""The networks of published reward models in plain torch, and how a file's tensors fill them."""

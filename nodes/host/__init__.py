"""Every contact with ComfyUI's internals, a file for each part of the host."""

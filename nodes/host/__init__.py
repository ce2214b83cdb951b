"""All code that touches ComfyUI's internals, one file for each part of the host."""

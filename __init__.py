"""LiDAR sampling for ComfyUI: any diffusion model, pulled at sampling time toward what a scorer likes."""

from .nodes import comfy_entrypoint

WEB_DIRECTORY = "./web"

__all__ = ["WEB_DIRECTORY", "comfy_entrypoint"]

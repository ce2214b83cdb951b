"""Measures, on running ComfyUI servers, whether LiDAR beats other ways to spend the same seconds on a model."""

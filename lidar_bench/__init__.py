"""Measures on running ComfyUI servers whether LiDAR is better on a model than spending the seconds otherwise."""

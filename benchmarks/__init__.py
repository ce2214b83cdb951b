"""Measurements: each module is a command, and what it prints is what the documentation states."""

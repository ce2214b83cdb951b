"""The error whose message the user reads."""


class LidarError(ValueError):
    """The message is all that the user sees: it names the input, what was wrong with it, and what to do."""

    # A host writes an error's module before its name, and the module name of a custom node is a path.
    __module__ = "lidar"

    def __init_subclass__(cls) -> None:
        cls.__module__ = LidarError.__module__

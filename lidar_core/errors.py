"""What the user is told when something cannot be done."""


class LidarError(ValueError):
    """The message is all that the user sees: it names the input, what was wrong with it, and what to do."""

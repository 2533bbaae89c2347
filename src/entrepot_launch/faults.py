"""What the launcher says when it cannot go on, with the exit code that goes with it."""

EXIT_FAULT = 1
EXIT_USAGE = 2
EXIT_IN_USE = 3
EXIT_PORT_TAKEN = 4
EXIT_DATABASE = 5
EXIT_NOT_READY = 6


class LaunchError(Exception):
    """A start that cannot succeed; the message is for the person at the terminal and says what to do."""

    def __init__(self, message: str, *, exit_code: int = EXIT_FAULT) -> None:
        super().__init__(message)
        self.exit_code = exit_code

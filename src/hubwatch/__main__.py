"""The command line as a program; also `python -m hubwatch`. What is imported here comes before Ctrl-C is understood: very little."""

import os
import signal
from types import FrameType
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line; Ctrl-C while it is still being imported ends in one line, too."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _stop)  # an extension module in the midst of its import would make another error of it
    from hubwatch import cli

    if signal.getsignal(signal.SIGINT) is _stop:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    cli.main()


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    os.write(2, b"hubwatch: stopped before anything was begun\n")
    os._exit(1)


if __name__ == "__main__":
    main()

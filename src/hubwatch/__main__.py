"""The command line as a program; also `python -m hubwatch`. What is imported here comes before an interrupt is understood: very little."""

import os
import signal
from types import FrameType
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line; Ctrl-C, or SIGTERM, which is taken for it, ends in one line also while it is still being imported."""
    heard = [
        number for number in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(number) in (signal.default_int_handler, signal.SIG_DFL)
    ]
    for number in heard:
        signal.signal(number, _stop)  # an extension module in the midst of its import would make another error of it
    from hubwatch.cli import imported

    run = imported()

    for number in heard:
        signal.signal(number, signal.default_int_handler)
    run()


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    os.write(2, b"hubwatch: stopped before anything was begun\n")
    os._exit(1)


if __name__ == "__main__":
    main()

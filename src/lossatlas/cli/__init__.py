"""The command line: thin wrappers around the functions of the package.

Exit codes: 0 done; 2 a usage error (an unknown option, input that cannot be used); 1 a failure (a store that cannot be
written, a file of the user's that raises); 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from ..errors import InputError, LossAtlasError, first_line


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")  # as stderr: a terminal or a pipe may not know every letter
    sys.exit(run(sys.argv[1:] if argv is None else argv))


def run(argv: Sequence[str]) -> int:
    """Run one command and return its exit code; an error is one clear line on standard error."""
    from cyclopts import CycloptsError, UnusedCliTokensError

    from .app import app

    try:
        if any("\0" in argument for argument in argv):
            raise InputError("an argument holds a null character, which no name has; leave it out")
        app(list(argv), exit_on_error=False, print_error=False, result_action="return_value")
        return 0
    except UnusedCliTokensError as error:
        return _complain(f"unexpected {' '.join(map(repr, error.unused_tokens or ()))} after the arguments (lossatlas --help)", 2)
    except CycloptsError as error:
        return _complain(f"{' '.join(str(error).split())} (lossatlas --help)", 2)
    except InputError as error:
        return _complain(str(error), 2)
    except LossAtlasError as error:
        return _complain(str(error), 1)
    except KeyboardInterrupt:
        return _complain("interrupted; what was stored is kept, run the same command again to go on", 130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        if error.filename is None or os.environ.get("LOSSATLAS_DEBUG"):
            return _unexpected(error)
        return _complain(f"cannot use {os.fsdecode(error.filename)!r}: {error.strerror}; write another path, or make this one usable", 1)
    except Exception as error:
        return _unexpected(error)


def _unexpected(error: Exception) -> int:
    """What nobody thought of; where it came from is shown on demand."""
    if os.environ.get("LOSSATLAS_DEBUG"):
        raise error
    return _complain(f"unexpected {type(error).__name__}: {first_line(error)} (LOSSATLAS_DEBUG=1 shows where)", 1)


def _complain(message: str, code: int) -> int:
    """One line; names in it may hold characters that would break it or steer the terminal."""
    print(f"lossatlas: {''.join(c if c.isprintable() else repr(c)[1:-1] for c in message)}", file=sys.stderr)
    return code

"""The command line: thin wrappers around the functions of the package.

Exit codes: 0 done; 2 a usage error (an unknown option, input that cannot be used); 1 a failure (a store that cannot be
written, a file of the user's that raises); 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    sys.exit(run(sys.argv[1:] if argv is None else argv))


def run(argv: Sequence[str]) -> int:
    """Run one command and return its exit code; an error is one clear line on standard error."""
    from cyclopts import CycloptsError, UnusedCliTokensError

    from ..errors import InputError, LossAtlasError
    from .app import app

    try:
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
    except Exception as error:
        if os.environ.get("LOSSATLAS_DEBUG"):
            raise
        first = (str(error).strip().splitlines() or [""])[0]
        return _complain(f"unexpected {type(error).__name__}: {first} (LOSSATLAS_DEBUG=1 shows where)", 1)


def _complain(message: str, code: int) -> int:
    print(f"lossatlas: {message}", file=sys.stderr)
    return code

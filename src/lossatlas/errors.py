"""The four exceptions of lossatlas.

Every message says what came, what was expected and what to write instead, in one line.
The command line turns an ``InputError`` into exit code 2 and every other one into exit code 1.
"""


class LossAtlasError(Exception):
    """Base of all errors that lossatlas raises on purpose: something failed that was asked for correctly."""


class InputError(LossAtlasError, ValueError):
    """What came in cannot be used: an unknown option, empty data, a checkpoint of another network."""


class StoreError(LossAtlasError):
    """A result store cannot be read or written."""


class SpecMismatch(StoreError):
    """A store holds the result of another computation than the one that is asked for now."""


def first_line(error: BaseException, *, most: int = 200) -> str:
    """The first line of an error's text, at most so many characters; its class where it has none."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:most]

"""The tokenizer of llama2.c: byte-pair encoding by score, from its ``tok*.bin`` files.

A text begins with a space that is not there (the vocabulary knows words by the space before them). It is cut into
characters; a character that the vocabulary does not know becomes its UTF-8 bytes. Then, again and again, the two
neighbours whose joined piece has the highest score are joined, the leftmost first where scores are equal, until no
joined piece exists. Here a heap holds the candidates, so that a story of n characters takes n log n steps.

The file: int32 length of the longest piece, then per token float32 score, int32 number of bytes, the bytes; all little
endian. Tokens 0, 1, 2 are unknown, begin and end of text, 3 to 258 the single bytes.

Sources: A. Karpathy, llama2.c (tokenizer.py writes the file, run.c encodes); Sennrich, Haddow, Birch, "Neural Machine
Translation of Rare Words with Subword Units", 2016; Kudo, Richardson, "SentencePiece", 2018.
"""

import heapq
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import InputError

BOS = 1
EOS = 2
FIRST_BYTE = 3
FIRST_PIECE = FIRST_BYTE + 256


@dataclass(frozen=True)
class Tokenizer:
    """The pieces of a vocabulary (bytes) and their scores; token number i is ``pieces[i]``."""

    pieces: tuple[bytes, ...]
    scores: tuple[float, ...]
    numbers: dict[bytes, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        known = {self.pieces[i]: i for i in range(len(self.pieces) - 1, FIRST_PIECE - 1, -1)}
        object.__setattr__(self, "numbers", known)

    def encode(self, text: str, *, bos: bool = True, eos: bool = False) -> list[int]:
        """The token numbers of ``text``, after a begin token and before an end token where asked.

        Source: ``encode`` of llama2.c's run.c, with its results.
        """
        tokens = _merge(self._characters(" " + text) if text else [], self.pieces, self.scores, self.numbers)
        return [BOS] * bos + tokens + [EOS] * eos

    def decode(self, tokens: Iterable[int]) -> str:
        """The text of token numbers; begin, end and unknown tokens are left out, as is the first space.

        Bytes that are no UTF-8 become the replacement character.

        Raises:
            InputError: for a number outside the vocabulary.
        """
        parts = []
        for token in tokens:
            if not 0 <= token < len(self.pieces):
                raise InputError(f"token {token} is not in a vocabulary of {len(self.pieces)}")
            if token >= FIRST_PIECE:
                parts.append(self.pieces[token])
            elif token >= FIRST_BYTE:
                parts.append(bytes([token - FIRST_BYTE]))
        return b"".join(parts).removeprefix(b" ").decode("utf-8", errors="replace")

    def _characters(self, text: str) -> list[int]:
        """One token per character the vocabulary knows, else one per byte of it."""
        tokens = []
        for character in text:
            piece = character.encode("utf-8", errors="replace")
            number = self.numbers.get(piece)
            tokens += [FIRST_BYTE + byte for byte in piece] if number is None else [number]
        return tokens


def _merge(tokens: list[int], pieces: tuple[bytes, ...], scores: tuple[float, ...], numbers: dict[bytes, int]) -> list:
    """Join the best pair of neighbours until none can be joined."""
    tokens, count = list(tokens), len(tokens)
    following = [*range(1, count), -1]  # the place of the next living token, -1 at the end
    previous = list(range(-1, count - 1))
    heap: list[tuple[float, int, int, int, int]] = []

    def offer(left: int, right: int) -> None:
        if left < 0 or right < 0:
            return
        joined = numbers.get(pieces[tokens[left]] + pieces[tokens[right]])
        if joined is not None and min(tokens[left], tokens[right]) >= FIRST_PIECE:
            heapq.heappush(heap, (-scores[joined], left, tokens[left], tokens[right], joined))

    for left in range(count - 1):
        offer(left, left + 1)
    while heap:
        _, left, first, second, joined = heapq.heappop(heap)
        right = following[left]
        if right < 0 or tokens[left] != first or tokens[right] != second:
            continue  # one of the two was joined to another neighbour in the meantime
        tokens[left], tokens[right] = joined, -1
        following[left] = following[right]
        if following[left] >= 0:
            previous[following[left]] = left
        offer(previous[left], left)
        offer(left, following[left])
    return [token for token in tokens if token >= 0]


def read_tokenizer(path: str | Path) -> Tokenizer:
    """The tokenizer in a llama2.c ``tok*.bin`` file.

    Raises:
        InputError: where the file is missing, ends early, or does not hold the 256 bytes at 3 to 258.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"tokenizer {path} is not a file; write the path of a llama2.c tokenizer such as tok512.bin")
    raw, at, pieces, scores = path.read_bytes(), 4, [], []
    while at + 8 <= len(raw):
        score, size = struct.unpack_from("<fi", raw, at)
        if size < 0 or at + 8 + size > len(raw):
            raise InputError(f"tokenizer {path} ends inside token {len(pieces)}; expected a whole llama2.c tok*.bin")
        pieces.append(raw[at + 8 : at + 8 + size])
        scores.append(score)
        at += 8 + size
    if at != len(raw) or pieces[FIRST_BYTE:FIRST_PIECE] != [b"<0x%02X>" % byte for byte in range(256)]:
        raise InputError(f"tokenizer {path} is not a llama2.c tok*.bin: expected the 256 bytes as tokens 3 to 258")
    return Tokenizer(tuple(pieces), tuple(scores))

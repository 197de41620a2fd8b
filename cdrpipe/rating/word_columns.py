"""Columns of words: texts that few distinct values fill, as positions in those values."""

from array import array
from collections.abc import Mapping

import pyarrow as pa

from cdrpipe._fast import columns
from cdrpipe.rating.batch_columns import values, view


def positions(column: pa.DictionaryArray) -> memoryview:
    """Give a column of words as int32 positions; a null is one behind the last word."""
    indices = column.indices
    if indices.null_count:
        indices = indices.fill_null(len(column.dictionary))
    return values(indices, "i")


def words_at(code: memoryview, texts: pa.StringArray) -> pa.DictionaryArray:
    """Give the words at some positions, with those only that occur.

    Parameters
    ----------
    code
        (n,) int32, -1 where null.
    texts
        Without nulls, each once.
    """
    count = len(code)
    place, used = array("i", [-1]) * len(texts), array("i", bytes(4 * len(texts)))
    word, validity = pa.allocate_buffer(4 * count), pa.allocate_buffer((count + 7) // 8)
    used_count, nulls = columns.fold_words(code, place, view(word, "i"), used, view(validity, "B"))
    indices = pa.Array.from_buffers(pa.int32(), count, [validity if nulls else None, word], nulls)
    chosen = texts.take(pa.array(used[:used_count], pa.int32()))
    return pa.DictionaryArray.from_arrays(indices, chosen)


def looked_up(code: memoryview, found_for: memoryview) -> memoryview:
    """Give what stands at each position; -1, or outside, is -1."""
    found = view(pa.allocate_buffer(4 * len(code)), "i")
    columns.look_up(code, found_for, found)
    return found


def positions_of(words: pa.StringArray, position_of: Mapping[str, int]) -> memoryview:
    """Give the position of each word, -1 where it has none; one more -1 behind them, for nulls."""
    return memoryview(array("i", [*(position_of.get(word, -1) for word in words.to_pylist()), -1]))

"""The keys of the records that are stored, and which of a batch's are there already.

Open addressing over 128-bit key fingerprints, each with a 64-bit fingerprint of the record's
content. At 10^8 keys two different keys meet with a chance of about 10^-23.
"""

from libc.stdint cimport uint8_t, uint64_t
from libc.stdlib cimport calloc, free

cdef enum:
    NEW = 0
    DUPLICATE = 1
    CONFLICT = 2

cdef struct Slot:
    uint64_t low      # 0: the slot is free
    uint64_t high
    uint64_t content

# Slots of the first table; doubled whenever more than 5/8 are taken.
cdef Py_ssize_t FIRST_SLOTS = 1024


cdef class KeyTable:
    """A growing set of keys with their contents; insertion keeps what came first."""

    cdef Slot* slots
    cdef Py_ssize_t slot_count
    cdef Py_ssize_t taken

    def __cinit__(self):
        self.slots = <Slot*> calloc(FIRST_SLOTS, sizeof(Slot))
        if self.slots == NULL:
            raise MemoryError("no memory for the key table")
        self.slot_count = FIRST_SLOTS
        self.taken = 0

    def __dealloc__(self):
        free(self.slots)

    def __len__(self):
        return self.taken

    def classify(
        self,
        KeyTable fresh not None,
        const uint64_t[::1] low not None,
        const uint64_t[::1] high not None,
        const uint64_t[::1] content not None,
        uint8_t[::1] verdict not None,
    ):
        """Judge a batch's records in their order: new, duplicate or conflict.

        A key that neither this table nor ``fresh`` knows is new and goes into ``fresh``; this
        table stays as it is.

        Parameters
        ----------
        fresh
            Keys of the batch so far.
        low, high
            (n,) key fingerprints.
        content
            (n,) content fingerprints.
        verdict
            (n,) output: 0 new, 1 duplicate (same content), 2 conflict (other content).

        Raises
        ------
        ValueError
            The columns differ in length.
        MemoryError
            The batch's keys do not fit memory.
        """
        cdef Py_ssize_t row, row_count = low.shape[0]
        cdef Slot* slot
        if not (high.shape[0] == content.shape[0] == verdict.shape[0] == row_count):
            raise ValueError("columns of one batch must have one length")
        fresh.reserve(row_count)
        with nogil:
            for row in range(row_count):
                slot = self._find(_used(low[row]), high[row])
                if slot.low == 0:
                    slot = fresh._find(_used(low[row]), high[row])
                if slot.low == 0:
                    slot.low = _used(low[row])
                    slot.high = high[row]
                    slot.content = content[row]
                    fresh.taken += 1
                    verdict[row] = NEW
                elif slot.content == content[row]:
                    verdict[row] = DUPLICATE
                else:
                    verdict[row] = CONFLICT

    def contains(
        self,
        const uint64_t[::1] low not None,
        const uint64_t[::1] high not None,
        uint8_t[::1] is_known not None,
    ):
        """Tell for each key fingerprint whether the table has it: 1 or 0."""
        cdef Py_ssize_t row, row_count = low.shape[0]
        if not (high.shape[0] == is_known.shape[0] == row_count):
            raise ValueError("columns of one batch must have one length")
        with nogil:
            for row in range(row_count):
                is_known[row] = self._find(_used(low[row]), high[row]).low != 0

    def admit(self, KeyTable fresh not None):
        """Take over the keys of a batch whose rows are stored."""
        cdef Py_ssize_t index
        self.reserve(fresh.taken)
        with nogil:
            for index in range(fresh.slot_count):
                if fresh.slots[index].low != 0:
                    self._insert(fresh.slots[index])

    cdef int reserve(self, Py_ssize_t more) except -1:
        """Make room for so many further keys."""
        cdef Py_ssize_t slot_count = self.slot_count, index, old_count = self.slot_count
        cdef Slot* old = self.slots
        cdef Slot* grown
        while (self.taken + more) * 8 > slot_count * 5:
            slot_count *= 2
        if slot_count == old_count:
            return 0
        grown = <Slot*> calloc(slot_count, sizeof(Slot))
        if grown == NULL:
            raise MemoryError(f"no memory for a key table of {slot_count} slots")
        self.slots = grown
        self.slot_count = slot_count
        self.taken = 0
        with nogil:
            for index in range(old_count):
                if old[index].low != 0:
                    self._insert(old[index])
        free(old)
        return 0

    cdef Slot* _find(self, uint64_t low, uint64_t high) noexcept nogil:
        """Give the key's slot, or the free one where it would go."""
        cdef Py_ssize_t index = <Py_ssize_t> (low ^ (high >> 7)) & (self.slot_count - 1)
        while self.slots[index].low != 0:
            if self.slots[index].low == low and self.slots[index].high == high:
                break
            index = (index + 1) & (self.slot_count - 1)
        return &self.slots[index]

    cdef void _insert(self, Slot entry) noexcept nogil:
        cdef Slot* slot = self._find(entry.low, entry.high)
        if slot.low == 0:
            slot[0] = entry
            self.taken += 1


cdef inline uint64_t _used(uint64_t low) noexcept nogil:
    """Keep 0 for free slots."""
    return low if low != 0 else 1

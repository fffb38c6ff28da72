//! Where the next block of memory goes: the arithmetic of the allocator, without any pointer.
//!
//! A call to a family is short: the host puts the question into the family's memory, the rules
//! run, the host reads the answer, and then nothing is alive any more. So blocks are handed out
//! one after the other and, once the last of them is given back, all over again from the start.
//! That costs a few instructions a block, touches the same few pages in each call, and an
//! instance may be reused forever without growing.
//!
//! Blocks come from a fixed *home* range first. Only when that is full is more memory asked for,
//! the *spill*; it is kept and used again when a later call needs it.

/// The size of a page of WebAssembly memory.
pub(crate) const PAGE: usize = 65_536;

/// An address range, `start` included, `end` not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    start: usize,
    end: usize,
}

/// Hands out address ranges.
#[derive(Debug)]
pub(crate) struct Arena {
    home: Range,
    /// What was grown beyond it; empty until then.
    spill: Range,
    /// The one of the two that blocks come from now.
    current: Range,
    /// Where the free part of `current` begins.
    next: usize,
    /// How many blocks are alive.
    live: usize,
}

impl Arena {
    /// An arena without memory, for a `const`. It has to be given a home first.
    pub(crate) const fn homeless() -> Self {
        const NOWHERE: Range = Range { start: 0, end: 0 };
        Self { home: NOWHERE, spill: NOWHERE, current: NOWHERE, next: 0, live: 0 }
    }

    /// Whether it still has to be given a home.
    pub(crate) const fn is_homeless(&self) -> bool {
        self.home.end == 0
    }

    /// Gives it its first memory.
    pub(crate) const fn settle(&mut self, start: usize, size: usize) {
        self.home = Range { start, end: start + size };
        self.rewind();
    }

    /// A block of `size` bytes at a multiple of `align`, a power of two. `grow` adds pages at
    /// the end of memory and answers where they begin. `None` if there is no room.
    pub(crate) fn allocate(
        &mut self,
        size: usize,
        align: usize,
        mut grow: impl FnMut(usize) -> Option<usize>,
    ) -> Option<usize> {
        let block = match place(self.current, self.next, size, align) {
            Some(block) => block,
            None => self.spill_over(size, align, &mut grow)?,
        };
        self.next = block + size;
        self.live += 1;
        Some(block)
    }

    /// Takes a block back. The last one is free again at once, all of them when none is alive.
    pub(crate) fn free(&mut self, block: usize, size: usize) {
        self.live = self.live.saturating_sub(1);
        if self.live == 0 {
            self.rewind();
        } else if self.is_last(block, size) {
            self.next = block;
        }
    }

    /// Makes a block larger or smaller where it stands, if nothing is in the way.
    pub(crate) fn resize(&mut self, block: usize, old: usize, new: usize) -> bool {
        if new <= old {
            if self.is_last(block, old) {
                self.next = block + new;
            }
            return true;
        }
        let fits = self.is_last(block, old)
            && block.checked_add(new).is_some_and(|end| end <= self.current.end);
        if fits {
            self.next = block + new;
        }
        fits
    }

    const fn is_last(&self, block: usize, size: usize) -> bool {
        // A block of the home range may end where the spill begins.
        block >= self.current.start && block + size == self.next
    }

    const fn rewind(&mut self) {
        self.current = self.home;
        self.next = self.home.start;
    }

    /// The home range is full, or the spill is: goes on in the spill, with more memory if
    /// need be.
    fn spill_over(
        &mut self,
        size: usize,
        align: usize,
        grow: &mut impl FnMut(usize) -> Option<usize>,
    ) -> Option<usize> {
        let start = if self.current == self.spill { self.next } else { self.spill.start };
        let block = match place(self.spill, start, size, align) {
            Some(block) => block,
            None => {
                // Enough wherever the new pages turn out to be.
                let bytes = size.checked_add(align)?.checked_next_multiple_of(PAGE)?;
                let added = grow(bytes / PAGE)?;
                if added == self.spill.end && self.spill.end != 0 {
                    self.spill.end = added.checked_add(bytes)?;
                    place(self.spill, start, size, align)?
                } else {
                    // The first pages, or somebody else grew memory in between: what lies
                    // before them is left alone from now on.
                    self.spill = Range { start: added, end: added.checked_add(bytes)? };
                    place(self.spill, added, size, align)?
                }
            }
        };
        self.current = self.spill;
        Some(block)
    }
}

/// The first place at or after `from` for such a block, if `range` holds one.
fn place(range: Range, from: usize, size: usize, align: usize) -> Option<usize> {
    let block = from.checked_next_multiple_of(align)?;
    (block.checked_add(size)? <= range.end).then_some(block)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    const HOME: usize = 0x1_0010;
    const HOME_SIZE: usize = 4096;
    const HEAP: usize = 0x4_0000;

    /// An arena with a model of what it has handed out, and a memory that grows.
    struct Bench {
        arena: Arena,
        memory_end: usize,
        limit: usize,
        alive: BTreeMap<usize, usize>,
    }

    impl Bench {
        fn new() -> Self {
            let mut arena = Arena::homeless();
            assert!(arena.is_homeless());
            arena.settle(HOME, HOME_SIZE);
            assert!(!arena.is_homeless());
            Self { arena, memory_end: HEAP, limit: HEAP + 64 * PAGE, alive: BTreeMap::new() }
        }

        fn allocate(&mut self, size: usize, align: usize) -> Option<usize> {
            let (memory_end, limit) = (&mut self.memory_end, self.limit);
            let block = self.arena.allocate(size, align, |pages| {
                let start = *memory_end;
                let end = pages.checked_mul(PAGE)?.checked_add(start)?;
                (end <= limit).then(|| {
                    *memory_end = end;
                    start
                })
            })?;
            assert_eq!(block % align, 0, "misaligned");
            self.claim(block, size);
            Some(block)
        }

        fn claim(&mut self, block: usize, size: usize) {
            let end = block + size;
            let in_home = block >= HOME && end <= HOME + HOME_SIZE;
            let in_heap = block >= HEAP && end <= self.memory_end;
            assert!(in_home || in_heap, "outside of memory");
            if let Some((other, size)) = self.alive.range(..end).next_back() {
                assert!(other + size <= block, "overlaps a block that is alive");
            }
            self.alive.insert(block, size);
        }

        fn free(&mut self, block: usize) {
            let size = self.alive.remove(&block).expect("a block that is alive");
            self.arena.free(block, size);
        }

        fn resize(&mut self, block: usize, new: usize) -> bool {
            let old = self.alive.remove(&block).expect("a block that is alive");
            let resized = self.arena.resize(block, old, new);
            self.claim(block, if resized { new } else { old });
            resized
        }
    }

    #[test]
    fn blocks_follow_each_other_and_start_over_when_none_is_alive() {
        let mut bench = Bench::new();
        let first = bench.allocate(10, 1).unwrap();
        let second = bench.allocate(4, 4).unwrap();
        assert_eq!((first, second), (HOME, HOME + 12));
        bench.free(first);
        assert_eq!(bench.allocate(1, 1), Some(HOME + 16), "one was still alive");
        bench.free(second);
        bench.free(HOME + 16);
        assert_eq!(bench.allocate(1, 1), Some(HOME));
    }

    #[test]
    fn the_last_block_is_free_again_at_once() {
        let mut bench = Bench::new();
        bench.allocate(8, 8).unwrap();
        let last = bench.allocate(100, 4).unwrap();
        bench.free(last);
        assert_eq!(bench.allocate(100, 4), Some(last));
    }

    #[test]
    fn the_last_block_grows_and_shrinks_where_it_stands() {
        let mut bench = Bench::new();
        let block = bench.allocate(16, 8).unwrap();
        assert!(bench.resize(block, 64));
        assert!(bench.resize(block, 8));
        let next = bench.allocate(8, 8).unwrap();
        assert_eq!(next, block + 8);
        assert!(!bench.resize(block, 9), "another block is in the way");
        assert!(bench.resize(block, 4), "it can always shrink");
        assert!(!bench.resize(next, HOME_SIZE), "the range is at its end");
    }

    #[test]
    fn memory_grows_only_when_the_home_range_is_full_and_is_used_again() {
        let mut bench = Bench::new();
        for _ in 0..1000 {
            let home = bench.allocate(HOME_SIZE, 1).unwrap();
            assert_eq!(home, HOME);
            let spilt = bench.allocate(100, 8).unwrap();
            assert_eq!(spilt, HEAP);
            let more = bench.allocate(2 * PAGE, 16).unwrap();
            assert!(more > spilt);
            for block in [home, more, spilt] {
                bench.free(block);
            }
        }
        assert_eq!(bench.memory_end, HEAP + 4 * PAGE, "grown once and never again");
    }

    #[test]
    fn a_block_that_does_not_fit_at_home_leaves_the_others_alone() {
        let mut bench = Bench::new();
        let small = bench.allocate(8, 8).unwrap();
        let large = bench.allocate(3 * PAGE, 8).unwrap();
        assert!(large >= HEAP);
        assert!(bench.resize(small, 4));
        assert!(!bench.resize(small, 16), "it is not the last block");
        bench.free(small);
        bench.free(large);
    }

    #[test]
    fn pages_that_do_not_join_the_spill_begin_a_new_one() {
        let mut bench = Bench::new();
        bench.allocate(HOME_SIZE + 1, 1).unwrap();
        bench.memory_end += PAGE;
        let block = bench.allocate(2 * PAGE, 1).unwrap();
        assert_eq!(block, HEAP + 2 * PAGE);
    }

    #[test]
    fn exhausted_memory_answers_none_and_corrupts_nothing() {
        let mut bench = Bench::new();
        let block = bench.allocate(32, 8).unwrap();
        for (size, align) in [(65 * PAGE, 1), (usize::MAX, 1), (1, 1 << 63), (usize::MAX - 7, 8)] {
            assert_eq!(bench.allocate(size, align), None);
        }
        let next = bench.allocate(32, 8).unwrap();
        assert_eq!(next, block + 32);
        bench.free(block);
        bench.free(next);
    }

    #[test]
    fn no_order_of_calls_makes_blocks_overlap() {
        // A fixed sequence of a linear congruential generator: the same in every run.
        let mut state = 0x5_DEEC_E66D_u64;
        let mut random = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695);
            (state >> 33) as usize % below
        };
        for _ in 0..200 {
            let mut bench = Bench::new();
            for _ in 0..400 {
                let blocks: Vec<usize> = bench.alive.keys().copied().collect();
                match (random(4), blocks.is_empty()) {
                    (0 | 1, _) | (_, true) => {
                        let size = if random(20) == 0 { random(2 * PAGE) } else { random(200) };
                        bench.allocate(size + 1, 1 << random(6));
                    }
                    (2, _) => bench.free(blocks[random(blocks.len())]),
                    _ => {
                        bench.resize(blocks[random(blocks.len())], random(300) + 1);
                    }
                }
            }
            for block in bench.alive.keys().copied().collect::<Vec<_>>() {
                bench.free(block);
            }
            assert_eq!(bench.allocate(1, 1), Some(HOME), "all of it is free again");
        }
    }
}

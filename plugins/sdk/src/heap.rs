//! The global allocator of a component. See [`arena`](crate::arena) for how blocks are placed;
//! this module only turns addresses into pointers.
//!
//! All `unsafe` code of the SDK that is not generated is here.

#![allow(unsafe_code, reason = "a global allocator cannot be written without")]

use crate::arena::Arena;
use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32;
use core::cell::UnsafeCell;
use core::ptr;

#[cfg(target_feature = "atomics")]
compile_error!("the allocator relies on a component having a single thread");

/// Enough for a batch of a hundred ordinary questions. Pages that no block has reached are never
/// touched and so cost nothing.
const HOME_SIZE: usize = 128 * 1024;

#[global_allocator]
static HEAP: Heap =
    Heap { home: UnsafeCell::new(Home([0; HOME_SIZE])), arena: UnsafeCell::new(Arena::homeless()) };

#[repr(align(16))]
struct Home(#[expect(dead_code, reason = "read through pointers only")] [u8; HOME_SIZE]);

struct Heap {
    home: UnsafeCell<Home>,
    arena: UnsafeCell<Arena>,
}

// SAFETY: a component has one thread (checked above), so nothing is ever shared between two.
unsafe impl Sync for Heap {}

impl Heap {
    fn with_arena<T>(&self, use_it: impl FnOnce(&mut Arena) -> T) -> T {
        // SAFETY: there is one thread, nothing interrupts it, and no function given here
        // allocates or comes back to this one, so this is the only reference for as long as it
        // lives.
        let arena = unsafe { &mut *self.arena.get() };
        if arena.is_homeless() {
            // Exposed, so that blocks may be made from addresses within.
            arena.settle(self.home.get().expose_provenance(), HOME_SIZE);
        }
        use_it(arena)
    }
}

// SAFETY: blocks that are alive neither overlap nor leave the memory that the arena was given,
// and have the size and alignment asked for: the arena sees to that, and its tests hold it to
// it. Nothing here unwinds.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match self.with_arena(|arena| arena.allocate(layout.size(), layout.align(), grow)) {
            Some(block) => ptr::with_exposed_provenance_mut(block),
            None => ptr::null_mut(),
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        self.with_arena(|arena| arena.free(block.addr(), layout.size()));
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        if self.with_arena(|arena| arena.resize(block.addr(), layout.size(), new_size)) {
            return block;
        }
        // SAFETY: the caller answers for `new_size` not overflowing when rounded up to the
        // alignment, which is valid because it comes from a layout.
        let new_layout = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
        // SAFETY: the caller answers for `new_size` not being zero.
        let new_block = unsafe { self.alloc(new_layout) };
        if !new_block.is_null() {
            // SAFETY: both blocks are alive and so do not overlap. The old one has
            // `layout.size()` bytes, and the new one is larger: a smaller one would have been
            // made in place.
            unsafe { ptr::copy_nonoverlapping(block, new_block, layout.size()) };
            // SAFETY: the caller answers for `block` being one of ours with this layout.
            unsafe { self.dealloc(block, layout) };
        }
        new_block
    }
}

/// Adds pages at the end of memory and answers where they begin.
fn grow(pages: usize) -> Option<usize> {
    match wasm32::memory_grow::<0>(pages) {
        usize::MAX => None,
        first => Some(first * crate::arena::PAGE),
    }
}

// The memory of a call: one block after another, all given back when the call is over. Nothing
// can leak and nothing outlives a call, which a family must not rely on anyway.

#include "support.h"

// Where the linker ends what is fixed.
extern uint8_t __heap_base;

static const size_t PAGE = 65536;
static size_t used = 0;

void *allocate(size_t alignment, size_t size) {
  size_t start = (size_t)&__heap_base + used;
  start = (start + alignment - 1) & ~(alignment - 1);
  size_t end;
  if (__builtin_add_overflow(start, size, &end)) __builtin_trap();
  size_t pages = __builtin_wasm_memory_size(0);
  size_t wanted = end / PAGE + (end % PAGE != 0);
  // More than the host gives is a fault: the decision is denied and the instance thrown away.
  if (wanted > pages && __builtin_wasm_memory_grow(0, wanted - pages) == (size_t)-1) {
    __builtin_trap();
  }
  used = end - (size_t)&__heap_base;
  return (void *)start;
}

void *allocate_array(size_t alignment, size_t size, size_t count) {
  size_t bytes;
  if (__builtin_mul_overflow(size, count, &bytes)) __builtin_trap();
  return allocate(alignment, bytes);
}

// Where the host puts what it passes.
__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(void *old, size_t old_size,
                                                                size_t alignment, size_t size) {
  if (size == 0) return (void *)alignment;
  uint8_t *block = allocate(alignment, size);
  for (size_t at = 0; at < old_size && at < size; at++) block[at] = ((uint8_t *)old)[at];
  return block;
}

// What the host calls once it has read an answer.
#define AFTER(name) \
  __attribute__((export_name("cabi_post_permesso:family/family@1.1.0#" name))) void

AFTER("describe") after_describe(void *answer) { (void)answer, used = 0; }
AFTER("validate") after_validate(void *answer) { (void)answer, used = 0; }
AFTER("evaluate") after_evaluate(void *answer) { (void)answer, used = 0; }
AFTER("evaluate-batch") after_evaluate_batch(void *answer) { (void)answer, used = 0; }
AFTER("plan") after_plan(void *answer) { (void)answer, used = 0; }

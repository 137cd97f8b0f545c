// The memory's limit: each record's first 8 bytes are read, nothing is decided or written.
#include "baselines.h"

void batch_touch(const struct insn *filter, const uint32_t *records, uint32_t *words, size_t count) {
  (void)filter;
  const uint64_t *from = (const uint64_t *)records;
  uint64_t a = 0, b = 0, c = 0, d = 0;
  size_t i = 0;
  for (; i + 4 <= count; i += 4, from += 32) {
    a ^= from[0];
    b ^= from[8];
    c ^= from[16];
    d ^= from[24];
  }
  for (; i < count; i++, from += 8) a ^= *from;
  words[0] = (uint32_t)(a ^ b ^ c ^ d);
}

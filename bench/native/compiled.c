// The filter as C, written by transliterate.mjs, under the best that gcc does.
#include "baselines.h"
#include "filter.inc"

void batch_compiled(const struct insn *filter, const uint32_t *records, uint32_t *words, size_t count) {
  (void)filter;
  for (size_t i = 0; i < count; i++) words[i] = run_filter(records + RECORD_WORDS * i);
}

// A word for each (arch, nr), found by running the filter beforehand; the filter as C where arguments
// decide and for what lies outside.
#include "baselines.h"
#include "filter.inc"

#define SPAN 1024u
#define WINDOWS 3

static const uint64_t BASES[WINDOWS] = {
  0xc000003e00000000u, /* x86_64 */
  0x4000000300000000u, /* i386 */
  0xc000003e40000000u, /* x32 */
};

static uint32_t cells[WINDOWS][SPAN];
static unsigned char known[WINDOWS][SPAN];

void make_table(const struct insn *filter) {
  for (int window = 0; window < WINDOWS; window++) {
    for (uint32_t i = 0; i < SPAN; i++) {
      uint64_t header = BASES[window] + i;
      uint32_t record[RECORD_WORDS] = {(uint32_t)header, (uint32_t)(header >> 32)};
      struct traced trace = run_traced(filter, record);
      cells[window][i] = trace.word;
      known[window][i] = !trace.reads_more;
    }
  }
}

static inline uint32_t look_up(const uint32_t *record) {
  uint64_t header = record[0] | (uint64_t)record[1] << 32;
  for (int window = 0; window < WINDOWS; window++) {
    uint64_t i = header - BASES[window];
    if (i < SPAN) return known[window][i] ? cells[window][i] : run_filter(record);
  }
  return run_filter(record);
}

void batch_table(const struct insn *filter, const uint32_t *records, uint32_t *words, size_t count) {
  (void)filter;
  for (size_t i = 0; i < count; i++) words[i] = look_up(records + RECORD_WORDS * i);
}

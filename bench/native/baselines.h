// What the baselines share: records are `struct seccomp_data`, 64 bytes; a batch gives one word each.
#ifndef BASELINES_H
#define BASELINES_H
#include <stddef.h>
#include <stdint.h>

#define RECORD_WORDS 16

struct insn {
  uint16_t code;
  uint8_t jt, jf;
  uint32_t k;
};

/* Where a program's words depend on no more than nr and arch, `run_traced` says so. */
struct traced {
  uint32_t word;
  int reads_more;
};

typedef void batch(const struct insn *filter, const uint32_t *records, uint32_t *words, size_t count);

batch batch_switch;   /* interpreter.c, -O2 */
batch batch_compiled; /* compiled.c with the filter written as C, -O3 */
batch batch_table;    /* table.c with the filter written as C, -O3 */
batch batch_touch;    /* touch.c, -O3 */

struct traced run_traced(const struct insn *filter, const uint32_t *record);
void make_table(const struct insn *filter);

#endif

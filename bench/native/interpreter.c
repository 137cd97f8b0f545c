// A plain switch interpreter for the 41 opcodes of seccomp: what all ratios go back to.
#include "baselines.h"
#include <string.h>

/* Inlined twice: without the trace nothing of it remains. */
static inline uint32_t interpret(const struct insn *pc, const uint32_t *record, struct traced *trace) {
  const unsigned char *data = (const unsigned char *)record;
  uint32_t a = 0, x = 0, mem[16];
  for (;; pc++) {
    if (trace && pc->code == 0x20 && pc->k >= 8) trace->reads_more = 1;
    switch (pc->code) {
      case 0x20: memcpy(&a, data + pc->k, 4); continue;
      case 0x80: a = 64; continue;
      case 0x81: x = 64; continue;
      case 0x00: a = pc->k; continue;
      case 0x01: x = pc->k; continue;
      case 0x60: a = mem[pc->k]; continue;
      case 0x61: x = mem[pc->k]; continue;
      case 0x02: mem[pc->k] = a; continue;
      case 0x03: mem[pc->k] = x; continue;
      case 0x04: a += pc->k; continue;
      case 0x0c: a += x; continue;
      case 0x14: a -= pc->k; continue;
      case 0x1c: a -= x; continue;
      case 0x24: a *= pc->k; continue;
      case 0x2c: a *= x; continue;
      case 0x34: a /= pc->k; continue;
      case 0x3c: if (x == 0) return 0; a /= x; continue;
      case 0x44: a |= pc->k; continue;
      case 0x4c: a |= x; continue;
      case 0x54: a &= pc->k; continue;
      case 0x5c: a &= x; continue;
      case 0x64: a <<= pc->k; continue;
      case 0x6c: a <<= x & 31; continue;
      case 0x74: a >>= pc->k; continue;
      case 0x7c: a >>= x & 31; continue;
      case 0x84: a = -a; continue;
      case 0xa4: a ^= pc->k; continue;
      case 0xac: a ^= x; continue;
      case 0x05: pc += pc->k; continue;
      case 0x15: pc += a == pc->k ? pc->jt : pc->jf; continue;
      case 0x1d: pc += a == x ? pc->jt : pc->jf; continue;
      case 0x25: pc += a > pc->k ? pc->jt : pc->jf; continue;
      case 0x2d: pc += a > x ? pc->jt : pc->jf; continue;
      case 0x35: pc += a >= pc->k ? pc->jt : pc->jf; continue;
      case 0x3d: pc += a >= x ? pc->jt : pc->jf; continue;
      case 0x45: pc += (a & pc->k) != 0 ? pc->jt : pc->jf; continue;
      case 0x4d: pc += (a & x) != 0 ? pc->jt : pc->jf; continue;
      case 0x06: return pc->k;
      case 0x16: return a;
      case 0x07: x = a; continue;
      case 0x87: a = x; continue;
      default: return 0x80000000u;
    }
  }
}

void batch_switch(const struct insn *filter, const uint32_t *records, uint32_t *words, size_t count) {
  for (size_t i = 0; i < count; i++) words[i] = interpret(filter, records + RECORD_WORDS * i, NULL);
}

struct traced run_traced(const struct insn *filter, const uint32_t *record) {
  struct traced trace = {0, 0};
  trace.word = interpret(filter, record, &trace);
  return trace;
}

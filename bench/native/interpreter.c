// What the figures are measured against: a plain switch interpreter for the 41 opcodes of seccomp.
//
// usage: interpreter FILTER, then commands on standard input, one a line:
//   load PATH        reads records (64 bytes each) into memory
//   run COUNT TIMES  runs the filter over the first COUNT records, TIMES times; answers
//                    "NANOSECONDS CHECKSUM"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct insn {
  uint16_t code;
  uint8_t jt, jf;
  uint32_t k;
};

static uint32_t run(const struct insn *pc, const unsigned char *data) {
  uint32_t a = 0, x = 0, mem[16];
  for (;; pc++) {
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

static void *read_file(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  if (!file) { perror(path); exit(2); }
  fseek(file, 0, SEEK_END);
  *size = (size_t)ftell(file);
  rewind(file);
  void *bytes = malloc(*size);
  if (!bytes || fread(bytes, 1, *size, file) != *size) { perror(path); exit(2); }
  fclose(file);
  return bytes;
}

int main(int argc, char **argv) {
  if (argc != 2) { fprintf(stderr, "usage: interpreter FILTER\n"); return 2; }
  size_t size;
  const struct insn *filter = read_file(argv[1], &size);
  unsigned char *records = NULL;
  uint32_t *words = NULL;
  size_t records_size = 0;
  char line[4096], path[4096];
  while (fgets(line, sizeof line, stdin)) {
    unsigned long count, times;
    if (sscanf(line, "load %4095[^\n]", path) == 1) {
      free(records);
      free(words);
      records = read_file(path, &records_size);
      words = malloc(records_size / 64 * sizeof *words);
      printf("%zu\n", records_size / 64);
    } else if (sscanf(line, "run %lu %lu", &count, &times) == 2 && count * 64 <= records_size) {
      struct timespec from, to;
      clock_gettime(CLOCK_MONOTONIC, &from);
      for (unsigned long t = 0; t < times; t++)
        for (unsigned long i = 0; i < count; i++) words[i] = run(filter, records + 64 * i);
      clock_gettime(CLOCK_MONOTONIC, &to);
      uint32_t hash = 0;
      for (unsigned long i = 0; i < count; i++) hash = hash * 16777619u ^ words[i];
      printf("%.0f %08x\n", (to.tv_sec - from.tv_sec) * 1e9 + (to.tv_nsec - from.tv_nsec), hash);
    } else {
      printf("error\n");
    }
    fflush(stdout);
  }
  return 0;
}

// All native baselines for one filter in one program, so that they share the records.
//
// usage: baselines FILTER, then commands on standard input, one a line:
//   load PATH             reads records into memory; answers how many
//   run NAME COUNT TIMES  one baseline over the first COUNT records, TIMES times;
//                         answers "NANOSECONDS CHECKSUM", the sum over all words of the last pass
#include "baselines.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct {
  const char *name;
  batch *run;
} BASELINES[] = {
  {"switch", batch_switch},
  {"compiled", batch_compiled},
  {"table", batch_table},
  {"touch", batch_touch},
};

static const struct insn *filter;
static uint32_t *records, *words;
static size_t loaded;

static void *read_file(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  if (!file) { perror(path); exit(2); }
  fseek(file, 0, SEEK_END);
  *size = (size_t)ftell(file);
  rewind(file);
  void *bytes = aligned_alloc(64, (*size + 63) / 64 * 64);
  if (!bytes || fread(bytes, 1, *size, file) != *size) { perror(path); exit(2); }
  fclose(file);
  return bytes;
}

static void load(const char *path) {
  size_t size;
  free(records);
  free(words);
  records = read_file(path, &size);
  loaded = size / 64;
  words = calloc(loaded ? loaded : 1, sizeof *words);
  printf("%zu\n", loaded);
}

static int run(const char *name, size_t count, unsigned long times) {
  for (size_t b = 0; b < sizeof BASELINES / sizeof *BASELINES; b++) {
    if (strcmp(BASELINES[b].name, name) != 0) continue;
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (unsigned long t = 0; t < times; t++) BASELINES[b].run(filter, records, words, count);
    clock_gettime(CLOCK_MONOTONIC, &to);
    uint32_t hash = 0;
    for (size_t i = 0; i < count; i++) hash = hash * 16777619u ^ words[i];
    printf("%.0f %08x\n", (to.tv_sec - from.tv_sec) * 1e9 + (to.tv_nsec - from.tv_nsec), hash);
    return 1;
  }
  return 0;
}

int main(int argc, char **argv) {
  if (argc != 2) { fprintf(stderr, "usage: baselines FILTER\n"); return 2; }
  size_t size;
  filter = read_file(argv[1], &size);
  make_table(filter);
  char line[4200], text[4096];
  while (fgets(line, sizeof line, stdin)) {
    unsigned long count, times;
    if (sscanf(line, "load %4095[^\n]", text) == 1) load(text);
    else if (sscanf(line, "run %4095s %lu %lu", text, &count, &times) != 3 || count > loaded ||
             !run(text, count, times)) printf("error\n");
    fflush(stdout);
  }
  return 0;
}

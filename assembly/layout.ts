// The memory map. Everything has its place and its limit, so nothing is ever allocated:
//
//   4096         | CELLS     u32 per call number: the window of numbers that batches look into first
//   __heap_base  | INPUT     one program as `struct sock_filter[]`, little-endian (the host decodes)
//                | MASKS     u16 per instruction: the verifier's scratch-memory bits
//                | SCRATCH   M[0..15] of the running program
//                | TRACE     12 bytes per executed instruction: pc, A, X
//                | FILTERS   u32 per loaded filter, oldest first: address of its first slot; their end
//                | SLOTS     16 bytes per pre-decoded instruction, all filters one after another
//                | WORDS     u32 per loaded filter: what each returned for the last single record
//                | RECORDS   `struct seccomp_data`, words in little-endian order
//                | RESULTS   u32 per record

/** BPF_MAXINSNS: the longest program that the kernel loads. */
export const MAX_INSTRUCTIONS: u32 = 4096;
/** Sum over the chain of translated lengths (linux kernel/seccomp.c MAX_INSNS_PER_PATH). */
export const MAX_CHAIN: u32 = 32768;
/** What each older filter adds to the sum beside its length. */
export const CHAIN_PENALTY: u32 = 4;
/** No instruction translates to less than one, so a chain has fewer cBPF instructions than this. */
export const MAX_SLOTS: u32 = MAX_CHAIN;
/** The shortest filter, `ret a`, counts 4, and 4 more for each one above it: 4096 fill the chain. */
export const MAX_FILTERS: u32 = 4096;
/** Call numbers that a window of dense cells spans at most. */
export const MAX_WINDOW: u32 = 16384;
/** Records per call: enough to make the call free, few enough to stay in the cache. */
export const MAX_RECORDS: u32 = 4096;

export const INSTRUCTION_SIZE: u32 = 8;
export const SLOT_SIZE: u32 = 16;
export const TRACE_STEP_SIZE: u32 = 12;
export const RECORD_SIZE: u32 = 64;
/** What follows the header in a record: the instruction pointer and six arguments. */
export const ROW_SIZE: u32 = 56;

/**
 * Below what the compiler lays out (asconfig.json's memoryBase), so that it is a constant and part of
 * the instruction that loads a cell.
 */
export const CELLS: usize = 4096;
export const INPUT: u32 = <u32>((__heap_base + 15) & ~15);
export const MASKS: u32 = INPUT + MAX_INSTRUCTIONS * INSTRUCTION_SIZE;
export const SCRATCH: u32 = MASKS + MAX_INSTRUCTIONS * 2;
export const TRACE: u32 = SCRATCH + 64;
/** One byte per slot, in the room of a trace, which is not needed at the same time. */
export const MARKS: u32 = TRACE;
export const FILTERS: u32 = TRACE + MAX_INSTRUCTIONS * TRACE_STEP_SIZE;
export const SLOTS: u32 = FILTERS + MAX_FILTERS * 4 + 16;
export const WORDS: u32 = SLOTS + MAX_SLOTS * SLOT_SIZE;
export const RECORDS: u32 = WORDS + MAX_FILTERS * 4;
export const RESULTS: u32 = RECORDS + MAX_RECORDS * RECORD_SIZE;
export const END: u32 = RESULTS + MAX_RECORDS * 4;

// A slot:
//
//   byte 0    2      4   8    12   16
//        | op | code | k | jt | jf |      jt, jf: addresses of slots
//
// OP_JEQ_RUN stands for `jeq k` whose false side is the next instruction, a `jeq k` too: its jf is
// the address of the run's last jump.
export const SLOT_CODE: usize = 2;
export const SLOT_K: usize = 4;
export const SLOT_JT: usize = 8;
export const SLOT_JF: usize = 12;

/** The first slot of a loaded filter. */
export function filterStart(filter: u32): u32 {
  return load<u32>(FILTERS + filter * 4);
}
/** Where its slots end. */
export function filterEnd(filter: u32): u32 {
  return load<u32>(FILTERS + filter * 4, 4);
}

/** Makes room for the map; false if the engine gives no memory. */
export function reserve(): bool {
  const pages = <i32>((END + 0xffff) >>> 16);
  const have = memory.size();
  return have >= pages || memory.grow(pages - have) != -1;
}

import { interpret } from "./interpreter";
import * as L from "./layout";

export const ACTION_FULL: u32 = 0xffff0000;
export const ALLOW: u32 = 0x7fff0000;
const KILL_PROCESS: u32 = 0x80000000;

/**
 * The stack's word for one record (linux kernel/seccomp.c `seccomp_run_filters`): newest to oldest,
 * replaced by an action that is smaller as a signed number.
 *
 * `ret` is what to begin with: ALLOW, or the newest filter's own word for those who want the data of
 * an ALLOW too. Nothing sorts above ALLOW, so that makes no other difference.
 */
function decide(record: usize, filters: u32, raw: bool): u32 {
  let at: usize = L.FILTERS + (filters - 1) * 4;
  const newest = interpret(load<u32>(at), record);
  let ret = raw || <i32>(newest & ACTION_FULL) < <i32>ALLOW ? newest : ALLOW;
  while (at > L.FILTERS) {
    at -= 4;
    const word = interpret(load<u32>(at), record);
    if (<i32>(word & ACTION_FULL) < <i32>(ret & ACTION_FULL)) ret = word;
  }
  return ret;
}

/** One result per record, after the precedence of the stack. */
export function decideBatch(
  record: usize,
  result: usize,
  count: u32,
  filters: u32,
  raw: bool,
): void {
  const end: usize = record + count * L.RECORD_SIZE;
  if (filters == 1 && raw) {
    runBatch(record, result, count, 0);
    return;
  }
  for (; record < end; record += L.RECORD_SIZE, result += 4) {
    store<u32>(result, filters == 0 ? KILL_PROCESS : decide(record, filters, raw));
  }
}

/** One result per record: the very word that one filter returns. */
export function runBatch(record: usize, result: usize, count: u32, filter: u32): void {
  const program: usize = L.filterStart(filter);
  const end: usize = record + count * L.RECORD_SIZE;
  for (; record < end; record += L.RECORD_SIZE, result += 4) {
    store<u32>(result, interpret(program, record));
  }
}

/** Every filter's word for the first record, at WORDS, oldest first. */
export function runAll(filters: u32): void {
  for (let filter: u32 = 0; filter < filters; filter++) {
    store<u32>(L.WORDS + filter * 4, interpret(load<u32>(L.FILTERS + filter * 4), L.RECORDS));
  }
}

// What a whole stack says, newest filter first: a word where all filters return one, otherwise a chain
// of words and residuals whose results are to be combined. Equal chains are the same chain.
import { ACTION_FULL } from "./batch";
import { RESIDUAL } from "./follow";
import * as L from "./layout";
import * as W from "./workspace";

// A chain:
//
//   byte 0         8      12         16     20     24
//        | u64 item | rest | residual | link |      |
//
// rest: chain of the older filters; residual: number + 1; link: its place in the hash.
const REST: usize = 8;
const NUMBER: usize = 12;
const LINK: usize = 16;

export const NONE: u32 = 0xffffffff;
/** Marks a folded answer that is a chain; the low half is its number. */
export const CHAIN: u64 = 1 << 33;

let chains: u32 = 0;
/** The chain of all filters from their beginning. */
let stack: u32 = NONE;
/** How many chains have got a number as residuals. */
export let residuals: u32 = 0;

function address(chain: u32): u32 {
  return W.base + W.CHAINS + chain * W.CHAIN_SIZE;
}
/** What the newest filter says: a word or a residual. */
export function item(chain: u32): u64 {
  return load<u64>(address(chain));
}
/** What comes after it, or NONE. */
export function rest(chain: u32): u32 {
  return load<u32>(address(chain), REST);
}

/** What the kernel keeps of a newer and an older word: the smaller action, the newer among equals. */
export function combine(newer: u32, older: u32): u32 {
  return <i32>(older & ACTION_FULL) < <i32>(newer & ACTION_FULL) ? older : newer;
}

/** The chain of an item and the rest; NONE if there are too many. */
function intern(item: u64, rest: u32): u32 {
  const size = W.MAX_CHAINS * 2;
  let hash = (<u32>item ^ <u32>(item >> 29) ^ (rest * 0x9e3779b1)) * 0x85ebca6b;
  hash ^= hash >>> 15;
  while (true) {
    hash &= size - 1;
    const link: usize = W.base + W.CHAIN_HASH + hash * 4;
    const found = load<u32>(link);
    if (found == 0) {
      if (chains == W.MAX_CHAINS) return NONE;
      const it = address(chains);
      store<u64>(it, item);
      store<u32>(it, rest, REST);
      store<u32>(it, 0, NUMBER);
      store<u32>(it, <u32>link, LINK);
      // The hash holds numbers from 1 on, so that new memory is an empty one.
      store<u32>(link, ++chains);
      return chains - 1;
    }
    const it = address(found - 1);
    if (load<u64>(it) == item && load<u32>(it, REST) == rest) return found - 1;
    hash++;
  }
}

/** Forgets all chains and makes those of the filters from their beginning. */
export function resetChains(firstFilter: u32, endFilter: u32): void {
  for (let i: u32 = 0; i < chains; i++) store<u32>(load<u32>(address(i), LINK), 0);
  chains = 0;
  residuals = 0;
  let chain = NONE;
  for (let filter = firstFilter; filter < endFilter; filter++) {
    chain = intern(RESIDUAL | <u64>L.filterStart(filter), chain);
    store<u32>(W.base + W.WHOLE + filter * 4, chain);
  }
  stack = chain;
}

/** The chain that runs the filters up to `filter` from their beginning: never wrong. */
function whole(filter: u32): u64 {
  return CHAIN | <u64>load<u32>(W.base + W.WHOLE + filter * 4);
}

/** Adds what `filter` says to what the older ones say, if it is not the oldest. */
export function fold(filter: u32, item: u64, older: u64, oldest: bool): u64 {
  const isWord = (item & RESIDUAL) == 0;
  let rest: u32 = NONE;
  if (!oldest) {
    if ((older & CHAIN) == 0) {
      if (isWord) return combine(<u32>item, <u32>older);
      rest = intern(older, NONE);
      if (rest == NONE) return whole(filter);
    } else {
      rest = <u32>older;
      const following = load<u64>(address(rest));
      if (isWord && (following & RESIDUAL) == 0) {
        item = combine(<u32>item, <u32>following);
        rest = load<u32>(address(rest), REST);
      }
    }
  } else if (isWord) {
    return item;
  }
  const chain = intern(item, rest);
  return chain == NONE ? whole(filter) : CHAIN | <u64>chain;
}

/** The number of a chain as a residual; if there are too many, that of the whole stack. */
export function number(chain: u32): u32 {
  // One place stays free for the stack.
  if (residuals >= W.MAX_RESIDUALS - 1) chain = stack;
  const it = address(chain);
  const known = load<u32>(it, NUMBER);
  if (known != 0) return known - 1;
  store<u32>(W.base + W.RESIDUALS + residuals * 4, chain);
  store<u32>(it, ++residuals, NUMBER);
  return residuals - 1;
}

/** The number of the whole stack, run from its beginning. */
export function stackResidual(): u32 {
  return number(stack);
}

/** The chain behind the number of a residual. */
export function chainOf(residual: u32): u32 {
  return load<u32>(W.base + W.RESIDUALS + residual * 4);
}

/** A residual that is a word after all. */
export function wordResidual(word: u32): u32 {
  const chain = intern(word, NONE);
  return number(chain == NONE ? stack : chain);
}

// What the analysis needs beyond the memory map of layout.ts: taken at the end of memory the first
// time a stack is analysed, and kept. Everything has its limit here, too; whoever would go beyond one
// gives up the finer result, never the right one. Most of it stays untouched, so takes no real memory.
import * as L from "./layout";

/** Intervals of call numbers that no comparison of the stack tells apart. */
export const MAX_CLASSES: u32 = 32768;
/** Constants that comparisons with the call's number or architecture name. */
export const MAX_CONSTANTS: u32 = MAX_CLASSES;
/** Intervals of architecture tokens: 16 known ones and the gaps between them. */
export const MAX_ARCHS: u32 = 33;
export const MAX_SETS: u32 = 16384;
export const MAX_CHAINS: u32 = 16384;
/** Different ways to go on where the call's number and architecture do not decide. */
export const MAX_RESIDUALS: u32 = 4095;
export const MAX_ROW_ENTRIES: u32 = 65536;
export const MAX_WINDOWS: u32 = 16;
export const MAX_CELLS: u32 = 65536;
export const MAX_CODE: u32 = 1 << 20;
/** Constants of a residual that shares its code with others. */
export const MAX_SHARED: u32 = 32;
export const MAX_SHAPES: u32 = 256;

export const SET_SIZE: u32 = 20;
export const CHAIN_SIZE: u32 = 24;
export const ROW_ENTRY_SIZE: u32 = 12;
export const WINDOW_SIZE: u32 = 16;
export const SHARED_SIZE: u32 = MAX_SHARED * 4;
export const SHAPE_SIZE: u32 = 16;

const CLASSES_BYTES: u32 = MAX_CLASSES * 4;
const SLOTS_BYTES: u32 = L.MAX_SLOTS * 4;

// Offsets from `base`. The small ones stand together, since every page that is touched costs time.
// Counts of the sort; tokens that comparisons name; instructions of a short way.
const COUNTS_BYTES: u32 = 1024;
export const COUNTS: u32 = 0;
export const ARCH_CONSTANTS: u32 = COUNTS + COUNTS_BYTES;
export const NODES: u32 = ARCH_CONSTANTS + (MAX_ARCHS + 2) * 4 + 4;
// The result, as tables.ts describes it; its larger parts come below.
export const ARCHS: u32 = NODES + 768;
export const ROWS: u32 = ARCHS + MAX_ARCHS * 8;
export const WINDOWS: u32 = ROWS + MAX_ARCHS * 8;
export const GATHERED: u32 = WINDOWS + MAX_WINDOWS * WINDOW_SIZE;
// Classes: first number of each; a list of each set's classes; the set that each is in; what a filter
// says (u64), what the filters so far say (u64).
export const LOW: u32 = 4096;
export const NEXT: u32 = LOW + CLASSES_BYTES + 16;
export const PREVIOUS: u32 = NEXT + CLASSES_BYTES;
export const SET_OF: u32 = PREVIOUS + CLASSES_BYTES;
export const ITEM: u32 = SET_OF + CLASSES_BYTES;
export const FOLDED: u32 = ITEM + 2 * CLASSES_BYTES;
// Constants, and room to sort them: no longer needed where classes have something to say.
export const CONSTANTS: u32 = ITEM;
export const SORTED: u32 = FOLDED;
// Slots: which class a constant is; what A may hold.
export const CLASS_OF_SLOT: u32 = FOLDED + 2 * CLASSES_BYTES;
export const KINDS: u32 = CLASS_OF_SLOT + SLOTS_BYTES;
// Sets of classes that stand at the same instruction, and the first of each instruction.
export const SETS: u32 = KINDS + L.MAX_SLOTS;
export const SETS_AT: u32 = SETS + MAX_SETS * SET_SIZE;
// What filters say one after another, hashed; which of them are residuals.
export const CHAINS: u32 = SETS_AT + (L.MAX_INSTRUCTIONS + 1) * 4 + 12;
export const CHAIN_HASH: u32 = CHAINS + MAX_CHAINS * CHAIN_SIZE;
export const RESIDUALS: u32 = CHAIN_HASH + MAX_CHAINS * 8;
export const WHOLE: u32 = RESIDUALS + MAX_RESIDUALS * 4;
// The larger parts of the result.
export const ROW_ENTRIES: u32 = WHOLE + L.MAX_FILTERS * 4;
export const CELLS: u32 = ROW_ENTRIES + MAX_ROW_ENTRIES * ROW_ENTRY_SIZE;
// A batch: groups and records that the cells do not decide.
export const QUEUE: u32 = CELLS + MAX_CELLS * 4;
export const GROUPS: u32 = QUEUE + L.MAX_RECORDS * 4 + 16;
// The encoder: what it knows of slots, of residuals and their code, and its output.
export const LABELS: u32 = GROUPS + L.MAX_RECORDS / 2;
export const ENTRIES: u32 = LABELS + SLOTS_BYTES;
export const SHARED: u32 = ENTRIES + SLOTS_BYTES;
export const SHAPES: u32 = SHARED + MAX_RESIDUALS * SHARED_SIZE;
export const SHAPE_OF: u32 = SHAPES + MAX_SHAPES * SHAPE_SIZE;
export const CODE: u32 = SHAPE_OF + MAX_RESIDUALS * 4;
const SIZE: u32 = CODE + MAX_CODE;

/** Where it lies; 0 until it is there. */
export let base: u32 = 0;

/** Takes the room; false if the engine gives none. */
export function reserve(): bool {
  if (base != 0) return true;
  const have = memory.size();
  if (memory.grow(<i32>((SIZE + 0xffff) >>> 16)) == -1) return false;
  base = (<u32>have) << 16;
  return true;
}

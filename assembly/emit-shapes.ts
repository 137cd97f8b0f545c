// Residuals of one shape: their code differs in constants only. Profiles that check the arguments of
// hundreds of calls in the same few ways get a few pieces of code, which stay in the processor's caches
// and whose jumps it learns.
import * as out from "./bytes";
import { emitShared } from "./emit-select";
import * as W from "./workspace";

// A shape:
//
//   byte 0       4        8       12      16
//        | start | length | users | label |      start: of the code that others are compared with
const LENGTH: usize = 4;
const USERS: usize = 8;
const LABEL: usize = 12;

const NONE: u32 = 0xffffffff;
/** As many as make sharing worth the loads of constants. */
const WORTHWHILE: u32 = 4;

let shapes: u32 = 0;

function shape(i: u32): usize {
  return W.base + W.SHAPES + i * W.SHAPE_SIZE;
}
function shapeOf(residual: u32): usize {
  return W.base + W.SHAPE_OF + residual * 4;
}

export function resetShapes(): void {
  shapes = 0;
}

/** Finds the shape of a residual that begins at `slot`; 0 if it has none. Its code stays in the output. */
export function addShape(residual: u32, slot: u32, firstLocal: u32): void {
  store<u32>(shapeOf(residual), NONE);
  const start = out.position();
  if (slot == 0 || !out.fits() || !emitShared(slot, residual, firstLocal)) return;
  const length = out.position() - start;
  for (let i: u32 = 0; i < shapes; i++) {
    const it = shape(i);
    if (load<u32>(it, LENGTH) != length) continue;
    if (memory.compare(load<u32>(it), start, length) != 0) continue;
    store<u32>(it, load<u32>(it, USERS) + 1, USERS);
    store<u32>(shapeOf(residual), i);
    out.rewind(start);
    return;
  }
  if (shapes == W.MAX_SHAPES) {
    out.rewind(start);
    return;
  }
  const it = shape(shapes);
  store<u32>(it, start);
  store<u32>(it, length, LENGTH);
  store<u32>(it, 1, USERS);
  store<u32>(it, NONE, LABEL);
  store<u32>(shapeOf(residual), shapes++);
}

/** Does it share its code with others? */
export function isShared(residual: u32): bool {
  const i = load<u32>(shapeOf(residual));
  return i != NONE && load<u32>(shape(i), USERS) >= WORTHWHILE;
}

/** The label of the code that a residual shares: `next` if there was none yet. */
export function sharedLabel(residual: u32, next: u32): u32 {
  const label = shape(load<u32>(shapeOf(residual))) + LABEL;
  if (load<u32>(label) == NONE) store<u32>(label, next);
  return load<u32>(label);
}

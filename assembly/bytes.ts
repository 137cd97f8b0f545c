// Output of the encoder: bytes one after another, LEB128 numbers, and sizes filled in afterwards.
import * as W from "./workspace";

let start: u32 = 0;
let at: u32 = 0;
let limit: u32 = 0;

/** Begins anew. */
export function begin(): void {
  start = W.base + W.CODE;
  at = start;
  // Whatever is written between two checks of `fits` is shorter than this.
  limit = start + W.MAX_CODE - 4096;
}

/** Is there still room? */
export function fits(): bool {
  return at < limit;
}
export function length(): u32 {
  return at - start;
}

export function byte(value: u32): void {
  store<u8>(at++, value);
}
export function two(a: u32, b: u32): void {
  byte(a);
  byte(b);
}

/** An unsigned number. */
export function unsigned(value: u32): void {
  while (value >= 0x80) {
    byte((value & 0x7f) | 0x80);
    value >>>= 7;
  }
  byte(value);
}

/** A signed number. */
export function signed(value: i32): void {
  while (value < -64 || value > 63) {
    byte((value & 0x7f) | 0x80);
    value >>= 7;
  }
  byte(value & 0x7f);
}

/** Leaves five bytes for a size; answers where. */
export function openSize(): u32 {
  at += 5;
  return at - 5;
}
/** Fills a size in: what was written since. */
export function closeSize(place: u32): void {
  let value = at - place - 5;
  for (let i: u32 = 0; i < 4; i++) {
    store<u8>(place + i, (value & 0x7f) | 0x80);
    value >>>= 7;
  }
  store<u8>(place + 4, value);
}

/** Where the output has got to, to come back to. */
export function position(): u32 {
  return at;
}
/** Takes back what was written since. */
export function rewind(to: u32): void {
  at = to;
}

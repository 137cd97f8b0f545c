// WebAssembly's instructions as far as the encoder uses them (WebAssembly core specification, 5.4).
import { byte, signed, two, unsigned } from "./bytes";

export const I32: u32 = 0x7f;
export const VOID: u32 = 0x40;

export const UNREACHABLE: u32 = 0x00;
export const BLOCK: u32 = 0x02;
export const LOOP: u32 = 0x03;
export const IF: u32 = 0x04;
export const END: u32 = 0x0b;
export const BR: u32 = 0x0c;
export const BR_IF: u32 = 0x0d;
export const BR_TABLE: u32 = 0x0e;
export const RETURN: u32 = 0x0f;
export const CALL: u32 = 0x10;
export const SELECT: u32 = 0x1b;
export const LOCAL_GET: u32 = 0x20;
export const LOCAL_SET: u32 = 0x21;
export const LOCAL_TEE: u32 = 0x22;
export const I32_LOAD: u32 = 0x28;
export const I32_STORE: u32 = 0x36;
export const I32_CONST: u32 = 0x41;
export const I32_EQZ: u32 = 0x45;
export const I32_EQ: u32 = 0x46;
export const I32_NE: u32 = 0x47;
export const I32_LT_S: u32 = 0x48;
export const I32_LT_U: u32 = 0x49;
export const I32_GT_U: u32 = 0x4b;
export const I32_LE_U: u32 = 0x4d;
export const I32_GE_U: u32 = 0x4f;
export const I32_ADD: u32 = 0x6a;
export const I32_SUB: u32 = 0x6b;
export const I32_MUL: u32 = 0x6c;
export const I32_DIV_U: u32 = 0x6e;
export const I32_AND: u32 = 0x71;
export const I32_OR: u32 = 0x72;
export const I32_XOR: u32 = 0x73;
export const I32_SHL: u32 = 0x74;
export const I32_SHR_U: u32 = 0x76;

export function get(local: u32): void {
  byte(LOCAL_GET);
  unsigned(local);
}
export function set(local: u32): void {
  byte(LOCAL_SET);
  unsigned(local);
}
export function tee(local: u32): void {
  byte(LOCAL_TEE);
  unsigned(local);
}
export function constant(value: u32): void {
  byte(I32_CONST);
  signed(<i32>value);
}
export function branch(depth: u32): void {
  byte(BR);
  unsigned(depth);
}
export function branchIf(depth: u32): void {
  byte(BR_IF);
  unsigned(depth);
}
export function call(func: u32): void {
  byte(CALL);
  unsigned(func);
}
/** Opens a block, loop or if. */
export function open(kind: u32, type: u32): void {
  two(kind, type);
}
/** Loads a word that lies on a multiple of 4, which is a hint only. */
export function loadWord(offset: u32): void {
  two(I32_LOAD, 2);
  unsigned(offset);
}
export function storeWord(offset: u32): void {
  two(I32_STORE, 2);
  unsigned(offset);
}

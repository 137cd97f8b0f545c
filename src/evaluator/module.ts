import type { Instruction } from "../bpf/instruction.js";
import { SeccompSimError } from "../errors.js";
import { WASM_BASE64 } from "./wasm.gen.js";

/** What assembly/index.ts exports, constants by their values; addresses are bytes in `memory`. */
export interface Machine {
  readonly memory: WebAssembly.Memory;
  readonly INPUT: number;
  readonly TRACE: number;
  readonly MARKS: number;
  readonly WORDS: number;
  readonly RECORDS: number;
  readonly RESULTS: number;
  readonly MAX_INSTRUCTIONS: number;
  readonly MAX_RECORDS: number;
  init(): number;
  verify(length: number): number;
  failedPc(): number;
  translatedLength(length: number): number;
  loadFilter(length: number): number;
  reset(): void;
  chainLength(): number;
  swap(count: number): void;
  decide(records: number, results: number, count: number, raw: number): void;
  run(records: number, results: number, count: number, filter: number): void;
  words(): void;
  trace(filter: number): number;
  traceResult(): number;
  count(records: number, counts: number, count: number): void;
  mark(records: number, count: number): void;
  reserveTables(): number;
  makeTables(filter: number, raw: number): number;
  residuals(): number;
  allowsWithData(): number;
  prefer(arch: number): void;
  lookupRecords(records: number, results: number, count: number): number;
  lookupColumn(headers: number, rows: number, results: number, count: number): number;
  resolveRecords(records: number, results: number, queued: number, raw: number): void;
  resolveColumns(headers: number, rows: number, results: number, queued: number, raw: number): void;
  decideOne(record: number, raw: number): number;
  encode(filter: number, raw: number): number;
  codeAddress(): number;
  queueAddress(): number;
}

let compiled: WebAssembly.Module | undefined;

/**
 * The compiled machine, for other threads to adopt: its bytes are compiled once. Throws
 * `wasm-unavailable` where there is no WebAssembly, or a page's policy forbids it.
 */
export function compiledModule(): WebAssembly.Module {
  compiled ??= compileMachine();
  return compiled;
}

/** The bytes are sound: where they do not compile, the platform does not want it. */
function compileMachine(): WebAssembly.Module {
  try {
    return new WebAssembly.Module(decodeBase64(WASM_BASE64));
  } catch (cause) {
    throw unavailable(cause);
  }
}

function unavailable(cause: unknown): SeccompSimError {
  if (typeof WebAssembly !== "object") {
    return new SeccompSimError("wasm-unavailable", "there is no WebAssembly here", {
      hint: "browsers take it away in their strictest settings",
    });
  }
  const why = cause instanceof Error ? cause.message : String(cause);
  return new SeccompSimError("wasm-unavailable", `WebAssembly may not be compiled here: ${why}`, {
    cause,
    hint: "a content security policy has to allow it: script-src 'self' 'wasm-unsafe-eval'",
  });
}

/** Uses what another thread compiled; workers carry no bytes of their own. */
export function adoptModule(module: WebAssembly.Module): void {
  compiled = module;
}

/** Given back and kept for the next who needs one: the memory of a fresh one is what costs time. */
let spare: Machine | undefined;

/** A machine of one's own, without filters. */
export function takeMachine(): Machine {
  const machine = spare ?? createMachine();
  spare = undefined;
  return machine;
}

/** Gives a machine back that nobody will look at any more, nor at its memory. */
export function giveBackMachine(machine: Machine): void {
  if (spare !== undefined) return;
  machine.reset();
  spare = machine;
}

function createMachine(): Machine {
  const abort = () => {
    throw new Error("an assertion of the debug build failed");
  };
  // First: where there is no WebAssembly, the next line knows only a ReferenceError.
  const module = compiledModule();
  const instance = new WebAssembly.Instance(module, { env: { abort } });
  // A plain object: all machines have one shape, and their constants are numbers.
  const machine = Object.fromEntries(
    Object.entries(instance.exports).map(([name, value]) => [
      name,
      value instanceof WebAssembly.Global ? value.value : value,
    ]),
  ) as unknown as Machine;
  if (machine.init() === 0) throw new RangeError("no memory for the evaluator");
  return machine;
}

/**
 * Puts a program where the machine looks for it. Only as much as the kernel would take: the length is
 * checked first, so what lies beyond is never read.
 */
export function writeProgram(machine: Machine, instructions: readonly Instruction[]): void {
  const count = Math.min(instructions.length, machine.MAX_INSTRUCTIONS);
  const words = new Uint32Array(machine.memory.buffer, machine.INPUT, 2 * count);
  for (let pc = 0; pc < count; pc++) {
    const { code, jt, jf, k } = instructions[pc] as Instruction;
    words[2 * pc] = (code & 0xffff) | ((jt & 0xff) << 16) | (jf << 24);
    words[2 * pc + 1] = k;
  }
}

/** Node's own decoder, where it is there, takes a tenth of the time of the portable one. */
function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const { Buffer } = globalThis as {
    Buffer?: { from(text: string, encoding: "base64"): Uint8Array<ArrayBuffer> };
  };
  if (Buffer !== undefined) return Buffer.from(text, "base64");
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

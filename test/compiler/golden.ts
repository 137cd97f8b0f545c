import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { ArchName } from "../../src/abi/architecture.js";
import type { Instruction } from "../../src/bpf/instruction.js";
import { type CompareOp, Context, type Errno, type FilterRule } from "../../src/compiler/index.js";

/** One line of the golden data: a rule set, the return codes and the program of the real library. */
export interface GoldenLine {
  readonly version?: string;
  readonly native?: ArchName;
  readonly archs: readonly ArchName[];
  readonly note?: string;
  readonly default: string;
  readonly badarch?: string;
  readonly optimize: 1 | 2;
  readonly arch_add_failed?: readonly (readonly [ArchName, Errno])[];
  readonly rules: readonly GoldenRule[];
  readonly bpf_le_hex: string;
  readonly hang?: boolean;
}

interface GoldenRule {
  readonly action: string;
  readonly syscall: string | number;
  readonly args: readonly { index: number; op: string; value: string; valueTwo: string }[];
  readonly rc: Errno;
}

export function readGolden(name: string): GoldenLine[] {
  const text = gunzipSync(readFileSync(new URL(`../fixtures/${name}`, import.meta.url))).toString();
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as GoldenLine);
}

function toRule({ action, syscall, args }: GoldenRule): FilterRule {
  return {
    action: Number(action),
    syscall,
    conditions: args.map(({ index, op, value, valueTwo }) => ({
      index,
      op: op as CompareOp,
      value: BigInt(value),
      valueTwo: BigInt(valueTwo),
    })),
  };
}

/** The line's rule set through our model: its return codes and its program as hex, little-endian. */
export function compileGolden(line: GoldenLine, version: string) {
  const native = line.native ?? (line.archs[0] as ArchName);
  const context = new Context({
    version,
    native,
    defaultAction: Number(line.default),
    badArchAction: Number(line.badarch ?? 0),
    optimize: line.optimize,
  });
  const keepsNative = line.archs[0] === native;
  if (!keepsNative) context.removeArch(native);
  const added = line.archs.slice(keepsNative ? 1 : 0).map((arch) => context.addArch(arch));
  const refused = (line.arch_add_failed ?? []).map(([arch]) => context.addArch(arch));
  const codes = line.rules.map((rule) => context.addRule(toRule(rule)));
  return { added, refused, codes, hex: toHex(context.generate().instructions) };
}

function toHex(instructions: readonly Instruction[]): string {
  const bytes = Buffer.alloc(instructions.length * 8);
  instructions.forEach(({ code, jt, jf, k }, i) => {
    bytes.writeUInt16LE(code, i * 8);
    bytes.writeUInt8(jt, i * 8 + 2);
    bytes.writeUInt8(jf, i * 8 + 3);
    bytes.writeUInt32LE(k, i * 8 + 4);
  });
  return bytes.toString("hex");
}

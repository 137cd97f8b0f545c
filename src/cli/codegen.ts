import { type Command, Option } from "commander";
import { ARCHITECTURES } from "../abi/architecture.js";
import type { Endian, Instruction } from "../bpf/instruction.js";
import { type Codegen, optimizeProgram } from "../compiler/optimal/index.js";
import { SeccompSimError } from "../errors.js";
import { createEvaluator } from "../evaluator/index.js";
import { openBytes, STDIN_NAME } from "../node/input.js";
import { type Mix, makeRecords } from "../seccomp/mix.js";
import { RECORD_SIZE } from "../seccomp/record.js";
import { note } from "./output.js";
import { BATCH, rawBatches } from "./record-stream.js";

export interface CodegenOptions {
  readonly codegen?: Codegen | "libseccomp";
  readonly weights?: string;
}

/** What calls a program is made for or measured by. */
interface Calls {
  readonly name: string;
  readonly records: Uint8Array;
  readonly endian: Endian;
}

/** Records that a file's calls are known by; of more, so many are drawn at random. */
const SAMPLE = 1 << 18;
/** Records that executed instructions are counted over. */
const MEASURED = 1 << 14;

export function codegenOptions(command: Command, choices: readonly string[]): Command {
  return command
    .addOption(
      new Option(
        "--codegen <NAME>",
        "how instructions are chosen: optimal is the smallest program, balanced executes few whatever " +
          `is called, or the fewest for --weights (default: ${choices[0]}, with --weights balanced)`,
      ).choices(choices),
    )
    .option(
      "--weights <FILE>",
      "balanced for these calls: raw records, - or a file, or the built-in mixes real and uniform",
    );
}

/** What the options ask for; "libseccomp" is the compiler's own program. */
export function chosenCodegen(
  { codegen, weights }: CodegenOptions,
  otherwise: Codegen | "libseccomp",
): Codegen | "libseccomp" {
  if (codegen === "libseccomp" && weights !== undefined) {
    throw new SeccompSimError(
      "codegen",
      "libseccomp's program is the same whatever calls are made",
      {
        hint: "--weights goes with --codegen balanced or optimal",
      },
    );
  }
  return codegen ?? (weights === undefined ? otherwise : "balanced");
}

/** Optimises a program that the kernel accepts, and says on standard error what was won. */
export async function optimizeAndTell(
  name: string,
  instructions: readonly Instruction[],
  endian: Endian,
  codegen: Codegen,
  weightsName: string | undefined,
): Promise<readonly Instruction[]> {
  const weights = weightsName === undefined ? undefined : await readCalls(weightsName, endian);
  const forX86 = instructions.some(({ k }) => k === ARCHITECTURES.x86_64.audit);
  if (weights !== undefined && isMix(weights.name) && !forX86) {
    note(`warning: the mix ${weights.name} has calls of x86_64, which ${name} does not know`);
  }
  const result = optimizeProgram(instructions, {
    codegen,
    weights: weights?.records,
    endian: weights?.endian ?? endian,
  });
  const { length } = result.instructions;
  note(
    `${name}: ${instructions.length} -> ${length} instructions (${codegen}), ` +
      `the same decisions in all ${result.proof.regions} regions`,
  );
  const mixes = forX86 ? [mixOf("real", MEASURED), mixOf("uniform", MEASURED)] : [];
  const measured = weights === undefined || isMix(weights.name) ? mixes : [weights, ...mixes];
  const rows = measured.map((calls) => {
    const [before, after] = [instructions, result.instructions].map((one) => mean(one, calls));
    return `${calls.name} ${before} -> ${after}`;
  });
  if (rows.length > 0) note(`executed per call: ${rows.join(", ")}`);
  return result.instructions;
}

function mean(program: readonly Instruction[], { records, endian }: Calls): string {
  const measured = records.subarray(0, MEASURED * RECORD_SIZE);
  const counts = new Uint32Array(measured.length / RECORD_SIZE);
  const evaluator = createEvaluator([program], endian, { mode: "interpreter" });
  evaluator.countBatch(measured, counts);
  evaluator.close();
  return (counts.reduce((sum, one) => sum + one, 0) / counts.length).toFixed(1);
}

function isMix(name: string): name is Mix {
  return name === "real" || name === "uniform";
}

function mixOf(name: Mix, count: number): Calls {
  return { name, records: makeRecords(name, count), endian: "little" };
}

/** The calls of a mix, or of raw records in the target's byte order; a file called real is ./real. */
async function readCalls(argument: string, endian: Endian): Promise<Calls> {
  if (isMix(argument)) return mixOf(argument, SAMPLE);
  const name = argument === "-" ? STDIN_NAME : argument;
  const bytes = openBytes(argument);
  const room = new Uint8Array(BATCH * RECORD_SIZE);
  const records = await sample(rawBatches(bytes, room, { name, endian, arch: "x86_64" })).finally(
    () => bytes.close(),
  );
  if (records.length === 0) {
    throw new SeccompSimError("bad-weights", `${name} holds no records`, {
      hint: `a record is ${RECORD_SIZE} bytes, struct seccomp_data`,
    });
  }
  return { name, records, endian };
}

/** Each record of a stream is kept with the same probability; which ones is the same in each run. */
async function sample(batches: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  let kept = new Uint8Array(RECORD_SIZE * 1024);
  let count = 0;
  let seed = 1;
  for await (const batch of batches) {
    for (let at = 0; at < batch.length; at += RECORD_SIZE) {
      let place = count++;
      if (place >= SAMPLE) {
        // Marsaglia's xorshift32.
        seed ^= seed << 13;
        seed ^= seed >>> 17;
        seed ^= seed << 5;
        place = Math.floor(((seed >>> 0) / 0x100000000) * count);
        if (place >= SAMPLE) continue;
      }
      if ((place + 1) * RECORD_SIZE > kept.length) {
        const larger = new Uint8Array(2 * kept.length);
        larger.set(kept);
        kept = larger;
      }
      kept.set(batch.subarray(at, at + RECORD_SIZE), place * RECORD_SIZE);
    }
  }
  return kept.subarray(0, Math.min(count, SAMPLE) * RECORD_SIZE);
}

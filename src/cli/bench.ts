import { setImmediate } from "node:timers/promises";
import { Command, InvalidArgumentError, Option } from "commander";
import { ARCHITECTURES, type Architecture } from "../abi/architecture.js";
import { type BenchSubject, bench } from "../analysis/bench.js";
import { compile, requireStackable } from "../analysis/simulator.js";
import { variantsOf } from "../analysis/variants.js";
import { SeccompSimError } from "../errors.js";
import { openBytes, STDIN_NAME } from "../node/input.js";
import { readProfileArgument, refuseTwoStdins } from "../node/profile-argument.js";
import { parseTarget } from "../profile/target-options.js";
import { benchJson, formatBench } from "../report/bench.js";
import { type Mix, makeRecords } from "../seccomp/mix.js";
import { RECORD_SIZE } from "../seccomp/record.js";
import type { Target } from "../target.js";
import {
  type CommonOptions,
  formatOption,
  pickTarget,
  sourceOptions,
  stackOption,
  targetOptions,
} from "./options.js";
import { note, print, styleFor } from "./output.js";
import { Progress } from "./progress.js";
import { rawBatches } from "./record-stream.js";
import { formatTarget, warn } from "./simulate.js";

interface BenchOptions extends CommonOptions {
  readonly mix: Mix;
  readonly records?: string;
  readonly count: number;
  readonly rounds: number;
  readonly format: "pretty" | "json";
  readonly color: boolean;
}

/** A million records: 64 MB, more than caches hold. */
const COUNT = 1_000_000;
const MAX_COUNT = 4_000_000;
const ROUNDS = 11;
const MAX_ROUNDS = 1000;

export function benchCommand(): Command {
  const command = new Command("bench")
    .summary("what filters cost: size, executed instructions, time")
    .description(
      "Counts the instructions that filters execute over many calls, says which calls the kernel allows without running them, and times the evaluators here.",
    )
    .argument(
      "<PROFILE...>",
      "profiles or filters, each a file, a preset or -; compared with the first",
    )
    .addOption(
      new Option("--mix <NAME>", "calls of a busy x86_64 service, or all numbers alike")
        .choices(["real", "uniform"] satisfies Mix[])
        .default("real"),
    )
    .addOption(
      new Option(
        "--records <FILE>",
        "other calls: 64-byte records in --arch's byte order; - is standard input",
      ).conflicts("mix"),
    )
    .addOption(
      new Option("--count <N>", "records, at most")
        .argParser((text) => integer(text, MAX_COUNT))
        .default(COUNT),
    )
    .addOption(
      new Option("--rounds <N>", "how often each evaluator is timed")
        .argParser((text) => integer(text, MAX_ROUNDS))
        .default(ROUNDS),
    )
    .addOption(formatOption(["pretty", "json"]));
  return targetOptions(stackOption(sourceOptions(command)))
    .addHelpText(
      "after",
      `
Executed instructions are exact and the same everywhere; times are of this machine, and only their
ratios within one run say much.

Examples:
  seccomp-sim bench docker-default
  seccomp-sim bench docker-default mine.json mine.bpf --mix uniform
  seccomp-sim bench mine.bpf --records calls.raw --format json`,
    )
    .action(benchInputs);
}

function integer(text: string, largest: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= largest) return value;
  throw new InvalidArgumentError(`It must be a number from 1 to ${largest}.`);
}

async function benchInputs(names: string[], _: unknown, command: Command): Promise<void> {
  const options = command.optsWithGlobals<BenchOptions>();
  const { records: file, stack = [], format } = options;
  refuseTwoStdins([...names, ...stack, ...(file === undefined ? [] : [file])]);
  const target = parseTarget(pickTarget(options));
  const subjects = names.map((name) => readSubject(name, stack, target, options));
  const isCountGiven = command.getOptionValueSource("count") === "cli";
  const records = await readRecords(options, isCountGiven, ARCHITECTURES[target.arch]);
  const progress = new Progress("passes");
  let passes = 0;
  try {
    const results = await bench(subjects, records, {
      rounds: options.rounds,
      // Signals and the terminal get their turn between passes.
      onPass: async () => {
        progress.update(passes++);
        await setImmediate();
      },
    });
    progress.end();
    const style = styleFor(process.stdout, options.color);
    await print(format === "json" ? benchJson(results) : formatBench(results, style));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new SeccompSimError("no-memory", error.message, {
      hint: "give fewer inputs, or a smaller --count",
      cause: error,
    });
  } finally {
    progress.end();
  }
}

function readSubject(
  argument: string,
  stack: readonly string[],
  target: Target,
  { type }: BenchOptions,
): BenchSubject {
  const { arch } = target;
  const source = readProfileArgument(argument, { type, arch });
  const more = stack.map((one) => readProfileArgument(one, { arch }));
  const loaded = [source, ...more].map((one) => compile(one, target));
  warn(loaded.flatMap(({ warnings }) => warnings));
  const filters = loaded.flatMap(({ filter }) => (filter ? [filter.instructions] : []));
  if (filters.length < loaded.length) {
    const name = [source, ...more][loaded.findIndex(({ filter }) => !filter)]?.name;
    throw new SeccompSimError("no-program", `${name} loads no filter: there is nothing to measure`);
  }
  requireStackable(filters);
  const used = loaded[0]?.target ?? target;
  note(`${source.name}: ${formatTarget(used)}`);
  const onLeftOut = (form: string, { message }: SeccompSimError): void =>
    note(`${source.name}: its ${form} form is left out: ${message}`);
  const variants = stack.length === 0 ? variantsOf(source, used, onLeftOut) : [];
  return { name: source.name, filters, target: used, variants };
}

/** The calls to measure with, in the target's byte order. */
async function readRecords(
  options: BenchOptions,
  isCountGiven: boolean,
  arch: Architecture,
): Promise<Uint8Array> {
  const { records: file, mix, count } = options;
  if (file !== undefined) return readRaw(file, count, isCountGiven, arch);
  if (arch.endian === "big") {
    throw new SeccompSimError("mix-arch", `the mixes are calls of x86_64, not of ${arch.name}`, {
      hint: "give --records FILE",
    });
  }
  if (arch.audit !== ARCHITECTURES.x86_64.audit) {
    note(`warning: the mix ${mix} has calls of x86_64, which are foreign to ${arch.name}`);
  }
  return makeRecords(mix, count);
}

/** The first `count` records of a file; that there are more is news to whoever gave no count. */
async function readRaw(
  file: string,
  count: number,
  isCountGiven: boolean,
  arch: Architecture,
): Promise<Uint8Array> {
  const name = file === "-" ? STDIN_NAME : file;
  const bytes = openBytes(file);
  const parts: Uint8Array[] = [];
  let rest = count * RECORD_SIZE;
  try {
    const room = new Uint8Array(8192 * RECORD_SIZE);
    for await (const batch of rawBatches(bytes, room, {
      name,
      arch: arch.name,
      endian: arch.endian,
    })) {
      const hasMore = batch.length > rest;
      parts.push(batch.slice(0, rest));
      rest -= Math.min(rest, batch.length);
      if (hasMore && !isCountGiven) {
        note(`warning: only the first ${count} records of ${name} are measured: see --count`);
      }
      if (hasMore || (rest === 0 && isCountGiven)) break;
    }
  } finally {
    bytes.close();
  }
  if (parts.length === 0) {
    throw new SeccompSimError("no-records", `${name} holds no records`, {
      hint: `a record is ${RECORD_SIZE} bytes, struct seccomp_data`,
    });
  }
  const records = new Uint8Array(count * RECORD_SIZE - rest);
  let at = 0;
  for (const part of parts) {
    records.set(part, at);
    at += part.length;
  }
  return records;
}

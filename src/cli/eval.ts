import { endianness } from "node:os";
import { setImmediate } from "node:timers/promises";
import { Command, Option } from "commander";
import { auditArchName } from "../abi/names.js";
import type { Simulator } from "../analysis/simulator.js";
import { openBytes, readStream, STDIN_NAME } from "../node/input.js";
import { refuseTwoStdins } from "../node/profile-argument.js";
import { createPool, type Pool } from "../pool/index.js";
import { RECORD_SIZE } from "../seccomp/record.js";
import { formatVerdict } from "../seccomp/verdict.js";
import {
  type CommonOptions,
  sourceOptions,
  stackOption,
  targetOptions,
  workerCount,
} from "./options.js";
import { note, print } from "./output.js";
import { Progress } from "./progress.js";
import { BATCH, ndjsonBatches, rawBatches } from "./record-stream.js";
import { formatTarget, simulatorFor } from "./simulate.js";

interface EvalOptions extends CommonOptions {
  readonly records: string;
  readonly input: "ndjson" | "raw";
  readonly output: "ndjson" | "raw" | "tally";
  readonly workers: number;
}

export function evalCommand(): Command {
  const command = new Command("eval")
    .summary("verdicts for a stream of records")
    .description("Answers records (struct seccomp_data) one by one; memory stays flat.")
    .argument("<PROFILE>", "file, preset, -, or Docker's own seccomp=FILE, unconfined, builtin")
    .requiredOption("--records <FILE>", "the records; - is standard input")
    .addOption(
      new Option("--input <FORMAT>", "lines of JSON, or 64-byte records in --arch's byte order")
        .choices(["ndjson", "raw"])
        .default("ndjson"),
    )
    .addOption(
      new Option("--output <FORMAT>", "lines of JSON, one little-endian u32 each, or counts")
        .choices(["ndjson", "raw", "tally"])
        .default("ndjson"),
    )
    .addOption(
      new Option(
        "--workers <N>",
        "threads that evaluate, beside the one that reads and writes; worth it for long filters",
      )
        .argParser(workerCount(0))
        .default(0),
    );
  return targetOptions(stackOption(sourceOptions(command)))
    .addHelpText(
      "after",
      `
A line of JSON: {"nr": 39 or "getpid", "arch": "x86_64" or a number, "args": [1, "0x2"], "ip": 0};
only nr is needed.

Examples:
  echo '{"nr":"mount"}' | seccomp-sim eval docker-default --records -
  seccomp-sim eval profile.json --records calls.bin --input raw --output tally`,
    )
    .action(evaluate);
}

async function evaluate(profile: string, _: unknown, command: Command): Promise<void> {
  const options = command.optsWithGlobals<EvalOptions>();
  refuseTwoStdins([profile, options.records, ...(options.stack ?? [])]);
  const simulator = simulatorFor(profile, options);
  const { target, endian } = simulator;
  note(`target: ${formatTarget(target)}`);
  const stream = {
    name: options.records === "-" ? STDIN_NAME : options.records,
    arch: target.arch,
    endian,
  };
  const { records, results } = simulator.allocate(BATCH);
  const bytes = options.input === "raw" ? openBytes(options.records) : undefined;
  const batches = bytes
    ? rawBatches(bytes, records, stream)
    : ndjsonBatches(readStream(options.records), stream);
  const sink = new Sink(simulator, options.output, results);
  const progress = new Progress("records");
  const pool = poolFor(simulator, options.workers);
  try {
    if (pool) {
      for await (const { records, words } of pool.evaluateStream(batches)) {
        simulator.overrule(records, words);
        await sink.write(records, words);
        progress.update(sink.count);
      }
    } else {
      for await (const batch of batches) {
        await sink.answer(batch);
        progress.update(sink.count);
        // Reading a file never waits: signals get their turn here.
        await setImmediate();
      }
    }
  } finally {
    // Also when the input ends in an error: what was answered before stays answered.
    progress.end();
    await sink.end();
    bytes?.close();
    simulator.close();
    await pool?.close();
  }
}

/** The simulator's filters on other threads, where that is asked for and there are any. */
function poolFor({ filters, endian }: Simulator, workers: number): Pool | undefined {
  if (workers === 0 || filters.length === 0) return undefined;
  return createPool({ filters: filters.map((one) => one.instructions), endian, workers });
}

/** So many lines are written at once: a longer text takes longer to put together. */
const LINES = 8192;

/** Turns words into output; knows each word's text once. */
class Sink {
  count = 0;
  private readonly tally = new Map<string, number>();
  private readonly texts = new Map<number, string>();

  constructor(
    private readonly simulator: Simulator,
    private readonly format: EvalOptions["output"],
    /** Room for the words of a batch. */
    private readonly room: Uint32Array,
  ) {}

  async answer(records: Uint8Array): Promise<void> {
    const count = records.length / RECORD_SIZE;
    const words = this.room.subarray(0, count);
    this.simulator.evaluateBatch(records, words);
    await this.write(records, words);
  }

  async write(records: Uint8Array, words: Uint32Array): Promise<void> {
    this.count += words.length;
    if (this.format === "raw") await print(littleEndian(words));
    else if (this.format === "tally") this.add(words);
    else {
      for (let from = 0; from < words.length; from += LINES) {
        const to = from + LINES;
        const some = records.subarray(from * RECORD_SIZE, to * RECORD_SIZE);
        await print(this.lines(some, words.subarray(from, to)));
      }
    }
  }

  async end(): Promise<void> {
    if (this.format !== "tally") return;
    const rows = [...this.tally].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    const width = Math.max(0, ...rows.map(([, count]) => String(count).length));
    await print(rows.map(([verdict, n]) => `${String(n).padStart(width)}  ${verdict}\n`).join(""));
  }

  private add(words: Uint32Array): void {
    for (const word of words) {
      const verdict = this.verdictText(word);
      // A filter may return its accumulator: 32 bits of anything must not fill the memory.
      const key = verdict.startsWith("UNKNOWN") ? "UNKNOWN" : verdict;
      this.tally.set(key, (this.tally.get(key) ?? 0) + 1);
    }
  }

  private lines(records: Uint8Array, words: Uint32Array): string {
    const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
    const little = this.simulator.endian === "little";
    let text = "";
    for (let i = 0; i < words.length; i++) {
      const at = i * RECORD_SIZE;
      const arch = archText(view.getUint32(at + 4, little));
      const ret = words[i] ?? 0;
      const verdict = `"${this.verdictText(ret)}"`;
      text += `{"nr":${view.getInt32(at, little)},"arch":${arch},"verdict":${verdict},"ret":${ret}}\n`;
    }
    return text;
  }

  private verdictText(word: number): string {
    const known = this.texts.get(word);
    if (known !== undefined) return known;
    const text = formatVerdict(this.simulator.verdictOf(word));
    if (this.texts.size < 4096) this.texts.set(word, text);
    return text;
  }
}

/** x32 shares x86_64's token; tokens that nobody knows stay numbers. */
function archText(audit: number): string {
  const known = ARCH_TEXTS.get(audit);
  if (known !== undefined) return known;
  const name = auditArchName(audit);
  const text = name === undefined ? String(audit) : JSON.stringify(name);
  if (ARCH_TEXTS.size < 4096) ARCH_TEXTS.set(audit, text);
  return text;
}

const ARCH_TEXTS = new Map<number, string>();

function littleEndian(words: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  return IS_LITTLE_ENDIAN ? bytes : Buffer.from(bytes).swap32();
}

const IS_LITTLE_ENDIAN = endianness() === "LE";

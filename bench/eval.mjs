// The eval command as a whole: raw records from a file to raw verdicts in a file, against what reading the
// file and the bare loop over records in memory take; and what the start of a command takes.
import { spawnSync } from "node:child_process";
import {
  closeSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { FILTERS } from "./filters.mjs";
import { checksum, makeRecords, RECORD_SIZE } from "./mix.mjs";
import { CLI } from "./modules.mjs";
import { ourEvaluators } from "./ours.mjs";
import { median, takeTurns } from "./rounds.mjs";

const RECORDS = 1_000_000;
/** How many millions of records the files have: 1 GB, and 4 GB, where the start of the process counts little. */
const LENGTHS = [16, 64];
const READ_SIZE = 1 << 21;

function nanoseconds(work) {
  const began = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - began);
}

function succeed(command, args, stdout) {
  const { status, error, stderr } = spawnSync(command, args, {
    stdio: ["ignore", stdout, "pipe"],
    encoding: "utf8",
  });
  if (error || status !== 0)
    throw new Error(`${command} ended with ${error ?? `${status}: ${stderr}`}`);
}

function withFile(path, flags, work) {
  const fd = openSync(path, flags);
  try {
    return work(fd);
  } finally {
    closeSync(fd);
  }
}

const evalArguments = (filter, file) => [
  ...[CLI, "eval", filter, "--input", "raw", "--output", "raw", "--records", file],
];

/**
 * For each length the samples in nanoseconds of the whole and of its parts, by name; lengths for which
 * disk or memory have no room are left out. `undefined` where there is no cat.
 */
export async function measureCommand({ modules, directory, rounds }) {
  if (spawnSync("cat", [], { stdio: "ignore" }).error) return undefined;
  const [filter] = FILTERS;
  const program = modules.decodeFilter(readFileSync(filter.file), "little");
  const records = makeRecords("real", RECORDS);
  const evaluators = ourEvaluators(modules, program);
  const bare = evaluators.find(({ name }) => name === "jit") ?? evaluators[0];
  bare.load(records);
  const lengths = [];
  for (const times of LENGTHS.filter((one) => hasRoom(directory, one * records.length))) {
    lengths.push(await measureLength({ filter, records, times, bare, directory, rounds }));
  }
  for (const one of evaluators) one.close();
  return { lengths, starts: await measureStarts(directory, filter, rounds) };
}

/** Twice the size: for verdicts and for whoever else is there. */
function hasRoom(directory, bytes) {
  const { bavail, bsize } = statfsSync(directory);
  return Math.min(bavail * bsize, process.availableMemory()) > 2 * bytes;
}

async function measureLength({ filter, records, times, bare, directory, rounds }) {
  const [input, empty, output] = ["records", "empty", "verdicts"].map((name) =>
    join(directory, name),
  );
  writeFileSync(empty, "");
  withFile(input, "w", (fd) => {
    for (let i = 0; i < times; i++) writeSync(fd, records);
  });
  const bytes = records.length * times;
  const evaluate = (file) =>
    withFile(output, "w", (fd) =>
      nanoseconds(() => succeed(process.execPath, evalArguments(filter.file, file), fd)),
    );
  // As the command has it: other memory is written more slowly.
  const chunk = new Uint8Array(new WebAssembly.Memory({ initial: 64 }).buffer, 0, READ_SIZE);
  const words = new Uint8Array((READ_SIZE / RECORD_SIZE) * 4);
  const entries = [
    { name: "whole", run: () => evaluate(input) },
    { name: "start", run: () => evaluate(empty) },
    {
      name: "cat",
      run: () => withFile("/dev/null", "w", (fd) => nanoseconds(() => succeed("cat", [input], fd))),
    },
    { name: "loop", run: () => bare.run(RECORDS, times) },
    {
      name: "read",
      run: () =>
        withFile(input, "r", (fd) =>
          nanoseconds(() => {
            while (readSync(fd, chunk) > 0);
          }),
        ),
    },
    {
      name: "write",
      run: () =>
        withFile(output, "w", (fd) =>
          nanoseconds(() => {
            for (let at = 0; at < bytes; at += READ_SIZE) writeSync(fd, words);
          }),
        ),
    },
  ];
  const samples = await takeTurns(entries, rounds);
  evaluate(input);
  checkOutput(output, RECORDS * times, filter.checksums.real);
  for (const file of [input, output]) rmSync(file);
  return {
    ...samples,
    running: samples.whole.map((one, round) => one - samples.start[round]),
    bound: samples.cat.map((one, round) => one + samples.loop[round]),
    evaluator: bare.name,
    records: RECORDS * times,
    bytes,
    parts: describe(samples),
  };
}

/** What people wait for: Node alone, and commands that do little. */
function measureStarts(directory, filter, rounds) {
  const commands = {
    "node -e 0": ["-e", "0"],
    "seccomp-sim --version": [CLI, "--version"],
    "seccomp-sim eval FILTER, no records": evalArguments(filter.file, join(directory, "empty")),
    "seccomp-sim check docker-default mount": [CLI, "check", "docker-default", "mount"],
  };
  const entries = Object.entries(commands).map(([name, args]) => ({
    name,
    run: () => nanoseconds(() => succeed(process.execPath, args, "ignore")),
  }));
  return takeTurns(entries, rounds);
}

/** Every million of the output must be the known verdicts: the records repeat. */
function checkOutput(file, count, known) {
  const bytes = readFileSync(file);
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  if (words.length !== count) throw new Error(`eval wrote ${words.length} verdicts`);
  for (let from = 0; from < words.length; from += RECORDS) {
    if (checksum(words.subarray(from, from + RECORDS)) !== known) {
      throw new Error(`eval decides otherwise from record ${from} on`);
    }
  }
}

/** What limits the command: its time as the parts that cannot be had for less, and the rest. */
function describe({ whole, start, loop, read, write }) {
  const all = median(whole);
  const parts = {
    "the start of the process": start,
    "the bare loop": loop,
    reading: read,
    writing: write,
  };
  const rest = all - Object.values(parts).reduce((sum, one) => sum + median(one), 0);
  const percent = (value) => `${Math.round((100 * value) / all)} %`;
  const list = Object.entries(parts).map(([name, times]) => `${name} ${percent(median(times))}`);
  const last =
    rest > 0
      ? `what is left, ${percent(rest)}, is copying and waiting`
      : `it overlaps ${percent(-rest)} of that`;
  return `Of the whole command's time: ${list.join(", ")} (reads of 2 MiB and their verdicts' writes by Node alone); ${last}.`;
}

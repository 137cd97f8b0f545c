import { ARCHITECTURES, type ArchName } from "../abi/architecture.js";
import type { Endian } from "../bpf/instruction.js";
import { SeccompSimError } from "../errors.js";
import type { LibseccompVersion } from "../target.js";
import {
  archsOf,
  casesOfRow,
  type ImportedCase,
  readTests,
  type TestBed,
} from "./libseccomp-tests.js";

export interface ImportOptions {
  /** The filter under test; else `./TEST.bpf`. */
  readonly profile?: string | undefined;
  /** The machine that the tests would run on, which `all` means; default x86_64. */
  readonly arch?: ArchName | undefined;
  /** The release whose table it is: it knows the architectures and the names; default 2.6.1. */
  readonly libseccomp?: LibseccompVersion | undefined;
  /** The test, where the file has several. */
  readonly test?: string | undefined;
}

export interface ImportedSuite {
  readonly text: string;
  readonly cases: number;
  /** What was left out, in sentences. */
  readonly notes: readonly string[];
}

/**
 * A suite with the calls of a `*.tests` file of libseccomp: a case for each row and architecture.
 *
 * Throws SeccompSimError for a file that is none, that has several tests and none is chosen, or no row.
 */
export function importTests(
  text: string,
  file: string,
  options: ImportOptions = {},
): ImportedSuite {
  const { rows: all, others } = readTests(text, file);
  const tests = [...new Set(all.map(({ test }) => test))];
  const [only] = tests;
  const test = options.test ?? only;
  if (test === undefined) throw refuse(`${file} has no table of calls (test type: bpf-sim)`);
  if (options.test === undefined && tests.length > 1) {
    throw refuse(`${file} has several tests`, `choose one with --test: ${tests.join(", ")}`);
  }
  const rows = all.filter((row) => row.test === test);
  if (rows.length === 0) throw refuse(`${file} has no test ${test}`, `it has ${tests.join(", ")}`);
  const release = options.libseccomp ?? "2.6.1";
  const native = options.arch ?? "x86_64";
  const bed: TestBed = { native, release };
  const endian = endianOf(rows, bed);
  const notes: string[] = [];
  const cases = rows.flatMap((row) => casesOfRow(row, bed, endian));
  // A filter of several architectures is tried on a kernel of each.
  const hosts = [...new Set(cases.map(({ host }) => host))];
  const unused = rows.filter((row) => !cases.some((one) => one.row === row)).length;
  if (cases.length === 0) throw refuse(`${file} has no row for ${native}`, "choose another --arch");
  if (unused > 0) notes.push(`${unused} of ${rows.length} rows are not for ${native}`);
  for (const [kind, count] of others) notes.push(`${count} of kind ${kind}: no table of calls`);
  const lines = [
    `# Made by seccomp-sim import-tests from ${JSON.stringify(file)}.`,
    ...notes.map((note) => `# Left out: ${note}.`),
    `profile: ${JSON.stringify(options.profile ?? `./${test}.bpf`)}`,
    `target: { arch: ${hosts.length > 1 ? `[${hosts.join(", ")}]` : (hosts[0] ?? native)}, runtime: libseccomp, libseccomp: ${release} }`,
    "cases:",
    ...cases.map((one) => caseText(one, native, hosts.length > 1)),
  ];
  return { text: `${lines.join("\n")}\n`, cases: cases.length, notes };
}

/** The filter's byte order: the machine's, unless all rows are for architectures of the other one. */
function endianOf(rows: readonly ImportedCase["row"][], bed: TestBed): Endian {
  const { endian } = ARCHITECTURES[bed.native];
  const orders = rows
    .flatMap((row) => archsOf(row.archs, bed))
    .map((arch) => ARCHITECTURES[arch].endian);
  return orders.includes(endian) ? endian : (orders[0] ?? endian);
}

function caseText(one: ImportedCase, native: ArchName, matrix: boolean): string {
  const { row, arch, host, call, expect } = one;
  const name = `line ${row.place.line}${arch === native ? "" : ` on ${arch}`}`;
  const served = arch === host ? "" : `, arch: ${arch}`;
  const on = matrix ? `${served}, only: { arch: ${host} }` : served;
  return `  - { name: ${name}, call: ${JSON.stringify(call)}${on}, expect: ${expect} }`;
}

function refuse(message: string, hint?: string): SeccompSimError {
  return new SeccompSimError("bad-tests", message, { hint });
}

import { ARCHITECTURES, type ArchName } from "../abi/architecture.js";
import { ARCH_SPELLINGS, archByAudit, archByName, otherAuditToken } from "../abi/names.js";
import { suggest } from "../abi/suggest.js";
import { suggestSyscall, syscallNumber } from "../abi/syscalls.js";
import { SeccompSimError } from "../errors.js";
import type { SeccompData } from "../seccomp/record.js";

/** One line of `eval`'s input. */
const KEYS = ["nr", "arch", "args", "ip"];

/**
 * Reads `{"nr": 39 or "name", "arch": "x86_64" or number, "args": [...], "ip": ...}`. Values are numbers
 * or text, decimal or 0x; all but `nr` may be left out. `arch` is what the kernel would see.
 */
export function parseRecord(line: string, native: ArchName): SeccompData {
  const data = parseJson(line);
  if (typeof data !== "object" || data === null || Array.isArray(data)) {
    throw bad('a record is an object such as {"nr": 39}');
  }
  const record = data as Record<string, unknown>;
  for (const key of Object.keys(record)) {
    if (!KEYS.includes(key))
      throw bad(`unknown key ${JSON.stringify(key)}`, `known: ${KEYS.join(", ")}`);
  }
  const arch = archOf(record.arch, native);
  const args = record.args === undefined ? [] : record.args;
  if (!Array.isArray(args) || args.length > 6) throw bad("args must be a list of at most 6 values");
  const values = [0n, 0n, 0n, 0n, 0n, 0n];
  for (let i = 0; i < args.length; i++) values[i] = integer(args[i], `args[${i}]`, 64);
  return {
    nr: numberOf(record.nr, arch.name),
    arch: arch.audit,
    ip: record.ip === undefined ? 0n : integer(record.ip, "ip", 64),
    args: values,
  };
}

function parseJson(line: string): unknown {
  try {
    // JavaScript would round integers of more than 53 bits; as text they stay exact.
    return JSON.parse(/\d{16}/.test(line) ? quoteLongIntegers(line) : line);
  } catch {
    throw bad("not JSON");
  }
}

function quoteLongIntegers(line: string): string {
  const token = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
  return line.replace(token, (text) => (/^-?[1-9]\d{15,}$/.test(text) ? `"${text}"` : text));
}

interface RecordArch {
  /** Whose names `nr` may use; `undefined` for a token that no table has. */
  readonly name: ArchName | undefined;
  readonly audit: number;
}

function archOf(value: unknown, native: ArchName): RecordArch {
  if (value === undefined) return { name: native, audit: ARCHITECTURES[native].audit };
  const known = typeof value === "string" ? archByName(value) : undefined;
  if (known) return { name: known.name, audit: known.audit };
  const other = typeof value === "string" ? otherAuditToken(value) : undefined;
  if (other !== undefined) return { name: undefined, audit: other };
  if (typeof value === "string" && !/^(0x|-?\d)/i.test(value)) {
    const near = suggest(value, ARCH_SPELLINGS);
    throw bad(`unknown architecture ${JSON.stringify(value)}`, near && `did you mean ${near}?`);
  }
  const audit = Number(integer(value, "arch", 32));
  return { name: archByAudit(audit)?.name, audit };
}

function numberOf(value: unknown, arch: ArchName | undefined): number {
  if (value === undefined) throw bad('"nr" is missing');
  if (typeof value !== "string" || /^(0x|-?\d)/i.test(value)) {
    return Number(integer(value, "nr", 32));
  }
  const nr = arch && syscallNumber(arch, value);
  if (nr !== undefined) return nr;
  const near = suggestSyscall(value);
  throw bad(
    `${JSON.stringify(value)} is no system call of ${arch ?? "this architecture"}`,
    near && near !== value ? `did you mean ${near}?` : undefined,
  );
}

/** An integer of `bits` bits, exactly; negative ones in two's complement. */
function integer(value: unknown, name: string, bits: 32 | 64): bigint {
  const isInteger = typeof value === "number" && Number.isSafeInteger(value);
  const isText = typeof value === "string" && /^(0x[0-9a-f]+|-?\d+)$/i.test(value);
  if ((!isInteger && !isText) || String(value).length > 40) {
    throw bad(`${name} must be an integer or its text, not ${JSON.stringify(value)?.slice(0, 60)}`);
  }
  const exact = BigInt(value as number | string);
  const fits = exact >= -(1n << BigInt(bits - 1)) && exact < 1n << BigInt(bits);
  if (!fits) throw bad(`${name} does not fit into ${bits} bits: ${exact}`);
  return BigInt.asUintN(bits, exact);
}

function bad(message: string, hint?: string): SeccompSimError {
  return new SeccompSimError("bad-record", message, { hint });
}

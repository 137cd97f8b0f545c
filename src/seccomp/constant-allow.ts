import { ARCHITECTURES, type ArchName } from "../abi/architecture.js";
import { syscallNames, syscallNumber } from "../abi/syscalls.js";
import type { Instruction } from "../bpf/instruction.js";
import { AND_K, JA, JEQ_K, JGE_K, JGT_K, JSET_K, LD_W_ABS, RET_K } from "../bpf/opcode.js";
import { isAtLeast, type KernelVersion } from "../target.js";
import { SECCOMP_RET_ALLOW } from "./action.js";
import { ARCH_OFFSET, NR_OFFSET } from "./record.js";
import { alwaysAllowed } from "./special.js";

/** The kernel that first has the bitmap. */
export const BITMAP_SINCE: KernelVersion = { major: 5, minor: 11 };

/** Numbers from here on are of another kind (arm's private calls), outside of the kernel's table. */
const BEYOND_TABLES = 0x10000;

/** Architectures whose kernels also take calls of a smaller one (linux arch/…/include/asm/seccomp.h). */
const COMPAT: Readonly<Partial<Record<ArchName, { name: ArchName; audit: number }>>> = {
  x86_64: { name: "x86", audit: ARCHITECTURES.x86.audit },
  aarch64: { name: "arm", audit: ARCHITECTURES.arm.audit },
  s390x: { name: "s390", audit: ARCHITECTURES.s390.audit },
  parisc64: { name: "parisc", audit: ARCHITECTURES.parisc.audit },
  ppc64: { name: "ppc", audit: ARCHITECTURES.ppc.audit },
  // The token of a little-endian ppc, which no table of libseccomp's has.
  ppc64le: { name: "ppc", audit: 0x40000014 },
};

const NATIVE_ONLY: readonly ArchName[] = [
  "x86",
  "arm",
  "riscv64",
  "loongarch64",
  "sh",
  "sheb",
  "ppc",
  "parisc",
];

/** Which calls a kernel answers with ALLOW before it runs any filter. */
export interface AllowBitmap {
  /** Calls of the native architecture that are in the bitmap, of all that it has. */
  readonly cached: number;
  readonly total: number;
  /** Whether a call is in the bitmap; both as unsigned numbers. */
  has(nr: number, arch: number): boolean;
}

/**
 * What the kernel keeps about a stack of filters when they are loaded (linux kernel/seccomp.c
 * `seccomp_cache_prepare_bitmap`): for each number of its tables, native and compat, whether every
 * filter provably returns ALLOW by number and architecture alone. Tables end at the last call that is
 * known here; a real kernel's may end before. Kernels before 5.11 and some architectures have none.
 */
export function constantAllow(
  filters: readonly (readonly Instruction[])[],
  arch: ArchName,
  kernel: KernelVersion,
): AllowBitmap {
  const native = arch === "x32" ? "x86_64" : arch;
  const known = numbersOf(native);
  const compat = COMPAT[native];
  const tables = [
    { name: native, audit: ARCHITECTURES[native].audit },
    ...(compat ? [compat] : []),
  ];
  const exists = isAtLeast(kernel, BITMAP_SINCE) && (compat || NATIVE_ONLY.includes(native));
  const bits = new Map<number, Uint8Array>();
  for (const { name, audit } of exists && filters.length > 0 ? tables : []) {
    const end = Math.max(...numbersOf(name)) + 1;
    const allows = (nr: number): boolean =>
      alwaysAllowed({ nr, arch: audit }, kernel) !== undefined ||
      filters.every((filter) => isConstantAllow(filter, nr, audit));
    bits.set(
      audit,
      Uint8Array.from({ length: end }, (_, nr) => (allows(nr) ? 1 : 0)),
    );
  }
  const has = (nr: number, audit: number): boolean => bits.get(audit)?.[nr] === 1;
  const cached = known.filter((nr) => has(nr, ARCHITECTURES[native].audit)).length;
  return { cached, total: known.length, has };
}

function numbersOf(arch: ArchName): readonly number[] {
  const numbers = syscallNames().flatMap((name) => syscallNumber(arch, name) ?? []);
  return [...new Set(numbers)].filter((nr) => nr < BEYOND_TABLES);
}

/**
 * The kernel's own small emulator (linux kernel/seccomp.c `seccomp_is_const_allow`): what it does not
 * know, or what depends on more than number and architecture, is not constant. For accepted programs.
 */
function isConstantAllow(program: readonly Instruction[], nr: number, arch: number): boolean {
  let a = 0;
  for (let pc = 0; pc < program.length; pc++) {
    const { code, jt, jf, k } = program[pc] as Instruction;
    switch (code) {
      case LD_W_ABS:
        if (k !== NR_OFFSET && k !== ARCH_OFFSET) return false;
        a = k === NR_OFFSET ? nr : arch;
        break;
      case RET_K:
        return k === SECCOMP_RET_ALLOW;
      case JA:
        pc += k;
        break;
      case JEQ_K:
        pc += a === k ? jt : jf;
        break;
      case JGT_K:
        pc += a > k ? jt : jf;
        break;
      case JGE_K:
        pc += a >= k ? jt : jf;
        break;
      case JSET_K:
        pc += (a & k) !== 0 ? jt : jf;
        break;
      case AND_K:
        a = (a & k) >>> 0;
        break;
      default:
        return false;
    }
  }
  return false;
}

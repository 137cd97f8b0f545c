import { ARCHITECTURES, type ArchName } from "../abi/architecture.js";
import { errnoNumber } from "../abi/errno.js";
import type { Instruction } from "../bpf/instruction.js";
import { JA, JEQ_K, JGT_K, JSET_K, LD_W_ABS, RET_K } from "../bpf/opcode.js";
import { resolverOf } from "../compiler/index.js";
import type { Policy } from "../profile/policy.js";
import {
  SECCOMP_RET_ALLOW,
  SECCOMP_RET_ERRNO,
  SECCOMP_RET_LOG,
  SECCOMP_RET_TRACE,
} from "../seccomp/action.js";
import { ARCH_OFFSET, NR_OFFSET } from "../seccomp/record.js";
import { isRuncAtLeast, syscallTable, type Target } from "../target.js";
import { cString, type RuntimeCalls } from "./calls.js";

const X32_BIT = ARCHITECTURES.x32.base;

/** What the stub returns: ENOSYS as the host's C library numbers it. */
function retEnosys({ arch }: Target): number {
  return SECCOMP_RET_ERRNO | (errnoNumber("ENOSYS", arch) ?? 0);
}

/** The highest number that a profile names on each architecture, for architectures with the same token. */
interface Section {
  readonly audit: number;
  readonly last: ReadonlyMap<ArchName, number>;
}

/** Where a section's instruction leads; resolved when the whole stub is known. */
type Label = "next" | "return" | "filter" | { readonly skip: number };

interface Draft {
  readonly code: number;
  readonly k: number;
  readonly jt?: Label;
  readonly jf?: Label;
}

const PASSING = [SECCOMP_RET_ALLOW, SECCOMP_RET_LOG, SECCOMP_RET_TRACE];

/** Defaults that let new calls pass anyway, and the one that runc compares with by mistake. */
function skipsStub(policy: Policy, defaultAction: number, enosys: number): boolean {
  const kind = (defaultAction & 0x7fff0000) >>> 0;
  return PASSING.includes(kind) || policy.defaultErrnoRet === BigInt(enosys);
}

/** Every name of the profile counts, whatever its entry does with it. */
function sections(policy: Policy, archs: Iterable<ArchName>, table: string): Section[] {
  const names = policy.entries.flatMap((entry) => entry.names.map(({ value }) => cString(value)));
  const byToken = new Map<number, Map<ArchName, number>>();
  for (const arch of archs) {
    const { resolve } = resolverOf(table, arch);
    let last = 0;
    for (const name of names) last = Math.max(last, resolve(name));
    const { audit } = ARCHITECTURES[arch];
    const group = byToken.get(audit) ?? new Map<ArchName, number>();
    if (last > 0) group.set(arch, last);
    byToken.set(audit, group);
  }
  return [...byToken].map(([audit, last]) => ({ audit, last }));
}

function body({ last }: Section, testsZero: boolean, enosys: number): Draft[] {
  const load: Draft = { code: LD_W_ABS, k: NR_OFFSET };
  const above = (k: number): Draft[] => [
    { code: JGT_K, k, jt: "return", jf: "next" },
    { code: JA, k: 0, jt: "filter" },
  ];
  if (last.size === 0) return [];
  const x86_64 = last.get("x86_64");
  const x32 = last.get("x32");
  if (x86_64 !== undefined && x32 !== undefined) {
    return [
      load,
      { code: JSET_K, k: X32_BIT, jt: { skip: 1 }, jf: "next" },
      { code: JGT_K, k: x86_64, jt: "return", jf: { skip: 1 } },
      ...above(x32),
    ];
  }
  if (x86_64 !== undefined) {
    return [load, { code: JSET_K, k: X32_BIT, jt: { skip: 1 }, jf: "next" }, ...above(x86_64)];
  }
  if (x32 !== undefined) {
    return [load, { code: JSET_K, k: X32_BIT, jt: "next", jf: { skip: 1 } }, ...above(x32)];
  }
  const [[arch, highest]] = [...last] as [[ArchName, number]];
  // 0 stands for "not a system call" on s390; runc tests for it since 1.1.3.
  if (testsZero && (arch === "s390" || arch === "s390x")) {
    return [
      load,
      { code: JEQ_K, k: 0, jt: "next", jf: { skip: 1 } },
      { code: RET_K, k: enosys },
      ...above(highest),
    ];
  }
  return [load, ...above(highest)];
}

/**
 * The instructions that runc puts in front of the filter, so that calls newer than the profile get
 * ENOSYS instead of the default action (runc libcontainer/seccomp/patchbpf/enosys_linux.go). runc
 * orders the architectures at random; here they come as in the profile, the native one first.
 */
export function enosysStub(
  policy: Policy,
  { defaultAction, archs }: Pick<RuntimeCalls, "defaultAction" | "archs">,
  target: Target,
): Instruction[] {
  const enosys = retEnosys(target);
  if (skipsStub(policy, defaultAction, enosys)) return [];
  // The native architecture counts without being listed since 1.1.15.
  const native = isRuncAtLeast(target, 1, 1, 15) ? [target.arch] : [];
  const groups = sections(policy, new Set([...native, ...archs]), syscallTable(target));
  const testsZero = isRuncAtLeast(target, 1, 1, 3);
  const bodies = groups.map((group) => body(group, testsZero, enosys));
  // ld arch; a test for each architecture; ja past the end. Short enough for 8-bit jumps.
  const stub: Instruction[] = [{ code: LD_W_ABS, jt: 0, jf: 0, k: ARCH_OFFSET }];
  const firstBody = groups.length + 2;
  const filterAt = firstBody + bodies.flat().length + 2;
  const returnAt = filterAt - 1;
  let bodyAt = firstBody;
  groups.forEach(({ audit }, i) => {
    const { length } = bodies[i] as Draft[];
    const to = length === 0 ? filterAt : bodyAt;
    stub.push({ code: JEQ_K, jt: to - stub.length - 1, jf: 0, k: audit });
    bodyAt += length;
  });
  stub.push({ code: JA, jt: 0, jf: 0, k: filterAt - stub.length - 1 });
  for (const draft of bodies.flat()) {
    const at = stub.length;
    const distance = (label: Label | undefined): number => {
      if (label === undefined || label === "next") return 0;
      if (label === "return") return returnAt - at - 1;
      if (label === "filter") return filterAt - at - 1;
      return label.skip;
    };
    const { code, k } = draft;
    if (code === JA) stub.push({ code, jt: 0, jf: 0, k: distance(draft.jt) });
    else stub.push({ code, jt: distance(draft.jt), jf: distance(draft.jf), k });
  }
  stub.push({ code: JA, jt: 0, jf: 0, k: 1 });
  stub.push({ code: RET_K, jt: 0, jf: 0, k: enosys });
  return stub;
}

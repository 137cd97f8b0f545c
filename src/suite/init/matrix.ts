import type { ArchName } from "../../abi/architecture.js";
import { createSimulator, type Simulator } from "../../analysis/simulator.js";
import type { Source } from "../../analysis/source.js";
import { SeccompSimError } from "../../errors.js";
import { type GatePart, gatePartsOf } from "../../profile/gates.js";
import type { Profile } from "../../profile/profile.js";
import { parseTarget, type TargetOptions } from "../../profile/target-options.js";
import type { KernelVersion } from "../../target.js";

/** What the targets of a first suite differ in, and the values that open and shut every gate. */
export type Axes = Readonly<Partial<Record<"arch" | "caps" | "kernel", readonly string[]>>>;

export interface InitTarget {
  readonly values: Readonly<Partial<Record<keyof Axes, string>>>;
  readonly simulator: Simulator;
}

export interface InitMatrix {
  /** Options that all targets share. */
  readonly fixed: TargetOptions;
  readonly axes: Axes;
  readonly targets: readonly InitTarget[];
}

/** Where a gate asks for an architecture, the first of these that opens or shuts it. */
const ARCHS: readonly ArchName[] =
  "x86_64 aarch64 s390x ppc64le riscv64 arm x86 s390 mips64 mipsel64 mips64n32 mipsel64n32 ppc64 ppc loongarch64 mipsel mips".split(
    " ",
  ) as ArchName[];

/** The targets on which each gate of a profile is open once and shut once, where that can be. */
export function initMatrix(source: Source, profile: Profile, options: TargetOptions): InitMatrix {
  const parts = profile.syscalls.flatMap((entry) => gatePartsOf(entry, profile));
  const base = parseTarget(options);
  const works = (more: TargetOptions): boolean => {
    try {
      createSimulator(source, parseTarget({ ...options, ...more })).close();
      return true;
    } catch (error) {
      if (error instanceof SeccompSimError) return false;
      throw error;
    }
  };
  const of = (key: GatePart["key"]): GatePart[] => parts.filter((part) => part.key === key);
  const archs = new Set<ArchName>([base.arch]);
  for (const part of of("arches")) {
    for (const wanted of [true, false]) {
      const fits = (arch: ArchName): boolean => part.isOpen({ ...base, arch }) === wanted;
      if ([...archs].some(fits)) continue;
      const found = ARCHS.find((arch) => fits(arch) && works({ arch }));
      if (found !== undefined) archs.add(found);
    }
  }
  const text = ({ major, minor }: KernelVersion): string => `${major}.${minor}`;
  const kernels = new Set([text(base.kernel)]);
  for (const part of of("minKernel")) {
    for (const wanted of [true, false]) {
      const fits = (kernel: string): boolean =>
        part.isOpen(parseTarget({ ...options, kernel })) === wanted;
      if ([...kernels].some(fits)) continue;
      const found = [part.text, before(part.text)].find(
        (one) => fits(one) && works({ kernel: one }),
      );
      if (found !== undefined) kernels.add(found);
    }
  }
  const caps = of("caps").length > 0 ? ["none", "all"].filter((one) => works({ caps: one })) : [];
  const axes: Axes = {
    ...(archs.size > 1 ? { arch: [...archs] } : {}),
    ...(caps.length > 1 ? { caps } : {}),
    ...(kernels.size > 1 ? { kernel: [...kernels] } : {}),
  };
  const fixed = Object.fromEntries(
    Object.entries(options).filter(
      ([key]) => !(key in axes) && !(key === "cap" && axes.caps !== undefined),
    ),
  );
  const targets = combinations(axes).map((values): InitTarget => {
    const simulator = createSimulator(source, parseTarget({ ...fixed, ...values }));
    return { values, simulator };
  });
  return { fixed, axes, targets };
}

/** The last release before a version. */
function before(version: string): string {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return minor > 0 ? `${major}.${minor - 1}` : `${Math.max(major - 1, 0)}.20`;
}

function combinations(axes: Axes): InitTarget["values"][] {
  return (Object.entries(axes) as [keyof Axes, readonly string[]][]).reduce<InitTarget["values"][]>(
    (made, [key, values]) =>
      made.flatMap((one) => values.map((value) => ({ ...one, [key]: value }))),
    [{}],
  );
}

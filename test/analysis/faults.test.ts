import { describe, expect, test } from "vitest";
import { parseCall } from "../../src/abi/call.js";
import { createSimulator } from "../../src/analysis/simulator.js";
import { loadProfile, presetSource } from "../../src/analysis/source.js";
import { SeccompSimError } from "../../src/errors.js";
import type { TargetOptions } from "../../src/profile/target-options.js";
import { formatVerdict } from "../../src/seccomp/verdict.js";

type Arg = readonly [index: number, op: string, value: number, valueTwo?: number];
type Rule = readonly [name: string, action: string, args?: readonly Arg[], errnoRet?: number];

function profile(defaultAction: string, rules: readonly Rule[], architectures: string[] = []) {
  const syscalls = rules.map(([name, action, args = [], errnoRet]) => ({
    names: [name],
    action: `SCMP_ACT_${action}`,
    errnoRet,
    args: args.map(([index, op, value, valueTwo]) => ({
      index,
      op: `SCMP_CMP_${op}`,
      value,
      valueTwo,
    })),
  }));
  return loadProfile(
    JSON.stringify({ defaultAction: `SCMP_ACT_${defaultAction}`, architectures, syscalls }),
    { file: "p.json" },
  );
}

function faults(source: ReturnType<typeof profile>, options: TargetOptions): string[] {
  const simulator = createSimulator(source, options);
  simulator.close();
  const found = simulator.warnings.filter(({ code }) => code === "libseccomp-fault");
  for (const { place } of found) expect(place).toMatchObject({ file: "p.json", line: 1 });
  return found.map(({ message }) => message);
}

const ACCUMULATOR = profile("ERRNO", [
  ["kill", "ALLOW", [[0, "LT", 0x200000000]]],
  ["kill", "ALLOW", [[0, "GE", 1]]],
]);
const MISSING_LOAD = profile("ALLOW", [
  ["mkdir", "ERRNO"],
  ["personality", "ERRNO", [[0, "EQ", 5]]],
]);
/** Two LT with the same upper half: the false side's action is written to the wrong place before 2.6.1. */
const FALSE_SIDE = profile("TRAP", [
  ["kill", "ERRNO", [[0, "LT", 0x100000009]]],
  ["kill", "ALLOW", [[0, "LT", 0x100000005]]],
]);

describe("a fault of libseccomp is in the program, and is told with a call that shows it", () => {
  test.for<[string, ReturnType<typeof profile>, TargetOptions, RegExp]>([
    [
      "a load that is left out",
      ACCUMULATOR,
      { libseccomp: "2.6.1" },
      /^libseccomp 2\.6\.1 denies what your profile allows: kill\(.*\) gets ERRNO\(EPERM\) instead of ALLOW$/,
    ],
    [
      "the number is never loaded",
      MISSING_LOAD,
      { arch: "aarch64", libseccomp: "2.5.4" },
      /^libseccomp 2\.5\.4 allows what your profile denies: personality\(.*\) gets ALLOW instead of ERRNO\(EPERM\)$/,
    ],
    [
      "an action written to the wrong side",
      FALSE_SIDE,
      { libseccomp: "2.6.0" },
      /^libseccomp 2\.6\.0 denies what your profile allows: kill\(.*\) gets ERRNO\(EPERM\) instead of ALLOW$/,
    ],
  ])("%s", ([, source, options, message]) => {
    const [told, ...more] = faults(source, options);
    expect(told).toMatch(message);
    expect(more).toEqual([]);
    // The call that is told really gets that verdict, and the plain reading gives it the other one.
    const [, text = "", is, should] = /: (.*) gets (\S+) instead of (\S+)$/.exec(told ?? "") ?? [];
    for (const [runtime, expected] of [
      ["runc", is],
      ["ideal", should],
    ] as const) {
      const simulator = createSimulator(source, { ...options, runtime });
      const { verdict } = simulator.evaluate(parseCall(text, simulator.target.arch));
      expect(formatVerdict(verdict)).toBe(expected);
      simulator.close();
    }
  });

  test.for<[string, ReturnType<typeof profile>, TargetOptions]>([
    ["2.6.1 has the false side right", FALSE_SIDE, { libseccomp: "2.6.1" }],
    ["the tree always loads the number", MISSING_LOAD, { arch: "aarch64", optimize: 2 }],
    ["x86_64 alone loads it for x32", MISSING_LOAD, { arch: "x86_64" }],
    [
      "one rule a call is never hit",
      profile("ERRNO", [
        [
          "kill",
          "ALLOW",
          [
            [0, "LT", 0x200000000],
            [1, "GE", 1],
          ],
        ],
      ]),
      {},
    ],
    [
      "rules that contradict each other are no fault: the tree decides",
      profile("ERRNO", [
        ["kill", "ALLOW", [[0, "EQ", 5]]],
        ["kill", "TRAP", [[1, "EQ", 5]]],
      ]),
      {},
    ],
  ])("%s", ([, source, options]) => {
    expect(faults(source, options)).toEqual([]);
  });

  test("a rule set that hangs the library is an error", () => {
    const source = profile("ERRNO", [
      [
        "kill",
        "ALLOW",
        [
          [0, "NE", 5],
          [1, "GT", 1],
        ],
      ],
      [
        "kill",
        "ALLOW",
        [
          [0, "NE", 5],
          [1, "EQ", 1],
        ],
      ],
    ]);
    expect(() => createSimulator(source)).toThrow(
      expect.objectContaining({ name: "SeccompSimError", code: "libseccomp-hang" }),
    );
    expect(SeccompSimError.name).toBe("SeccompSimError");
  });
});

describe("profiles with very many conditions on one call", () => {
  const many = (count: number, rule: (i: number) => Rule): readonly Rule[] =>
    Array.from({ length: count }, (_, i) => rule(i));
  const codesOf = (source: ReturnType<typeof profile>, options: TargetOptions): string[] => {
    const simulator = createSimulator(source, options);
    simulator.close();
    return simulator.warnings.map(({ code }) => code);
  };

  test.for<[string, readonly Rule[], TargetOptions, string[]]>([
    ["values", many(300, (i) => ["ioctl", "ALLOW", [[1, "EQ", 0x5400 + i]]]), {}, []],
    [
      "pairs",
      many(300, (i) => [
        "ioctl",
        "ALLOW",
        [
          [0, "EQ", i % 17],
          [1, "EQ", i],
        ],
      ]),
      {},
      [],
    ],
    ["orders", many(300, (i) => ["ioctl", "ALLOW", [[i % 6, "GT", i * 1000003]]]), {}, []],
    ["errnos", many(300, (i) => ["ioctl", "ERRNO", [[1, "EQ", i]], i + 2]), {}, []],
    // As deep as a program can be.
    ["values on arm", many(3500, (i) => ["ioctl", "ALLOW", [[1, "EQ", i]]]), { arch: "arm" }, []],
    // Each mask cuts across the others: what could not be looked at is told.
    [
      "masks",
      many(300, (i) => ["ioctl", "ALLOW", [[1, "MASKED_EQ", 0xff00 + i, i]]]),
      {},
      ["not-compared"],
    ],
  ])("%s", ([, rules, options, codes]) => {
    expect(codesOf(profile("ERRNO", rules), options)).toEqual(codes);
  });
});

test.for(["docker-default", "docker-1.10", "podman-default", "containerd-default"])(
  "%s is not hit on any host",
  (preset) => {
    // Docker 1.10's lists x86_64, which a host of the other byte order refuses.
    const big = preset === "docker-1.10" ? [] : ["s390x", "mips64"];
    for (const arch of ["x86_64", "aarch64", "ppc64le", "riscv64", "arm", ...big]) {
      for (const libseccomp of ["2.5.4", "2.6.1"]) {
        const simulator = createSimulator(presetSource(preset), { arch, libseccomp, caps: "all" });
        simulator.close();
        expect(simulator.warnings.filter(({ code }) => code === "libseccomp-fault")).toEqual([]);
      }
    }
  },
);

import { describe, expect, test } from "vitest";
import { parseCall } from "../../src/abi/call.js";
import type { Because } from "../../src/analysis/because.js";
import { createSimulator } from "../../src/analysis/simulator.js";
import { loadProfile, presetSource, type Source } from "../../src/analysis/source.js";
import { encodeFilter } from "../../src/bpf/encode.js";
import { parseTarget } from "../../src/profile/target-options.js";
import { encodeRecord } from "../../src/seccomp/record.js";
import { formatVerdict } from "../../src/seccomp/verdict.js";
import { parseExpectation } from "../../src/suite/expectation.js";

const X86_64 = parseTarget({});

function profile(lines: string[], name = "p.json"): Source {
  return loadProfile(lines.join("\n"), { file: name });
}

function ask(source: Source, call: string, target = X86_64, stack: Source[] = []) {
  const simulator = createSimulator(source, target, stack);
  try {
    const { verdict, because } = simulator.evaluate(parseCall(call, target.arch));
    return [formatVerdict(verdict), because] as const;
  } finally {
    simulator.close();
  }
}

/** One line an entry, so that lines tell the entries apart. */
const MIXED = profile([
  '{ "defaultAction": "SCMP_ACT_KILL_THREAD", "architectures": ["SCMP_ARCH_X86_64"], "syscalls": [',
  '{ "names": ["getpid", "read"], "action": "SCMP_ACT_ALLOW" },',
  '{ "names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": 2 },',
  '{ "names": ["socket"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 0, "value": 2, "op": "SCMP_CMP_EQ" }] },',
  '{ "names": ["socket"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 0, "value": 40, "op": "SCMP_CMP_GT" }] },',
  '{ "names": ["socket"], "action": "SCMP_ACT_TRAP", "args": [{ "index": 0, "value": 7, "op": "SCMP_CMP_EQ" }, { "index": 1, "value": 1, "op": "SCMP_CMP_EQ" }] },',
  '{ "names": ["clone"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 0, "value": 2114060288, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ" }] }',
  "] }",
]);

describe("because: what decided", () => {
  test.for<[string, string, Partial<Because>]>([
    ["getpid", "ALLOW", { kind: "entry", line: 2, entry: 0 }],
    ["read(0, NULL, 0)", "ALLOW", { kind: "entry", line: 2, entry: 0 }],
    ['mkdir("a", 0755)', "ERRNO(ENOENT)", { kind: "entry", line: 3, entry: 1 }],
    ["socket(AF_INET, SOCK_STREAM, 0)", "ALLOW", { kind: "entry", line: 4, entry: 2 }],
    ["socket(41, SOCK_STREAM, 0)", "ALLOW", { kind: "entry", line: 5, entry: 3 }],
    ["socket(7, SOCK_STREAM, 0)", "TRAP", { kind: "entry", line: 6, entry: 4 }],
    ["socket(7, SOCK_DGRAM, 0)", "KILL_THREAD", { kind: "default", line: 1 }],
    ["socket(AF_UNIX, SOCK_STREAM, 0)", "KILL_THREAD", { kind: "default", line: 1 }],
    ["clone(SIGCHLD)", "ALLOW", { kind: "entry", line: 7, entry: 5 }],
    ["clone(CLONE_NEWUSER)", "KILL_THREAD", { kind: "default", line: 1 }],
    ["dup(1)", "KILL_THREAD", { kind: "default", line: 1 }],
    ["#5000()", "ERRNO(ENOSYS)", { kind: "stub" }],
    ["#0x40000001()", "KILL_THREAD", { kind: "badArch" }],
    ["#-1()", "KILL_THREAD", { kind: "default" }],
  ])("%s: %s", ([call, verdict, because]) => {
    const [actual, why] = ask(MIXED, call);
    expect(actual).toBe(verdict);
    expect(why).toMatchObject({ file: "p.json", ...because });
  });

  test.for<[arch: string, enosys: number]>([
    ["x86_64", 38],
    ["s390x", 38],
    ["ppc", 38],
    ["mips", 89],
    ["mipsel", 89],
    ["mips64", 89],
    ["mips64n32", 89],
    ["mipsel64", 89],
    ["parisc", 251],
    ["parisc64", 251],
  ])("the presets' ENOSYS is that of a %s host", ([arch, enosys]) => {
    const target = parseTarget({ arch });
    const calls = [
      ["docker-default", "clone3"],
      ["containerd-default", "clone3"],
      ["podman-default", "io_uring_setup"],
    ] as const;
    for (const [name, call] of calls) {
      const simulator = createSimulator(presetSource(name), target);
      const { verdict } = simulator.evaluate(parseCall(call, target.arch));
      expect(verdict).toMatchObject({ action: "ERRNO", data: enosys });
      expect(formatVerdict(verdict)).toBe("ERRNO(ENOSYS)");
      simulator.close();
    }
  });

  test("a foreign architecture, although the default action is the same word", () => {
    const simulator = createSimulator(MIXED, X86_64);
    const { record } = parseCall("getpid", "aarch64");
    expect(simulator.evaluate({ record })).toMatchObject({ ret: 0, because: { kind: "badArch" } });
    simulator.close();
  });

  test.for(["2.5.4", "2.6.1"])(
    "Docker's default with libseccomp %s, tree and list",
    (libseccomp) => {
      for (const optimize of ["1", "2"]) {
        const target = parseTarget({ libseccomp, optimize });
        const docker = presetSource("docker-default");
        expect(ask(docker, "getpid", target)).toMatchObject(["ALLOW", { kind: "entry", entry: 0 }]);
        const [verdict, why] = ask(docker, "clone3", target);
        expect(verdict).toBe("ERRNO(ENOSYS)");
        expect(why.kind).toBe("entry");
        expect(ask(docker, "mount", target)).toMatchObject(["ERRNO(EPERM)", { kind: "default" }]);
      }
    },
  );
});

describe("filters without a profile, and stacks", () => {
  const raw = (ret: number, name: string) =>
    loadProfile(encodeFilter([{ code: 6, jt: 0, jf: 0, k: ret }], "little"), { file: name });

  test("a raw filter names the instruction", () => {
    expect(ask(raw(0x00050007, "f.bpf"), "getpid")).toEqual([
      "ERRNO(E2BIG)",
      { kind: "filter", file: "f.bpf", pc: 0 },
    ]);
  });

  test("the strictest filter decides, among equals the newest", () => {
    const [verdict, why] = ask(raw(0x00050005, "old"), "getpid", X86_64, [
      raw(0x7fff0000, "middle"),
      raw(0x00050007, "new"),
    ]);
    expect([verdict, why]).toEqual(["ERRNO(E2BIG)", { kind: "filter", file: "new", pc: 0 }]);
  });

  test("a stacked profile is explained by its entry", () => {
    const [, why] = ask(presetSource("unconfined"), "mkdir", X86_64, [MIXED]);
    expect(why).toMatchObject({ kind: "entry", entry: 1 });
  });

  test("strict mode cannot be stacked", () => {
    const strict = presetSource("strict");
    expect(() => createSimulator(strict, X86_64, [MIXED])).toThrow("strict mode");
    expect(() => createSimulator(MIXED, X86_64, [strict])).toThrow("strict mode");
  });

  test("a filter of the other byte order is refused", () => {
    const big = loadProfile(encodeFilter([{ code: 6, jt: 0, jf: 0, k: 0 }], "big"), {
      file: "s390.bpf",
    });
    expect(() => createSimulator(big, X86_64)).toThrow("big-endian");
  });
});

test("a batch gives the same verdicts as single questions, in every mode", () => {
  const calls = ["getpid", "mount", "read(0, NULL, 0)", "#335()", "#-1()", "exit(0)"];
  const target = parseTarget({ kernel: "6.14" });
  const sources = ["docker-default", "unconfined", "strict"].map((name) => presetSource(name));
  const parsed = calls.map((call) => parseCall(call, "x86_64"));
  const records = new Uint8Array(parsed.length * 64);
  parsed.forEach(({ record }, i) => {
    encodeRecord(record, "little", records, i * 64);
  });
  for (const source of [...sources, MIXED]) {
    const simulator = createSimulator(source, target);
    const out = new Uint32Array(calls.length);
    simulator.evaluateBatch(records, out);
    const single = parsed.map((call) => formatVerdict(simulator.evaluate(call).verdict));
    const batch = [...out].map((ret) => formatVerdict(simulator.verdictOf(ret)));
    expect(batch).toEqual(single);
    expect(parseExpectation("allow").matches(simulator.verdictOf(out[3] ?? 0))).toBe(true);
    simulator.close();
  }
});

test.for([
  ["docker-default", "runc"],
  ["docker-default", "ideal"],
  ["strict", "runc"],
  ["unconfined", "runc"],
] as const)("batches of %s by %s are whole records with room for each word", ([name, runtime]) => {
  const simulator = createSimulator(presetSource(name), { runtime });
  const batch = (bytes: number, room: number) => () =>
    simulator.evaluateBatch(new Uint8Array(bytes), new Uint32Array(room));
  expect(batch(127, 2)).toThrow(expect.objectContaining({ code: "truncated-record" }));
  expect(batch(128, 1)).toThrow("2 records need 2 results, there is room for 1");
  expect(batch(128, 2)).not.toThrow();
  simulator.close();
});

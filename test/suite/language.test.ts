import { describe, expect, test } from "vitest";
import type { ArchName } from "../../src/abi/architecture.js";
import { parsePattern } from "../../src/abi/call-pattern.js";
import { setMembers, setNames } from "../../src/abi/syscall-sets.js";
import { readSuite } from "../../src/suite/reader.js";
import type { CaseResult } from "../../src/suite/results.js";
import type { SuiteResult } from "../../src/suite/runner.js";
import { complaint, runText } from "./run.js";

/** `1..3,5` for each register, without those that are 0 at the end. */
function shown(text: string, arch: ArchName = "x86_64", native: ArchName = arch): string {
  const { numbers, args } = parsePattern(text, arch, native);
  const range = ({ low, high }: { low: number | bigint; high: number | bigint }): string =>
    low === high ? `${low}` : `${low}..${high}`;
  const sets = args.map((set) => set.map(range).join(","));
  while (sets.at(-1) === "0") sets.pop();
  return `${numbers.map(range).join(",")}(${sets.join(" ")})`;
}

const U32 = 0xffffffffn;
const U64 = 0xffffffffffffffffn;

describe("patterns of calls", () => {
  test.for<[string, string, ArchName?, ArchName?]>([
    ["mount", "165()"],
    ["39", "39()"],
    ["#39", "39()"],
    ["-1", "4294967295()"],
    ["0..350", "0..350()"],
    ["0x10..0x20(1, 2)", "16..32(1 2)"],
    ["@swap", "167..168()"],
    ["@swap(*)", `167..168(0..${U64})`],
    ["read(3, *)", `0(3 0..${U64})`],
    ["read(3, ...)", `0(3 0..${U64} 0..${U64} 0..${U64} 0..${U64} 0..${U64})`],
    ["read(1..3 || 7 || 4)", "0(1..4,7)"],
    ["read(-1 || 0)", `0(0,${U64})`],
    ["read(-5..-1)", `0(${U64 - 4n}..${U64})`],
    ["read(!1)", `0(0,2..${U64})`],
    ["read(!0)", `0(1..${U64})`],
    ["read(!1..3 || 2)", `0(0,2,4..${U64})`],
    ["read(!NULL)", `0(1..${U64})`],
    ["socket(AF_INET|AF_INET6, SOCK_STREAM|SOCK_DGRAM|SOCK_CLOEXEC)", "41(2,10 524289..524290)"],
    ["socket(AF_INET || AF_UNIX)", "41(1..2)"],
    ["socket(!AF_UNIX|AF_INET)", `41(0,3..${U64})`],
    ["openat(AT_FDCWD, *, O_RDONLY|O_CLOEXEC)", `257(${U64 - 99n} 0..${U64} 524288)`],
    ['openat(AT_FDCWD, "a", O_RDONLY..O_RDWR)', `257(${U64 - 99n} 268435456 0..2)`],
    ["clone(CLONE_NEWUSER|SIGCHLD || CLONE_NEWNS)", "56(131072,268435473)"],
    ["prctl(option=PR_SET_NAME|PR_GET_NAME)", "157(15..16)"],
    // What 32-bit calls can show depends on the kernel.
    ["read(*)", `3(0..${U32})`, "x86"],
    ["read(*)", `3(0..${U64})`, "x86", "x86_64"],
    ["read(!-1)", `3(0..${U32 - 1n})`, "x86", "x86_64"],
    ["read(*)", `3(0..${U32})`, "arm", "aarch64"],
    ["read(*)", `${0x40000000}(0..${U64})`, "x32", "x86_64"],
    // Two registers.
    ["ftruncate64(3, *)", `194(3 0..${U32} 0..${U32})`, "x86"],
    ["ftruncate64(3, 0x100000001..0x100000005)", "194(3 1..5 1)", "x86"],
  ])("%s is %s", ([text, meaning, arch, native]) => {
    expect(shown(text, arch, native)).toBe(meaning);
  });

  test.for<[string, RegExp, ArchName?]>([
    ["read(3..1)", /ends at 1 before it begins at 3/],
    ["read(-1..1)", /ends at 1 before .* \| .*write -1 \|\| 0..5/],
    ["read(!*)", /expected a value/],
    ["read(!0..0xffffffffffffffff)", /no value is left/],
    ["read(..., 1)", /\.\.\. stands for all arguments that are left/],
    ["read(1|)", /expected a value/],
    ["read(1 ||)", /expected a value/],
    ["read(AF_INET|AF_UNIX..3)", /AF_INET does not belong/],
    ["socket(AF_INET|AF_UNIX..3)", /from one value to another/],
    ["5..2", /numbers end at 2 before they begin at 5/],
    ["0..0x1ffffffff", /has 32 bits/],
    ["@file-sistem", /unknown set "@file-sistem" \| did you mean @file-system\?/],
    ["@", /expected the name of a set/],
    ["@nothing-like-it-at-all", /one of @all, @default/],
    ["@swap(PROT_READ)", /PROT_READ does not belong/],
    ["!mount(1)", /taken away by name or number, without arguments/],
    ["!moutn", /did you mean mount/],
    ["mount(*, *, *, *, *, *)", /takes 5 arguments/],
    ["ftruncate64(3, 1..0x100000005)", /two registers/, "x86"],
  ])("%s is refused", ([text, message, arch = "x86_64"]) => {
    expect(complaint(() => parsePattern(text, arch))).toMatch(message);
  });

  test("sets hold each other's members, known calls only", () => {
    expect(setNames()).toContain("@docker-denied");
    expect(setMembers("@system-service")).toContain("openat");
    expect(setMembers("@all")?.length).toBeGreaterThan(450);
    for (const set of setNames()) expect(setMembers(set)?.length).toBeGreaterThan(0);
  });
});

const statuses = (result: SuiteResult): string[] =>
  result.runs.flatMap(({ label, cases }) =>
    cases.map(({ case: { title }, status }) => `${label}${label && ": "}${title} ${status}`),
  );
const first = (result: SuiteResult): CaseResult => result.runs[0]?.cases[0] as CaseResult;

describe("suites", () => {
  test("a matrix runs every case on every target, but for only and except", () => {
    const result = runText(`
profile: docker-default
target: { arch: [x86_64, arm64], cap: [[], [SYS_ADMIN]] }
cases:
  - { name: a, call: mount, expect: deny, only: { cap: none } }
  - { name: b, call: open, expect: allow, except: { arch: aarch64 } }
  - { name: c, call: read, expect: allow, only: { arch: [amd64, arm64], cap: CAP_SYS_ADMIN }, except: { arch: arm64 } }
`);
    expect(statuses(result)).toEqual([
      "arch=x86_64 cap=none: a passed",
      "arch=x86_64 cap=none: b passed",
      "arch=x86_64 cap=SYS_ADMIN: b passed",
      "arch=x86_64 cap=SYS_ADMIN: c passed",
      "arch=aarch64 cap=none: a passed",
    ]);
    expect(result.passed).toBe(true);
  });

  test("calls are taken away from the list, whatever their order", () => {
    const [calls] = readSuite(
      'profile: strict\ncases: [{ calls: ["!2..4", 0..6, "#7(1)", "!read"], expect: kill }]\n',
      "s.yaml",
    ).cases.map((one) => one.callsFor(readSuiteTarget()));
    expect(calls?.map(({ numbers }) => numbers)).toEqual([
      [
        { low: 1, high: 1 },
        { low: 5, high: 6 },
      ],
      [{ low: 7, high: 7 }],
    ]);
  });

  test("calls of other architectures, and the errno that is meant there", () => {
    const text = (arch: string, of: string) => `
profile: { defaultAction: SCMP_ACT_ERRNO, defaultErrnoRet: ${arch === "mips64" ? 89 : 38}, syscalls: [] }
target: { arch: ${arch}, runtime: libseccomp }
cases: [{ call: "getpid", arch: ${of}, expect: [errno(ENOSYS), kill] }]
`;
    for (const [arch, of] of [
      ["x86_64", "x32"],
      ["x86_64", "i386"],
      ["aarch64", "arm"],
      ["s390x", "s390"],
      ["mips64", "mips64n32"],
      ["mips64", "mips64"],
    ] as const) {
      const one = first(runText(text(arch, of)));
      expect(one.status).toBe("passed");
    }
  });

  test("a stack answers with its most severe filter; an inline profile has places in the suite", () => {
    const result = runText(`
stack:
  - docker-default
  - defaultAction: SCMP_ACT_ALLOW
    syscalls:
      - names: [getpid, getppid]
        action: SCMP_ACT_TRAP
cases:
  - { call: getpid, expect: trap }
  - { call: mount, expect: errno }
  - { call: getppid(...), expect: allow }
`);
    const [a, b, c] = result.runs[0]?.cases ?? [];
    expect([a?.status, b?.status, c?.status]).toEqual(["passed", "passed", "failed"]);
    expect(c?.results[0]?.answer.because).toMatchObject({
      kind: "entry",
      file: "s.yaml",
      line: 6,
      column: 9,
    });
  });

  test("mistakes of an inline profile have places in the suite", () => {
    const text = `profile:
  defaultAction: SCMP_ACT_ALOW
cases: [{ call: getpid, expect: allow }]
`;
    expect(complaint(() => runText(text))).toMatch(/^s.yaml:2:18 /);
  });

  test("each fills in rows; they stand where the row stands", () => {
    const result = runText(`
profile: docker-default
cases:
  - name: socket of \${family}
    each:
      - { family: AF_INET, verdict: allow }
      - { family: AF_VSOCK, verdict: allow }
      - { family: 38, verdict: errno(EPERM) }
    call: socket(\${family}, ...)
    expect: \${ verdict }
`);
    expect(statuses(result)).toEqual([
      "socket of AF_INET passed",
      "socket of AF_VSOCK failed",
      "socket of 38 passed",
    ]);
    expect(result.runs[0]?.cases[1]).toMatchObject({
      case: { place: { line: 7, column: 9 } },
      results: [{ pattern: { place: { line: 7, column: 9 } } }],
    });
  });

  test("anchors and merge keys share parts", () => {
    const result = runText(`
profile: docker-default
cases:
  - &denied { call: mount, expect: errno(EPERM) }
  - <<: *denied
    call: umount2
  - { <<: [{ todo: t }, *denied], name: m }
`);
    expect(statuses(result)).toEqual(["mount passed", "umount2 passed", "m passed"]);
    expect(result.runs[0]?.cases[2]?.case.todo).toBe("t");
  });

  test("skip is not run, todo may fail", () => {
    const result = runText(`
profile: docker-default
cases:
  - { call: mount, expect: allow, skip: no mounts }
  - { call: mount, expect: allow, todo: true }
  - { call: mount, expect: deny, todo: later, skip: false }
`);
    expect(statuses(result)).toEqual(["mount skipped", "mount todo", "mount passed"]);
    expect(result.passed).toBe(true);
    expect(result.runs[0]?.cases.map(({ case: { skip, todo } }) => [skip, todo])).toEqual([
      ["no mounts", undefined],
      [undefined, ""],
      [undefined, "later"],
    ]);
  });

  test("what is to be recorded fails until it is, and tells the verdicts", () => {
    const one = first(
      runText('profile: docker-default\ncases: [{ calls: ["read", "mount"], record: true }]\n'),
    );
    expect(one.status).toBe("failed");
    expect(one.results.map(({ verdicts }) => verdicts.map(({ action }) => action))).toEqual([
      ["ALLOW"],
      ["ERRNO"],
    ]);
    expect(one.results[0]?.problem).toMatch(/no verdict is recorded yet/);
  });

  test("failed calls are counted, ten of them shown, each of another number", () => {
    const one = first(
      runText('profile: docker-default\ncases: [{ call: "@docker-denied(0..2)", expect: deny }]\n'),
    );
    expect(one.failedCalls).toBeGreaterThan(10);
    const numbers = one.results[0]?.failures.map(({ call }) => call.record.nr) ?? [];
    expect(new Set(numbers).size).toBe(10);
    expect(one.results[0]?.call.record.nr).toBe(numbers[0]);
  });

  test.for([
    ["0644", "0o644"],
    ["0089", '"0089"'],
  ])("the number %s warns", ([number = "", hint = ""]) => {
    const { warnings } = readSuite(
      `profile: strict\ncases:\n  - { each: [{ m: ${number} }], name: "a \${m}", call: chmod, expect: kill }\n`,
      "s.yaml",
    );
    expect(warnings).toMatchObject([
      { code: "leading-zero", place: { line: 3, column: 19 }, hint: expect.stringContaining(hint) },
    ]);
  });
});

function readSuiteTarget() {
  const [target] = readSuite(
    "profile: strict\ncases: [{ call: read, expect: allow }]\n",
    "",
  ).targets;
  if (target === undefined) throw new Error("no target");
  return target;
}

const CASES = "cases: [{ call: getpid, expect: allow }]\n";
const inCase = (text: string, target = "") => `profile: strict\n${target}cases:\n  - ${text}\n`;
const ARCHS = "target: { arch: [x86_64, arm64] }\n";

describe("every mistake has a place, and says what was expected", () => {
  test.for<[string, RegExp]>([
    [`stack: [strict]\nprofile: strict\n${CASES}`, /^s.yaml:1:1 .*either "profile" or "stack"/],
    [CASES, /^s.yaml:1:1 "profile" is missing \| .*stack/],
    [`stack: []\n${CASES}`, /^s.yaml:1:8 "stack" is empty \| expected a list of profiles/],
    [`profile: []\n${CASES}`, /^s.yaml:1:10 "profile" is empty|must be a file, a preset/],
    [`profile: 5\n${CASES}`, /^s.yaml:1:10 "profile" must be a file, a preset, .* not 5/],
    [`profile: strict\ntarget: { arch: [] }\n${CASES}`, /^s.yaml:2:17 "target.arch" is empty/],
    [
      `profile: strict\ntarget: { arch: [x86_64, arm46] }\n${CASES}`,
      /^s.yaml:2:26 target.arch\[1\]: unknown arch "arm46" \| did you mean arm64/,
    ],
    [
      `profile: strict\ntarget: { arch: [x86_64, amd64] }\n${CASES}`,
      /^s.yaml:2:26 "target.arch" has x86_64 twice/,
    ],
    [
      `profile: strict\ntarget: { caps: [none, som] }\n${CASES}`,
      /^s.yaml:2:24 "target.caps\[1\]" must be none, docker or all, not "som"/,
    ],
    [`profile: strict\ntarget: { cap: [[SYS_ADMIM]] }\n${CASES}`, /^s.yaml:2:17 .*SYS_ADMIN/],
    [
      `profile: strict\ntarget: { kernel: [${Array.from({ length: 501 }, (_, i) => `"5.${i}"`).join(", ")}] }\n${CASES}`,
      /make 501 targets, and a suite has at most 500/,
    ],
    [
      inCase("{ call: read, expect: allow, only: { kernel: 5.1 } }"),
      /^s.yaml:3:42 the target has no "kernel" to choose from \| give it a list/,
    ],
    [
      inCase("{ call: read, expect: allow, only: { arc: x86 } }", ARCHS),
      /^s.yaml:4:42 unknown key "arc" \| did you mean arch/,
    ],
    [
      inCase("{ call: read, expect: allow, only: { arch: x86 } }", ARCHS),
      /^s.yaml:4:48 no target of the suite has arch "x86" \| .*x86_64/,
    ],
    [
      inCase("{ call: read, expect: allow, only: {} }", ARCHS),
      /^s.yaml:4:40 "cases\[0\].only" is empty/,
    ],
    [
      inCase("{ call: read, expect: allow, except: { arch: [x86_64, arm64] } }", ARCHS),
      /^s.yaml:4:34 cases\[0\].except: the case belongs to no target/,
    ],
    [
      inCase("{ call: open, expect: allow }", ARCHS),
      /^s.yaml:4:13 cases\[0\].call: aarch64 has no system call open \| .*only: or except:/,
    ],
    [
      inCase('{ calls: ["@cpu-emulation"], expect: allow }', ARCHS),
      /^s.yaml:4:5 cases\[0\].calls: no call of this case is left on aarch64 \| .*only/,
    ],
    [
      inCase('{ calls: ["!mount"], expect: allow }'),
      /^s.yaml:3:5 cases\[0\].calls: there is nothing to take these calls away from \| .*@all/,
    ],
    [inCase('{ call: "@swap", calls: [a], expect: allow }'), /not both/],
    [inCase("{ calls: [!mount, read], expect: allow }"), /^s.yaml:3:15 .*\| .*quote it/],
    [inCase("{ calls: [@swap], expect: allow }"), /^s.yaml:3:15 .*\| .*quote it/],
    [inCase("{ call: *, expect: allow }"), /^s.yaml:3:13 .*\| .*quote it/],
    [inCase("{ call: #435(), expect: allow }"), /^s.yaml:4:1 .*\| # begins a comment/],
    [inCase("{ call: read, expect: allow }\n  - name: a: b"), /^s.yaml:4:11 .*must be quoted/],
    [
      inCase("{ call: socket(${" + "x}), each: [{ x: 1 }], expect: allow }"),
      /^s.yaml:3:21 .*\| .*quote a text/,
    ],
    [
      inCase("{ calls: [read(0, 1)], expect: allow }"),
      /the call has no closing \) \| inside \[ \] a comma divides/,
    ],
    [
      inCase("{ call: read, arch: arm, expect: allow }"),
      /^s.yaml:3:25 cases\[0\].arch: a kernel for x86_64 takes no calls of arm \| it takes calls of x86_64, x86, x32/,
    ],
    [
      inCase("{ call: read, arch: x86_46, expect: allow }"),
      /^s.yaml:3:25 cases\[0\].arch: unknown arch "x86_46" \| did you mean x86_64/,
    ],
    [
      inCase("{ call: read, expect: { nor: allow } }"),
      /^s.yaml:3:29 unknown key "nor" \| did you mean not/,
    ],
    [
      inCase("{ call: read, expect: { not: alow } }"),
      /^s.yaml:3:27 cases\[0\].expect: "alow" is no expectation \| did you mean allow/,
    ],
    [inCase("{ call: read, expect: [not allwo] }"), /"allwo" is no expectation/],
    [inCase("{ call: read, expect: EPERM }"), /"EPERM" is no .* \| did you mean errno\(EPERM\)/],
    [
      inCase("{ call: read, expect: 5 }"),
      /^s.yaml:3:27 .*must be a word, a list of words, or \{ not/,
    ],
    [
      inCase("{ call: read, expect: allow, skip: 5 }"),
      /^s.yaml:3:40 "cases\[0\].skip" must be true or a reason, not 5/,
    ],
    [inCase("{ call: read, expect: allow, record: 5 }"), /must be true or false, not 5/],
    [inCase("{ call: read, record: false }"), /"cases\[0\].expect" is missing/],
    [
      inCase(`{ call: read, record: true, each: [{ a: allow }], expect: "\${a}" }`),
      /^s.yaml:3:19 record writes one verdict for all rows, not a column/,
    ],
    [
      inCase(`{ call: "\${x}", each: [{ y: read }], expect: allow }`),
      /^s.yaml:3:13 \$\{x\} is no column of each \| (did you mean|its columns are) y/,
    ],
    [
      inCase(`{ call: "\${x}", expect: allow }`),
      /^s.yaml:3:13 .* \| the case has no each: whose rows would fill it in/,
    ],
    [
      inCase(`{ call: "read(\${x})", expect: allow }`),
      /^s.yaml:3:13 .* \| the case has no each: whose rows would fill it in/,
    ],
    [
      inCase("{ call: read, each: [{ y: read }], expect: allow }"),
      /^s.yaml:3:28 the column "y" is not used/,
    ],
    [
      inCase(`{ call: "\${x}", each: [{ x: read }, { z: 1 }], expect: allow }`),
      /^s.yaml:3:28 this row has no "z"/,
    ],
    [
      inCase(`{ call: "\${x}", each: [{ x: [read] }], expect: allow }`),
      /"cases\[0\].each\[0\].x" must be text, a number/,
    ],
    [
      inCase(`{ call: "\${x}", each: [{ x: read }, { x: raed }], expect: allow }`),
      /^s.yaml:3:41 .*raed.*did you mean read/,
    ],
    [
      inCase(
        `{ call: "\${x}", each: [${"{ x: read },".repeat(2100)}], expect: kill }`,
        `target: { kernel: [${Array.from({ length: 500 }, (_, i) => `"5.${i}"`)}] }\n`,
      ),
      /^s.yaml:4:5 up to here there are more than 1000000 combinations of cases and targets/,
    ],
    [
      inCase(
        `{ calls: [${`"\${x}", `.repeat(600)}], each: [${"{ x: read },".repeat(600)}], expect: kill }`,
      ),
      /^s.yaml:3:5 up to here there are more than 300000 combinations of calls/,
    ],
    [inCase("{ <<: 5, call: read, expect: allow }"), /^s.yaml:3:7 << merges a map/],
    [
      inCase("{ call: read, call: write, expect: allow }"),
      /^s.yaml:3:19 the key "call" is given twice/,
    ],
  ])("%#: $1", ([text, message]) => {
    expect(complaint(() => readSuite(text, "s.yaml"))).toMatch(message);
  });
});

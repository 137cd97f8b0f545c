import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ArchName } from "../../src/abi/architecture.js";
import { ARCHITECTURES } from "../../src/abi/architecture.js";
import { POINTER, parseCall } from "../../src/abi/call.js";
import { formatCall } from "../../src/abi/format-call.js";
import { ARCH_NAMES } from "../../src/abi/names.js";
import { syscallSignature } from "../../src/abi/signature.js";
import { syscallNames, syscallNumber } from "../../src/abi/syscalls.js";
import { SeccompSimError } from "../../src/errors.js";

const P = POINTER;
const AT_FDCWD = 0xffffffffffffff9cn;

type Row = readonly [text: string, nr: number, args: readonly bigint[]];

describe("calls on x86_64", () => {
  test.for<Row>([
    ['openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC)', 257, [AT_FDCWD, P, 0x80000n]],
    ["clone(CLONE_NEWUSER|SIGCHLD)", 56, [0x10000011n]],
    ["clone(child_stack=NULL, flags=CLONE_VM|SIGCHLD, tls=7)", 56, [0x111n, 0n, 0n, 0n, 7n]],
    ["socket(AF_ALG, SOCK_SEQPACKET, 0)", 41, [38n, 5n]],
    [
      "socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK, IPPROTO_TCP)",
      41,
      [2n, 0x80801n, 6n],
    ],
    ['mkdir("a", 0755)', 83, [P, 493n]],
    ['mkdir("a", 0o755)', 83, [P, 493n]],
    ["#435(0x10, 88)", 435, [16n, 88n]],
    [
      "syscall_0x2bc(0x1, 0xfffffffe, 0x3, 0, 0xffffffff, 0)",
      700,
      [1n, 0xfffffffen, 3n, 0n, 0xffffffffn],
    ],
    ["getpid", 39, []],
    ["  getpid ( ) ", 39, []],
    ["#-1", -1, []],
    ["#0xffffffff", -1, []],
    ["kill(-1, SIGKILL)", 62, [0xffffffffffffffffn, 9n]],
    ["lseek(1, -9223372036854775808, SEEK_END)", 8, [1n, 1n << 63n, 2n]],
    ["lseek(1, 18446744073709551615)", 8, [1n, (1n << 64n) - 1n]],
    ["personality(~ADDR_NO_RANDOMIZE)", 135, [0xfffffffffffbffffn]],
    ["personality(0xffffffff)", 135, [0xffffffffn]],
    ["umask(~022)", 95, [0xffffffffffffffedn]],
    [
      "mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)",
      9,
      [0n, 4096n, 3n, 0x22n, (1n << 64n) - 1n],
    ],
    ['prctl(PR_SET_NAME, "x")', 157, [15n, P]],
    ["prctl(PR_CAPBSET_DROP, CAP_SYS_ADMIN)", 157, [24n, 21n]],
    ['prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, {len=3, filter=[{"}"}]})', 157, [22n, 2n, P]],
    ['ioctl(0, TIOCSTI, "x")', 16, [0n, 0x5412n, P]],
    ["ioctl(0, TIOCGWINSZ, {ws_row=1})", 16, [0n, 0x5413n, P]],
    ["ioctl(0, FIONREAD, [0])", 16, [0n, 0x541bn, P]],
    ["fcntl(3, F_SETFL, O_APPEND)", 72, [3n, 4n, 0x400n]],
    ['mount("a", "b", NULL, MS_BIND|MS_REC, NULL)', 165, [P, P, 0n, 0x5000n]],
    ["seccomp(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, NULL)", 317, [1n, 1n]],
    ['mknod("a", S_IFCHR|0666, 0x501)', 133, [P, 0o20666n, 0x501n]],
    ["ptrace(PTRACE_ATTACH, 12)", 101, [16n, 12n]],
    ["rt_sigprocmask(SIG_BLOCK, ~[RTMIN RT_1], NULL, 8)", 14, [0n, P, 0n, 8n]],
    ['write(1, "a\\"b)"..., 5 /* five */)', 1, [1n, P, 5n]],
    [
      "reboot(LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_RESTART)",
      169,
      [0xfee1deadn, 0x28121969n, 0x1234567n],
    ],
    ["keyctl(KEYCTL_JOIN_SESSION_KEYRING)", 250, [1n]],
    ["bpf(BPF_PROG_LOAD, {prog_type=1}, 128)", 321, [5n, P, 128n]],
    ["create_module(1, 2)", 174, [1n, 2n]],
  ])("%s", ([text, nr, args]) => {
    const call = parseCall(text, "x86_64");
    expect(call.text).toBe(text);
    expect(call.record).toEqual({
      nr,
      arch: 0xc000003e,
      ip: 0n,
      args: [...args, ...Array<bigint>(6 - args.length).fill(0n)],
    });
  });

  test("the name of a numbered call is found, x32's too", () => {
    expect(parseCall("#39", "x86_64").name).toBe("getpid");
    expect(parseCall("#0x40000027", "x86_64").name).toBe("getpid");
    expect(parseCall("#9999", "x86_64").name).toBeUndefined();
  });
});

describe("the architecture's own values", () => {
  test.for<[ArchName, string, number, readonly bigint[]]>([
    ["x86", "socket(AF_INET, SOCK_STREAM)", 359, [2n, 1n]],
    ["x32", "getpid", 0x40000027, []],
    ["arm", 'open("a", O_DIRECTORY|O_NOFOLLOW|O_DIRECT|O_LARGEFILE)', 5, [P, 0x3c000n]],
    ["aarch64", 'openat(AT_FDCWD, "a", O_DIRECTORY)', 56, [AT_FDCWD, P, 0x4000n]],
    ["riscv64", 'openat(AT_FDCWD, "a", O_DIRECTORY)', 56, [AT_FDCWD, P, 0x10000n]],
    ["ppc64le", 'openat(AT_FDCWD, "a", O_DIRECT)', 286, [AT_FDCWD, P, 0x20000n]],
    ["mips", "socket(AF_INET, SOCK_STREAM|SOCK_NONBLOCK)", 4183, [2n, 0x82n]],
    ["mipsel64", "socket(AF_INET, SOCK_DGRAM)", 5040, [2n, 1n]],
    ["parisc", "socket(AF_INET, SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC)", 17, [2n, 0x40200001n]],
    ["mips", 'open("a", O_CREAT|O_EXCL|O_NONBLOCK)', 4005, [P, 0x580n]],
    ["mips", "mmap2(NULL, 1, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS)", 4210, [0n, 1n, 1n, 0x802n]],
    ["parisc", "mmap2(NULL, 1, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS)", 89, [0n, 1n, 1n, 0x12n]],
    ["mips", "ioctl(0, TIOCSTI)", 4054, [0n, 0x5472n]],
    ["ppc64", "ioctl(0, TIOCGWINSZ)", 54, [0n, 0x40087468n]],
    ["mips", "kill(1, SIGUSR1)", 4037, [1n, 16n]],
    ["s390x", "clone(NULL, CLONE_NEWUSER)", 120, [0n, 0x10000000n]],
    ["s390x", "clone(flags=CLONE_NEWUSER)", 120, [0n, 0x10000000n]],
    ["aarch64", "clone(CLONE_VM, 0, 0, 5, 6)", 220, [0x100n, 0n, 0n, 5n, 6n]],
    ["aarch64", "clone(child_tidptr=6, tls=5)", 220, [0n, 0n, 0n, 5n, 6n]],
    ["x86", 'pread64(3, "", 10, 0x100000002)', 180, [3n, P, 10n, 2n, 1n]],
    ["arm", 'pread64(3, "", 10, 0x100000002)', 180, [3n, P, 10n, 0n, 2n, 1n]],
    ["arm", 'truncate64("a", 0x100000002)', 193, [P, 0n, 2n, 1n]],
    ["x32", 'pread64(3, "", 10, 0x100000002)', 0x40000011, [3n, P, 10n, 0x100000002n]],
    ["s390", 'pread64(3, "", 10, 0)', 180, [3n, P, 10n]],
    ["x86", "mmap({addr=NULL})", 90, [P]],
    [
      "arm",
      "openat(AT_FDCWD, 0, -1, 0xffffffffffffffff)",
      322,
      [0xffffff9cn, 0n, 0xffffffffn, (1n << 64n) - 1n],
    ],
    ["ppc", "umask(~022)", 60, [0xffffffedn]],
    ["x86", 'pread64(3, "", 10, -2)', 180, [3n, P, 10n, 0xfffffffen, 0xffffffffn]],
    ["x32", "openat(AT_FDCWD)", 0x40000101, [AT_FDCWD]],
  ])("%s: %s", ([arch, text, nr, args]) => {
    expect(parseCall(text, arch).record).toEqual({
      nr,
      arch: ARCHITECTURES[arch].audit,
      ip: 0n,
      args: [...args, ...Array<bigint>(6 - args.length).fill(0n)],
    });
  });
});

describe("mistakes", () => {
  test.for<[string, ArchName, string, number, string | undefined]>([
    ["moutn(1)", "x86_64", "unknown-syscall", 1, "did you mean mount?"],
    ["open(1)", "aarch64", "syscall-not-on-arch", 1, "aarch64 has openat"],
    ["openat(AT_FDCWD, 0, O_CLOEXCE)", "x86_64", "unknown-constant", 21, "did you mean O_CLOEXEC?"],
    ["openat(AT_FDCWD, 0, CLONE_VM)", "x86_64", "misplaced-constant", 21, undefined],
    ["getpid(O_RDONLY)", "x86_64", "too-many-arguments", 8, "getpid()"],
    ["kill(1, 2, 3)", "x86_64", "too-many-arguments", 12, "kill(pid, sig)"],
    ["#435(1,2,3,4,5,6,7)", "x86_64", "too-many-arguments", 18, undefined],
    [
      "clone(CLONE_VM)",
      "s390x",
      "misplaced-constant",
      7,
      "on s390x it belongs to argument 2 (clone_flags) of clone",
    ],
    ["arch_prctl(ARCH_SET_FSS)", "x86_64", "unknown-constant", 12, "did you mean ARCH_SET_FS?"],
    ["mmap(0, 1, 0, MAP_32BIT)", "aarch64", "constant-not-on-arch", 15, undefined],
    ["kill(18446744073709551616)", "x86_64", "call-number-range", 6, undefined],
    ["kill(-9223372036854775809)", "x86_64", "call-number-range", 6, undefined],
    ["#4294967296", "x86_64", "call-number-range", 1, undefined],
    ["umask(089)", "x86_64", "call-number-syntax", 7, "a leading 0 means octal, as in C"],
    ["umask(12ab)", "x86_64", "call-number-syntax", 7, undefined],
    ["umask(0x)", "x86_64", "call-number-syntax", 7, undefined],
    ['umask("a")', "x86_64", "not-a-pointer", 7, undefined],
    ['mkdir("a)', "x86_64", "call-syntax", 7, undefined],
    ['mkdir("a"', "x86_64", "call-syntax", 10, undefined],
    ["mkdir({[}])", "x86_64", "call-syntax", 9, undefined],
    ['mkdir("a"|1)', "x86_64", "call-syntax", 11, undefined],
    ["mkdir(,)", "x86_64", "call-syntax", 7, undefined],
    ["mkdir(1 2)", "x86_64", "call-syntax", 9, undefined],
    ["getpid() x", "x86_64", "call-syntax", 10, undefined],
    ["getpid() = 5", "x86_64", "call-syntax", 10, undefined],
    ["", "x86_64", "call-syntax", 1, undefined],
    ["()", "x86_64", "call-syntax", 1, undefined],
    ["mknod(0, 0, makedev(1, 3))", "x86_64", "call-syntax", 13, undefined],
    ["clone(flgs=1)", "x86_64", "unknown-argument", 7, undefined],
    ["clone(1, flags=1)", "x86_64", "argument-twice", 10, undefined],
    [
      "pread64(3, 0, 10, 5)",
      "mips",
      "wide-argument",
      19,
      "give the registers themselves: #4200(…)",
    ],
  ])("%s on %s: %s at %i", ([text, arch, code, column, hint]) => {
    let error: unknown;
    try {
      parseCall(text, arch);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(SeccompSimError);
    const mistake = error as SeccompSimError;
    expect([mistake.code, mistake.place?.column]).toEqual([code, column]);
    if (hint !== undefined) expect(mistake.hint).toBe(hint);
  });

  test.for([
    ["many arguments", `read(${"1,".repeat(500_000)}1)`],
    ["deep nesting", `read(${"[".repeat(500_000)}`],
    ["a long number", `read(${"9".repeat(1_000_000)})`],
    ["a long name", "x".repeat(1_000_000)],
    ["a long text", `open("${"a".repeat(1_000_000)}`],
    ["blanks", `read(${" ".repeat(500_000)}=`],
    ["brackets", `read(${"{".repeat(1000)}${"]".repeat(1000)})`],
  ] as const)("hostile: %s ends in an error", ([, text]) => {
    // Quadratic work would run into the test's time limit.
    expect(() => parseCall(text, "x86_64")).toThrow(SeccompSimError);
  });

  test("any text is read or refused with a SeccompSimError", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "open",
        "#",
        "(",
        ")",
        ",",
        "|",
        "~",
        "-",
        "0",
        "0x",
        '"',
        "{",
        "]",
        "=",
        "O_RDONLY",
        " ",
        "/*",
      ),
      fc.string({ maxLength: 4 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        try {
          parseCall(pieces.join(""), "x86_64");
        } catch (error) {
          expect(error).toBeInstanceOf(SeccompSimError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("writing calls", () => {
  test.for<[string, ArchName, string]>([
    ["socket(AF_LOCAL, 1, 0)", "x86_64", "socket(AF_UNIX, SOCK_STREAM, 0)"],
    ["socket(AF_ROUTE, 3, 4)", "x86_64", "socket(AF_NETLINK, SOCK_RAW, 4)"],
    ["openat(0, 0, O_RDWR|O_NDELAY)", "x86_64", "openat(0, 0, O_NONBLOCK|O_RDWR, 0)"],
    ["openat(-100, 0, 0x80000)", "x86_64", "openat(AT_FDCWD, 0, O_RDONLY|O_CLOEXEC, 0)"],
    ["openat(-100)", "arm", "openat(AT_FDCWD, 0, O_RDONLY, 0)"],
    ["socket(AF_INET, 0x80001)", "x86_64", "socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, 0)"],
    ["mkdir(4096, 493)", "x86_64", "mkdir(0x1000, 0755)"],
    ["clone(0x10000011)", "x86_64", "clone(CLONE_NEWUSER|SIGCHLD, 0, 0, 0, 0)"],
    ["mount(0, 0, 0, 0xffffffff80000000)", "x86_64", "mount(0, 0, 0, MS_NOUSER, 0)"],
    ["mount(0, 0, 0, 0x80000000)", "arm", "mount(0, 0, 0, MS_NOUSER, 0)"],
    // No kernel shows the upper half there; it is not lost all the same.
    [
      "mount(0, 0, 0, 0xffffffff80000000)",
      "arm",
      "mount(0, 0, 0, MS_NOUSER|0xffffffff00000000, 0)",
    ],
    ["#39(0, 7)", "x86_64", "#39(0, 7)"],
    ["#39", "x86_64", "getpid()"],
    ["#9999(1)", "x86_64", "#9999(1)"],
  ])("%s on %s is %s", ([text, arch, wanted]) => {
    expect(formatCall(parseCall(text, arch).record, arch)).toBe(wanted);
  });

  test("reading what was written gives the record back, on every architecture", () => {
    const interesting = fc.oneof(
      fc.bigInt(0n, (1n << 64n) - 1n),
      fc.bigInt(0n, 0xffffffffn),
      fc.bigInt(0n, 64n),
      fc.constant(0n),
      fc.constant(AT_FDCWD),
    );
    const nrOf = (arch: ArchName) =>
      fc.oneof(
        fc.constantFrom(
          ...syscallNames().flatMap((name) => {
            const nr = syscallNumber(arch, name);
            return nr === undefined ? [] : [nr];
          }),
        ),
        fc.integer(),
      );
    const record = fc.constantFrom(...ARCH_NAMES).chain((arch) =>
      fc.record({
        arch: fc.constant(arch),
        nr: nrOf(arch),
        args: fc.array(interesting, { minLength: 6, maxLength: 6 }),
        count: fc.integer({ min: 0, max: 6 }),
      }),
    );
    fc.assert(
      fc.property(record, ({ arch, nr, args, count }) => {
        const data = {
          nr,
          arch: ARCHITECTURES[arch].audit,
          ip: 0n,
          args: args.map((value, index) => (index < count ? value : 0n)),
        };
        expect(parseCall(formatCall(data, arch), arch).record).toEqual(data);
      }),
      {
        numRuns: 3000,
        examples: [
          [{ arch: "arm", nr: 21, args: [0n, 0n, 0n, 0xffffffff80000000n, 0n, 0n], count: 4 }],
        ],
      },
    );
  });
});

test.for<[string, ArchName, string]>([
  ["clone", "x86_64", "clone_flags newsp parent_tidptr child_tidptr tls"],
  ["clone", "sh", "clone_flags newsp parent_tidptr child_tidptr tls"],
  ["clone", "loongarch64", "clone_flags newsp parent_tidptr child_tidptr tls"],
  ["clone", "aarch64", "clone_flags newsp parent_tidptr tls child_tidptr"],
  ["clone", "x86", "clone_flags newsp parent_tidptr tls child_tidptr"],
  ["clone", "s390x", "newsp clone_flags parent_tidptr child_tidptr tls"],
  ["kill", "mips", "pid sig"],
  ["getpid", "x86_64", ""],
])("the arguments of %s on %s: %s", ([name, arch, wanted]) => {
  expect(
    syscallSignature(name, arch)
      ?.map((arg) => arg.name)
      .join(" "),
  ).toBe(wanted);
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SeccompSimError } from "../../src/errors.js";
import { saysNothing } from "../../src/profile/resolve.js";
import { settleProfile, type WrittenFormat, writeProfile } from "../../src/profile/write/index.js";
import { formatJson, type Tree } from "../../src/profile/write/json-text.js";
import type { EngineName } from "../../src/target.js";
import { meaningOn, read, readBack, TARGETS } from "./write-meaning.js";

/** JSON whose bigints are plain integers; not with the writer under test. */
function jsonOf(value: unknown): string {
  const text = JSON.stringify(value, (_, one) =>
    typeof one === "bigint" ? `\ue000${one}\ue000` : one,
  );
  return text.replace(/"\ue000(\d+)\ue000"/g, "$1");
}

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const uint = fc.oneof(
  fc.constantFrom(0n, 1n, 4095n, 2n ** 53n + 1n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
);
const word = fc.oneof(fc.constantFrom("read", "on", "1", "a b", "", "é\n\u0000"), fc.string());
const words = fc.array(word, { maxLength: 4 });
const action = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom("ALLOW", "ERRNO", "TRACE", "LOG", "KILL_PROCESS") },
  { weight: 1, arbitrary: fc.constant("???") },
);
const errnoWord = fc.constantFrom("", "EPERM", "ENOSYS", "0", "13", "4294967295");
const archs = fc.subarray(["X86_64", "X86", "AARCH64", "ARM", "S390X", "RISCV64", "LOONGARCH64"]);
const scmpArchs = archs.map((list) => list.map((one) => `SCMP_ARCH_${one}`));

const gate = fc.record(
  {
    caps: fc.subarray(["CAP_CHOWN", "CAP_SYS_ADMIN", "CAP_BPF"]),
    arches: fc.subarray(["amd64", "arm64", "s390x", "loong64", "loongarch64", "mipsel64n32"]),
    minKernel: fc.constantFrom("", "4.8", "5.0", "255.255"),
  },
  { requiredKeys: [] },
);
const condition = fc.record({
  index: fc.oneof(fc.bigInt({ min: 0n, max: 5n }), uint),
  value: uint,
  valueTwo: maybe(uint),
  op: fc.constantFrom("SCMP_CMP_EQ", "SCMP_CMP_MASKED_EQ", "SCMP_CMP_GT", ""),
});
const entry = fc
  .record({
    names: words,
    legacy: fc.boolean(),
    action: action.map((one) => `SCMP_ACT_${one}`),
    errnoRet: maybe(uint),
    errno: maybe(errnoWord),
    comment: maybe(word),
    args: maybe(fc.array(condition, { maxLength: 7 })),
    includes: maybe(gate),
    excludes: maybe(gate),
  })
  .map(({ legacy, names, ...rest }) =>
    legacy && names[0] !== undefined ? { name: names[0], ...rest } : { names, ...rest },
  );
const profileText = fc
  .record({
    mapped: fc.boolean(),
    architectures: scmpArchs,
    archMap: fc.array(
      fc
        .tuple(scmpArchs, scmpArchs)
        .map(([[architecture], subArchitectures]) => ({ architecture, subArchitectures })),
      { maxLength: 4 },
    ),
    rest: fc.record({
      defaultAction: maybe(action.map((one) => `SCMP_ACT_${one}`)),
      defaultErrnoRet: maybe(uint),
      defaultErrno: maybe(errnoWord),
      flags: maybe(fc.subarray(["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_TSYNC"])),
      listenerPath: maybe(word),
      listenerMetadata: maybe(word),
      syscalls: fc.array(entry, { maxLength: 6 }),
    }),
  })
  .map(({ mapped, architectures, archMap, rest }) =>
    jsonOf({ ...rest, ...(mapped ? { archMap } : { architectures }) }),
  );

/** Profiles that the Kubernetes resource can say, more often than not. */
const plainText = fc
  .record({
    defaultAction: fc.constantFrom("SCMP_ACT_ERRNO", "SCMP_ACT_ALLOW"),
    architectures: scmpArchs,
    listenerMetadata: maybe(word),
    syscalls: fc.array(
      fc.record({
        names: fc.uniqueArray(word, { minLength: 1, maxLength: 4 }),
        action: fc.constantFrom("SCMP_ACT_ERRNO", "SCMP_ACT_ALLOW", "SCMP_ACT_NOTIFY"),
        errnoRet: maybe(fc.bigInt({ min: 1n, max: 4095n })),
        args: fc.array(
          fc.record({
            index: fc.bigInt({ min: 0n, max: 5n }),
            value: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
            valueTwo: fc.constantFrom(0n, 2n ** 53n + 1n, 2n ** 63n - 1n),
            op: fc.constantFrom("SCMP_CMP_EQ", "SCMP_CMP_MASKED_EQ"),
          }),
          { maxLength: 6 },
        ),
      }),
      { maxLength: 5 },
    ),
  })
  .map(jsonOf);

const engine = fc.constantFrom<EngineName>("docker", "podman", "containerd", "oci");
const target = fc.constantFrom(...TARGETS);

/** The text, or undefined for what the format cannot say. */
function written(...args: Parameters<typeof writeProfile>): string | undefined {
  try {
    return writeProfile(...args).text;
  } catch (error) {
    if (error instanceof SeccompSimError && error.code === "not-in-format") return undefined;
    throw error;
  }
}

describe("read(write(profile)) means the same", () => {
  test("gates and archMap kept, in Docker's format", () => {
    fc.assert(
      fc.property(profileText, engine, target, (text, engine, target) => {
        const profile = read(text, engine);
        const out = written(profile, "docker", target);
        if (out === undefined) {
          expect([engine, profile.flags]).toEqual(["oci", []]);
          return;
        }
        const back = readBack(out, "docker", engine);
        expect(meaningOn(back, target, "docker")).toEqual(meaningOn(profile, target, "docker"));
        if (saysNothing(back)) return;
        expect(back.listenerMetadata?.value ?? "").toBe(profile.listenerMetadata?.value ?? "");
        expect(back.listenerPath?.value ?? "").toBe(profile.listenerPath?.value ?? "");
      }),
      { numRuns: 200 },
    );
  });

  test.for<WrittenFormat>(["docker", "oci", "kubernetes"])("decided for a target: %s", (format) => {
    fc.assert(
      fc.property(profileText, engine, target, (text, engine, target) => {
        const profile = read(text, engine);
        const out = written(settleProfile(profile, target), format);
        if (out === undefined) {
          // OCI JSON can say all that is decided, and Docker's all but that there are no flags.
          const none = profile.flags?.length === 0 && engine === "oci";
          expect(none ? ["docker", "kubernetes"] : ["kubernetes"]).toContain(format);
          return;
        }
        const back = readBack(out, format, engine);
        expect(meaningOn(back, target, format)).toEqual(meaningOn(profile, target, format));
      }),
      { numRuns: 200 },
    );
  });

  test("a Kubernetes resource, and back again", () => {
    let said = 0;
    fc.assert(
      fc.property(plainText, target, (text, target) => {
        const profile = read(text);
        const yaml = written(profile, "kubernetes");
        if (yaml === undefined) {
          expect(text).toContain("LOONGARCH64");
          return;
        }
        said++;
        const resource = read(yaml);
        expect(meaningOn(resource, target, "kubernetes")).toEqual(
          meaningOn(profile, target, "kubernetes"),
        );
        expect(resource.listenerMetadata?.value ?? "").toBe(profile.listenerMetadata?.value ?? "");
        expect(writeProfile(resource, "kubernetes").text).toBe(yaml);
        expect(writeProfile(resource, "docker").text).toBe(writeProfile(profile, "docker").text);
      }),
      { numRuns: 150 },
    );
    expect(said).toBeGreaterThan(30);
  });
});

test("JSON is laid out as JSON.stringify does it", () => {
  const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
    tree: fc.oneof(
      { depthSize: "small" },
      fc.string({ unit: "binary" }),
      fc.bigInt({ min: 0n, max: 2n ** 53n }),
      fc.array(tie("tree"), { maxLength: 5 }),
      fc.dictionary(fc.string(), fc.option(tie("tree"), { nil: undefined }), {
        maxKeys: 5,
      }) as fc.Arbitrary<Tree>,
    ),
  }));
  fc.assert(
    fc.property(tree, (tree) => {
      const numbers = (_: string, one: unknown) => (typeof one === "bigint" ? Number(one) : one);
      expect(formatJson(tree)).toBe(JSON.stringify(tree, numbers, 2));
    }),
  );
});

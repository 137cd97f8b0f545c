import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { SeccompSimError } from "../../src/errors.js";
import { readSuite } from "../../src/suite/reader.js";
import { accepts, type Schema } from "./draft07.js";

const schema: Schema = JSON.parse(readFileSync("schema/suite.json", "utf8"));

function readerAccepts(data: unknown): boolean {
  try {
    readSuite(JSON.stringify(data), "suite.json");
    return true;
  } catch (error) {
    if (error instanceof SeccompSimError) return false;
    throw error;
  }
}

describe("schema/suite.json", () => {
  const examples = readdirSync("examples").filter((name) => name.endsWith(".seccomp.yaml"));
  test.for(examples)("accepts examples/%s, which names it in its first line", (name) => {
    const text = readFileSync(`examples/${name}`, "utf8");
    expect(text.split("\n")[0]).toBe("# yaml-language-server: $schema=../schema/suite.json");
    expect(accepts(schema, parse(text))).toBe(true);
  });

  test("accepts the same suites as the reader", () => {
    // Values are valid where the schema allows free text, so that only the shape decides.
    const odd = fc.constantFrom<unknown>(null, 1, true, "", [], {}, [1], ["getpid", null]);
    const mostly = (...good: unknown[]) =>
      fc.oneof({ weight: 40, arbitrary: fc.constantFrom(...good) }, { weight: 1, arbitrary: odd });
    const record = (
      required: Record<string, fc.Arbitrary<unknown>>,
      optional: Record<string, fc.Arbitrary<unknown>>,
    ) => {
      const stranger = { extra: fc.constant("x") };
      const all = { ...required, ...optional };
      return fc.oneof(
        { weight: 6, arbitrary: fc.record(all, { requiredKeys: Object.keys(required) }) },
        { weight: 1, arbitrary: fc.record(all, { requiredKeys: [] }) },
        { weight: 1, arbitrary: fc.record({ ...all, ...stranger }) },
      );
    };
    const target = record(
      {},
      {
        arch: mostly("x86_64", "aarch64"),
        caps: mostly("none", "docker", "all"),
        cap: mostly("SYS_ADMIN", ["SYS_ADMIN", "cap_chown"], []),
        kernel: fc.constantFrom<unknown>("6.1", 5.4, "5.10", null, true, [], ""),
        runtime: mostly("runc", "libseccomp"),
        libseccomp: mostly("2.6.1", "2.5.4"),
        optimize: mostly(1, 2),
      },
    );
    const expectWord = mostly("allow", "errno(EPERM)", ["errno", "kill"]);
    const name = { name: mostly("a case") };
    const call = { call: mostly("getpid") };
    const calls = { calls: mostly(["getpid", "read"], ["getpid"]) };
    const one = fc.oneof(
      { weight: 6, arbitrary: record({ expect: expectWord, ...call }, name) },
      { weight: 6, arbitrary: record({ expect: expectWord, ...calls }, name) },
      { weight: 1, arbitrary: record({ expect: expectWord }, { ...name, ...call, ...calls }) },
    );
    const suite = record(
      { profile: mostly("docker-default"), cases: fc.oneof(fc.array(one, { maxLength: 3 }), odd) },
      {
        target: fc.oneof({ weight: 8, arbitrary: target }, { weight: 1, arbitrary: odd }),
        $schema: mostly("../schema/suite.json"),
      },
    );
    let valid = 0;
    fc.assert(
      fc.property(suite, (data) => {
        const accepted = accepts(schema, data);
        if (accepted) valid++;
        expect(readerAccepts(data)).toBe(accepted);
      }),
      { numRuns: 1500 },
    );
    expect(valid).toBeGreaterThan(80);
  });
});

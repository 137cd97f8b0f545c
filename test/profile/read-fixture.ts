import { readdirSync, readFileSync } from "node:fs";

const PROFILES = new URL("../fixtures/profiles/", import.meta.url);

/** Reference profiles and profiles of public projects (ORIGINS.json says of which). */
export const profileFixtures: readonly string[] = readdirSync(PROFILES).filter(
  (name) => name !== "ORIGINS.json",
);

export function readFixture(name: string): string {
  return readFileSync(new URL(name, PROFILES), "utf8");
}

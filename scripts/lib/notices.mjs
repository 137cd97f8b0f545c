import { readdirSync, readFileSync } from "node:fs";

/** The packages that went into esbuild's results. */
function packagesOf(metafiles) {
  const inputs = metafiles.flatMap(({ outputs }) =>
    Object.values(outputs).flatMap((output) => Object.keys(output.inputs)),
  );
  const names = inputs.map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined))].sort();
}

/** Their licences, for files that copies of their code are in. Packages with the same one share its text. */
export function notices(...metafiles) {
  const byText = new Map();
  for (const name of packagesOf(metafiles)) {
    const folder = `node_modules/${name}`;
    const file = readdirSync(folder).find((one) => /^licen[cs]e(\.|$)/i.test(one));
    if (file === undefined) throw new Error(`the package ${name} has no licence`);
    const text = readFileSync(`${folder}/${file}`, "utf8").trim();
    byText.set(text, [...(byText.get(text) ?? []), name]);
  }
  const texts = [...byText].map(([text, names]) => `${names.join(", ")}:\n\n${text}\n`);
  return `Parts come from other packages.\n\n${texts.join("\n")}`;
}

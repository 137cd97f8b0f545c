// One cold start: `node cold.mjs MODULES LIBSECCOMP` prints the nanoseconds of `timeDocker` as JSON. The
// start of the process and loading the modules are not in it.
import { pathToFileURL } from "node:url";
import { timeDocker } from "./docker-default.mjs";

const [file, libseccomp] = process.argv.slice(2);
const modules = await import(pathToFileURL(file).href);
console.log(JSON.stringify(timeDocker(modules, libseccomp)));

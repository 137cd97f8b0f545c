export { importTestsCommand } from "./import-tests.js";
export { initCommand } from "./init.js";
export { serveTests } from "./serve-tests.js";
export { testCommand } from "./test.js";

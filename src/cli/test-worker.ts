// What `test --workers` runs on its threads.
import("./suite-commands.js").then(({ serveTests }) => serveTests());

/**
 * What runs in a worker. Bundled as a classic script, inlined into the library (`worker.gen.ts`) and
 * shipped beside it for pages that need a file (`worker.js`).
 */
import { serve } from "./serve.js";

serve();

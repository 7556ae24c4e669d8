import { servePlinth } from "../harness/serve-plinth.ts";

await servePlinth(new URL("./plinth-app.ts", import.meta.url), { HTTP_THREADS: process.env["VARIANT"] ?? "1" });

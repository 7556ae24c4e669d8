import { servePlinth } from "../harness/serve-plinth.ts";

const LOAD_SHEDDING = String((process.env["VARIANT"] ?? "shedding") === "shedding");

await servePlinth(new URL("./plinth-app.ts", import.meta.url), { HTTP_THREADS: "1", LOAD_SHEDDING });

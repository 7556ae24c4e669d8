import { servePlinth } from "../harness/serve-plinth.ts";

await servePlinth(new URL("./plinth-app.ts", import.meta.url));

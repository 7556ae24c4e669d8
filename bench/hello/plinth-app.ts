import { defineApp } from "../../src/app/mod.ts";
import { helloRoutes } from "./plinth-routes.ts";

export default defineApp({ name: "hello", routes: [helloRoutes] });

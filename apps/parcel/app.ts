import { defineApp } from "plinth/app";
import { ParcelConfig } from "./config.ts";
import { files } from "./files/routes.ts";
import { landing } from "./pages/landing.ts";
import { createServices } from "./services.ts";
import { developmentToken, tokenCommand } from "./tokens.ts";

/** Parcel, the reference server: a file-drop service. */
export default defineApp({
  name: "parcel",
  version: "0.1.0",
  config: ParcelConfig,
  services: createServices,
  routes: [landing, files],
  limits: ({ limits }) => limits,
  commands: [tokenCommand],
  ready: developmentToken,
});

import { type ConfigOf, defineConfig, setting } from "plinth/config";

/** Parcel's settings beside Plinth's own. */
export const ParcelConfig = defineConfig({
  uploads: {
    maxSize: setting.size({ default: "1gb", doc: "Largest file that may be uploaded." }),
  },
});

export type Config = ConfigOf<typeof ParcelConfig>;

import { type ConfigOf, defineConfig, setting } from "plinth/config";

/** Parcel's settings beside Plinth's own. */
export const ParcelConfig = defineConfig({
  redis: {
    prefix: setting.text({ default: "parcel:", doc: "What the names of all keys in Redis start with; ends with a colon." }),
  },
  uploads: {
    maxSize: setting.size({ default: "1gb", doc: "Largest file that may be uploaded." }),
  },
});

export type Config = ConfigOf<typeof ParcelConfig>;

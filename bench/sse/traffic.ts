import { head } from "../harness/fan-out.ts";

export const request: string = head("/events", { Accept: "text/event-stream" });

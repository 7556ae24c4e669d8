import assert from "node:assert/strict";
import { test } from "node:test";
import { group, route } from "#src/http/route";
import { HostRouter } from "#src/http/router/host-router";
import { createRouteTable } from "#src/http/router/route-table";
import { Router } from "#src/http/router/router";

test("an app that names no host has no look at hosts in its way", () => {
  const everywhere = route.get("/x", { auth: "public" }, () => 1);
  assert.ok(createRouteTable([[everywhere, {}]]) instanceof Router);
  const [somewhere] = group({ host: "a.example" }, [everywhere]);
  assert.ok(somewhere !== undefined && createRouteTable([[somewhere, {}]]) instanceof HostRouter);
});

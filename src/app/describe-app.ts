import type { LoadedConfig } from "../config/mod.ts";
import { type ApiChange, type CreatedDocument, type OpenApiDocument, compareApi, describeApi } from "../http/mod.ts";
import type { AnyApp } from "./contract.ts";
import { declaredRoutes } from "./describe-routes.ts";
import { apiOf } from "./document-routes.ts";

/**
 * The OpenAPI document of an app, the same that it serves at `/openapi.json`. Services are made, because routes are made of them, but
 * not started.
 */
export async function describeApp(definition: AnyApp, loaded: LoadedConfig): Promise<CreatedDocument> {
  return describeApi({ ...apiOf(definition), routes: await declaredRoutes(definition, loaded) });
}

/** What changed since an earlier document of an app, breaking changes first. */
export async function compareApp(definition: AnyApp, loaded: LoadedConfig, earlier: object): Promise<readonly ApiChange[]> {
  const { document } = await describeApp(definition, loaded);
  return compareApi(earlier as OpenApiDocument, document);
}

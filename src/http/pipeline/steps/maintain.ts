import { html } from "../../../security/mod.ts";
import { errors } from "../../errors.ts";
import type { MaintenanceOrder } from "../../maintenance/maintenance.ts";
import { composeHeaders } from "../answer-headers.ts";
import type { LiveExchange } from "../exchange.ts";
import { fail } from "../run.ts";

/** Answers a request during maintenance: with a page to who would rather have one, else with a problem. Nothing of it is read. */
export function answerMaintenance(exchange: LiveExchange, order: MaintenanceOrder): void {
  exchange.services.activity.started(exchange.plan.index);
  const retryAfter = String(order.retryAfterSeconds);
  const { message } = order;
  if (!wantsPage(exchange)) return fail(exchange, errors.MAINTENANCE({ message }, { headers: { "retry-after": retryAfter } }));
  const body = pageOf(message);
  const length = Buffer.byteLength(body);
  const own = ["content-type", "text/html; charset=utf-8", "content-length", String(length)];
  exchange.errorCode = errors.MAINTENANCE.code;
  exchange.settled = true;
  const headers = composeHeaders(exchange, own, ["retry-after", retryAfter]);
  exchange.transport.send(exchange, { status: 503, headers, body, length });
}

/** Browsers name pages first when they go somewhere; programs name JSON, or nothing. */
function wantsPage({ request }: LiveExchange): boolean {
  if (request.method !== "GET" && request.method !== "HEAD") return false;
  const accept = request.headers["accept"]?.toLowerCase() ?? "";
  const page = accept.indexOf("text/html");
  const json = accept.indexOf("json");
  return page !== -1 && (json === -1 || page < json);
}

function pageOf(message: string): string {
  const { title } = errors.MAINTENANCE;
  return html`<!doctype html>
    <html lang="en">
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width" />
      <title>${title}</title>
      <h1>${title}</h1>
      <p>${message}</p>
    </html> `.toString();
}

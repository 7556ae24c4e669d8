import { Secret } from "../core/mod.ts";
import { Maintenance, type MaintenanceOrder } from "../http/mod.ts";
import { type Broadcast, type Topic, defineTopic } from "./broadcast.ts";

/** An order on its way between threads; null ends the maintenance. */
type PackedOrder = (Omit<MaintenanceOrder, "bypass"> & { readonly bypass: string }) | null;

const maintenanceOrders: Topic<PackedOrder> = defineTopic("maintenance");

/** Tells all threads, those too that start later, how requests are answered. */
export function orderMaintenance(broadcast: Broadcast, order: MaintenanceOrder | null): void {
  broadcast.publish(maintenanceOrders, order === null ? null : { ...order, bypass: order.bypass.reveal() });
}

/** The switch of this thread's handler, kept at what was ordered last. */
export function obeyMaintenanceOrders(broadcast: Broadcast): Maintenance {
  const maintenance = new Maintenance();
  broadcast.subscribe(maintenanceOrders, (order) => {
    maintenance.set(order === null ? null : { ...order, bypass: new Secret(order.bypass) });
  });
  return maintenance;
}

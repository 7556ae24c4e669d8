// One contender of one case in a process of its own: `node micro-child.ts <module> <case> <contender> <warm-up ms> <measured ms>`.
import type { MicroFigures, OpenMicroSubject } from "./micro.ts";

const [moduleUrl = "", caseName = "", contender = ""] = process.argv.slice(2);
const [warmUp = 0, measured = 0] = process.argv.slice(5).map(Number);
const { open } = (await import(moduleUrl)) as { readonly open: OpenMicroSubject };
const subject = await open(caseName, contender);

/** Operations between two looks at the clock: as many as take about ten milliseconds. */
let batch = 1;
const warm = performance.now() + warmUp;
while (performance.now() < warm) {
  const start = performance.now();
  await subject.run(batch);
  const took = performance.now() - start;
  if (took < 5) batch *= 2;
  else if (took > 20 && batch > 1) batch = Math.ceil(batch / 2);
}

const cpu = process.cpuUsage();
const start = performance.now();
let operations = 0;
while (performance.now() - start < measured) {
  await subject.run(batch);
  operations += batch;
}
const seconds = (performance.now() - start) / 1_000;
const { user, system } = process.cpuUsage(cpu);
const figures: MicroFigures = {
  cpuNanoseconds: ((user + system) * 1_000) / operations,
  operationsPerSecond: operations / seconds,
  busy: (user + system) / 1e6 / seconds,
};
await subject.close?.();
process.send?.(figures, () => process.exit(0));

/** `npm run docs` prints what the docs take from the code; without `--write` it must be current. Either way the examples must work. */
import { checkBoundaries } from "./boundaries.ts";
import { checkErrors } from "./errors-reference.ts";
import { checkExamples } from "./examples.ts";

const root = process.cwd();
const write = process.argv.includes("--write");
// In a check the boundaries are a step of their own.
const table = write ? checkBoundaries(root, true).map(({ file, line, message }) => `${file}:${line} ${message}`) : [];
const faults = [...table, ...(await checkErrors(root, write)), ...(await checkExamples(root))];
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;

import { watch as watchFiles } from "node:fs";

/** An editor saves in several steps, and a switch of branches changes many files. */
const DEBOUNCE_MS = 50;
/** Parts of a path whose changes are no reason to start again: what the app writes itself, and what tools do. */
const IGNORED = /(?:^|\/)(?:node_modules|data|dist|coverage|\.(?!env(?:\.|$))[^/]*)(?:\/|$)/;
const SOURCE = /\.(?:[cm]?[jt]s|json|ya?ml|toml)$|(?:^|\/)\.env(?:\.(?:development|test|production))?$/;

/** Whether a file is one of those that an app is made of: a source, or a file of its configuration. */
export function isSource(file: string): boolean {
  return SOURCE.test(file) && !IGNORED.test(file);
}

/** Calls back once for each burst of changes to an app's files in a folder and those below it. */
export function watch(folder: string, callback: () => void): { close(): void } {
  let timer: NodeJS.Timeout | undefined;
  // Ignored folders are not even looked into: each would cost a watch of the system's, and they have thousands.
  const watcher = watchFiles(folder, { recursive: true, ignore: IGNORED }, (_event, file) => {
    if (file === null || !isSource(file)) return;
    clearTimeout(timer);
    timer = setTimeout(callback, DEBOUNCE_MS);
  });
  watcher.on("error", (error) => process.stderr.write(`some changes will not be seen: ${error.message}\n`));
  return {
    close() {
      clearTimeout(timer);
      watcher.close();
    },
  };
}

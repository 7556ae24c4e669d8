/** One difference between two documents. */
export interface ApiChange {
  /** Whether a caller that worked with the earlier document may fail with the later one. */
  readonly breaking: boolean;
  /** The operation, `GET /files/{id}`; empty for what concerns all. */
  readonly operation: string;
  /** A sentence without its full stop. */
  readonly text: string;
}

/** Takes differences as they are found. */
export interface ChangeSink {
  breaking(text: string): void;
  harmless(text: string): void;
}

/** Collects the differences of one operation. */
export function createSink(operation: string, changes: ApiChange[]): ChangeSink {
  return {
    breaking: (text) => void changes.push({ breaking: true, operation, text }),
    harmless: (text) => void changes.push({ breaking: false, operation, text }),
  };
}

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findExamples } from "../../tools/examples.ts";

const FENCE = "```";

describe("finding examples", () => {
  test("takes blocks of TypeScript that import a room, with their place", () => {
    const page = `# Title\n\n${FENCE}ts\nimport { a } from "plinth/core";\na();\n${FENCE}\n\n${FENCE}ts no-run\nimport "plinth/log";\n${FENCE}\n`;
    assert.deepEqual(findExamples("src/core/README.md", page), [
      {
        place: "src/core/README.md:3",
        name: "src-core-README-md-line-3.ts",
        code: `import { a } from "plinth/core";\na();\n`,
        runs: true,
      },
      { place: "src/core/README.md:8", name: "src-core-README-md-line-8.ts", code: `import "plinth/log";\n`, runs: false },
    ]);
  });

  test("leaves other blocks alone", () => {
    const page = `${FENCE}ts\nconst a = 1;\n${FENCE}\n${FENCE}sh\nimport "plinth/core"\n${FENCE}\n${FENCE}tsx\nimport "plinth/core"\n${FENCE}\n`;
    assert.deepEqual(
      findExamples("a.md", page).map(({ place }) => place),
      [],
    );
  });
});

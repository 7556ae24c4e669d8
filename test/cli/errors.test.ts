import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { errors } from "#src/cli/errors";

describe("an unknown command", () => {
  test("is answered with those that there are", () => {
    const { message } = errors.VERB_UNKNOWN({ verb: "strat", known: ["start", "dev"], appFound: true });
    assert.equal(message, `There is no command "strat". There are: start, dev.`);
  });

  test("may be an app's, when no app was found", () => {
    assert.match(errors.VERB_UNKNOWN({ verb: "token", known: [], appFound: false }).message, /none was found here.*--app/);
  });
});

import { testOn } from "../support/test-on.ts";

testOn("postgres");

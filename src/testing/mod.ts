export { type ConformanceCases, type ConformanceSuite, type OpenSubject, defineConformanceSuite } from "./conformance-suite.ts";
export { errors } from "./errors.ts";
export { type FakeClock, createFakeClock } from "./fake-clock.ts";
export { type FuzzOptions, type FuzzReport, type FuzzTarget, fuzzRoutes } from "./fuzz/fuzz-routes.ts";
export { type LogSinkSubject, logSinkSuite } from "./log-sink-suite.ts";
export { type TestApp, type TestAppOptions, createTestApp } from "./test-app.ts";
export type { LogLine, LogMatch, TestLog } from "./test-log.ts";
export { type TestServer, type TestServerOptions, startServer } from "./test-server.ts";

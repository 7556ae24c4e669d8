import express from "express";
import { announceReady, BODY_LIMIT, HOST, PORT } from "./settings.ts";

const app = express();
app.disable("x-powered-by");
app.disable("etag");
app.use(express.json({ limit: BODY_LIMIT }));
app.post("/orders", ({ body }, response) => {
  response.json(body);
});

app.listen(PORT, HOST, announceReady);

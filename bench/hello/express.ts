import express from "express";
import { announceReady, greet, HOST, listPaths, PORT, ROUTES } from "./settings.ts";

const app = express();
app.disable("x-powered-by");
app.disable("etag");
for (const path of listPaths(ROUTES))
  app.get(path, ({ params }, response) => {
    response.json(greet((params as { name?: string }).name));
  });

app.listen(PORT, HOST, announceReady);

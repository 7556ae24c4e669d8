import express from "express";
import { announceReady, HOST, PORT } from "../harness/environment.ts";
import { acceptSockets } from "./accept.ts";

acceptSockets(express().listen(PORT, HOST, announceReady));

// NestJS 12 on Fastify. Type stripping runs no decorators, so they are applied the way the TypeScript compiler would.
// eslint-disable-next-line import/no-unassigned-import -- the decorators below write to the Reflect that it extends
import "reflect-metadata";
import { randomUUID } from "node:crypto";
import helmet from "@fastify/helmet";
import rateLimit from "@fastify/rate-limit";
import {
  Body,
  type CanActivate,
  Controller,
  type ExecutionContext,
  HttpCode,
  Injectable,
  Module,
  Param,
  Post,
  Req,
  RequestMethod,
  UnauthorizedException,
  UseGuards,
  ValidationPipe,
} from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { JwtModule, JwtService } from "@nestjs/jwt";
import { FastifyAdapter, type NestFastifyApplication } from "@nestjs/platform-fastify";
import { IsInt, IsNotEmpty, IsString, Min } from "class-validator";
import type { FastifyReply, FastifyRequest } from "fastify";
import metrics from "fastify-metrics";
import { Logger, LoggerModule } from "nestjs-pino";
import { __decorate, __metadata, __param } from "tslib";
import { openAccessLog } from "./access-log.ts";
import { announceReady, HOST, LIMIT, ORIGIN, PORT, SECRET } from "./settings.ts";

type SignedRequest = FastifyRequest & { user: { sub: string } };

class Order {
  declare sku: string;
  declare qty: number;
}
__decorate([IsString(), IsNotEmpty()], Order.prototype, "sku", undefined);
__decorate([IsInt(), Min(1)], Order.prototype, "qty", undefined);

class JwtGuard implements CanActivate {
  readonly #jwt: JwtService;
  constructor(jwt: JwtService) {
    this.#jwt = jwt;
  }
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<SignedRequest>();
    const [scheme, token] = request.headers.authorization?.split(" ") ?? [];
    if (scheme !== "Bearer" || token === undefined) throw new UnauthorizedException();
    try {
      request.user = this.#jwt.verify(token);
    } catch {
      throw new UnauthorizedException();
    }
    return true;
  }
}
__decorate([Injectable(), __metadata("design:paramtypes", [JwtService])], JwtGuard);

class OrdersController {
  place(id: string, order: Order, request: SignedRequest): object {
    return { id, sku: order.sku, qty: order.qty, user: request.user.sub };
  }
}
__decorate(
  [
    Post(":id"),
    HttpCode(200),
    UseGuards(JwtGuard),
    __param(0, Param("id")),
    __param(1, Body()),
    __param(2, Req()),
    __metadata("design:paramtypes", [String, Order, Object]),
  ],
  OrdersController.prototype,
  "place",
  null,
);
__decorate([Controller("orders")], OrdersController);

// eslint-disable-next-line typescript/no-extraneous-class -- a Nest module is a class and its decorator
class AppModule {}
__decorate(
  [
    Module({
      imports: [
        LoggerModule.forRoot({
          // Its default pattern matches no request on this version of the Fastify adapter: nothing would be logged.
          forRoutes: [{ path: "*path", method: RequestMethod.ALL }],
          pinoHttp: {
            stream: openAccessLog(),
            // All headers by default; method and url are what was asked for.
            serializers: {
              req: ({ id, method, url }: { id: string; method: string; url: string }) => ({ id, method, url }),
              res: ({ statusCode }: { statusCode: number }) => ({ statusCode }),
            },
          },
        }),
        JwtModule.register({ secret: SECRET, verifyOptions: { algorithms: ["HS256"] } }),
      ],
      controllers: [OrdersController],
    }),
  ],
  AppModule,
);

const adapter = new FastifyAdapter({ genReqId: () => randomUUID() });
const app = await NestFactory.create<NestFastifyApplication>(AppModule, adapter, { bufferLogs: true });
app.useLogger(app.get(Logger));
app.useGlobalPipes(new ValidationPipe({ whitelist: true, transform: true }));
app.enableCors({ origin: [ORIGIN] });
app
  .getHttpAdapter()
  .getInstance()
  .addHook("onRequest", async (request: FastifyRequest, reply: FastifyReply) => {
    reply.header("x-request-id", request.id);
  });
await app.register(metrics.default, { endpoint: "/metrics", routeMetrics: { enabled: { histogram: true, summary: false } } });
await app.register(helmet);
// Not @nestjs/throttler: its memory store walks every hit of the window on every request, which at the rates of a
// benchmark would measure that list and nothing else.
await app.register(rateLimit, { max: LIMIT.requests, timeWindow: LIMIT.windowMilliseconds });
await app.listen(PORT, HOST);
announceReady();

export { type BearerOptions, type BearerRule, bearer } from "./bearer.ts";
export type { Principal, TokenPrincipal } from "./contract.ts";
export { errors } from "./errors.ts";
export type { KeyMaterial, PairAlgorithm } from "./key-pair.ts";
export { type Permission, permit } from "./permit.ts";
export {
  type SigningKeyOptions,
  type TokenIssuer,
  type TokenIssuerOptions,
  type TokenRequest,
  createTokenIssuer,
} from "./token-issuer.ts";
export type { VerificationKeyOptions } from "./verification-key.ts";

import { type JsonWebKeyInput, KeyObject, createPrivateKey, createPublicKey } from "node:crypto";
import { toError } from "../core/mod.ts";
import { errors } from "./errors.ts";

/** Algorithms with a public and a private key. */
export type PairAlgorithm = "EdDSA" | "ES256";
/** A key as an object, as PEM text, or as a JSON Web Key. */
export type KeyMaterial = KeyObject | string | JsonWebKeyInput["key"];

/**
 * The public key of some material.
 *
 * @throws E_AUTH_KEY_INVALID when it is a secret, or for another algorithm
 */
export function publicKeyOf(algorithm: PairAlgorithm, material: KeyMaterial): KeyObject {
  const key = read(algorithm, () => {
    if (material instanceof KeyObject) return material.type === "private" ? createPublicKey(material) : material;
    return typeof material === "string" ? createPublicKey(material) : createPublicKey({ key: material, format: "jwk" });
  });
  return check(algorithm, key, "public");
}

/**
 * The private key of some material.
 *
 * @throws E_AUTH_KEY_INVALID when it is a secret or a public key, or for another algorithm
 */
export function privateKeyOf(algorithm: PairAlgorithm, material: KeyMaterial): KeyObject {
  const key = read(algorithm, () => {
    if (material instanceof KeyObject) return material;
    return typeof material === "string" ? createPrivateKey(material) : createPrivateKey({ key: material, format: "jwk" });
  });
  return check(algorithm, key, "private");
}

function read(algorithm: PairAlgorithm, make: () => KeyObject): KeyObject {
  try {
    return make();
  } catch (thrown) {
    throw errors.KEY_INVALID({ key: algorithm, reason: "it cannot be read" }, { cause: toError(thrown) });
  }
}

function check(algorithm: PairAlgorithm, key: KeyObject, type: "public" | "private"): KeyObject {
  if (key.type !== type)
    throw errors.KEY_INVALID({ key: algorithm, reason: `it is a ${key.type} key, and a ${type} one is needed` });
  const fits =
    algorithm === "EdDSA"
      ? key.asymmetricKeyType === "ed25519"
      : key.asymmetricKeyType === "ec" && key.asymmetricKeyDetails?.namedCurve === "prime256v1";
  const wanted = algorithm === "EdDSA" ? "an Ed25519" : "a P-256";
  if (!fits) throw errors.KEY_INVALID({ key: algorithm, reason: `${wanted} key is needed` });
  return key;
}

import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { type Secret, isSecret } from "../core/mod.ts";
import { errors } from "./errors.ts";

const CIPHER = "aes-256-gcm";
const FORMAT = "v1";
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_ID = /^[A-Za-z0-9_-]{1,40}$/;

export interface ColumnKey {
  /** Stands in every value that it has encrypted: letters, digits, `-` and `_`. Never used again for another key. */
  readonly id: string;
  /** 32 bytes, or 64 hexadecimal digits. */
  readonly key: Uint8Array | string | Secret<Uint8Array | string>;
}

export interface EncryptedColumnOptions {
  /** `table.column`. A value copied to another column cannot be read there. */
  readonly column: string;
  /** The first encrypts; all decrypt. To rotate, put a new one in front. */
  readonly keys: readonly ColumnKey[];
}

/** Texts of one column, encrypted. */
export interface EncryptedColumn {
  /** @param row binds the value to this row: its id, which never changes. Reading then needs it too */
  encrypt(text: string, row?: string): string;
  /** @throws E_DB_CIPHERTEXT_INVALID when the value was changed, belongs elsewhere, or its key is not there */
  decrypt(stored: string, row?: string): string;
  /** Whether a value was encrypted by an older key: decrypt it, encrypt it, write it back. */
  isOutdated(stored: string): boolean;
}

/**
 * Encrypts the values of a column with AES-256-GCM (NIST SP 800-38D): who reads the database's files or backups reads nothing, and who writes
 * there is noticed. Equal texts become different values, so the column can be neither searched nor unique. One key is good for
 * 2^32 values.
 *
 * @throws E_DB_KEY_INVALID
 * @example
 * const iban = encryptedColumn({ column: "accounts.iban", keys: [{ id: "2026-01", key: config.ibanKey }] });
 * await db.query.insertInto("accounts").values({ id, iban: iban.encrypt(text, id) }).execute();
 */
export function encryptedColumn({ column, keys }: EncryptedColumnOptions): EncryptedColumn {
  const ring = new Map(keys.map(({ id, key }) => [checkedId(id), keyBytes(id, key)]));
  const newest = keys[0]?.id;
  if (newest === undefined) throw errors.KEY_INVALID({ reason: "there is none" });
  if (ring.size < keys.length) throw errors.KEY_INVALID({ reason: "two have one id" });
  return {
    encrypt(text, row = ""): string {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, ring.get(newest) as Uint8Array, nonce, { authTagLength: TAG_BYTES });
      cipher.setAAD(boundTo(newest, column, row));
      const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return `${FORMAT}.${newest}.${Buffer.concat([nonce, cipher.getAuthTag(), body]).toString("base64url")}`;
    },
    decrypt(stored, row = ""): string {
      const { id, nonce, tag, body } = parseStored(stored);
      const key = ring.get(id);
      if (key === undefined) throw errors.CIPHERTEXT_INVALID({ reason: `its key "${id}" is not among the keys` });
      try {
        const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
        decipher.setAAD(boundTo(id, column, row)).setAuthTag(tag);
        return decipher.update(body, undefined, "utf8") + decipher.final("utf8");
      } catch (cause) {
        throw errors.CIPHERTEXT_INVALID({ reason: "it was changed, or belongs to another column or row" }, { cause });
      }
    },
    isOutdated: (stored) => parseStored(stored).id !== newest,
  };
}

function checkedId(id: string): string {
  if (!KEY_ID.test(id)) throw errors.KEY_INVALID({ reason: `"${id}" is no id: letters, digits, - and _, at most 40` });
  return id;
}

function keyBytes(id: string, key: ColumnKey["key"]): Uint8Array {
  const value = isSecret(key) ? key.reveal() : key;
  const bytes = typeof value === "string" ? fromHex(value) : value;
  if (bytes.length !== KEY_BYTES) throw errors.KEY_INVALID({ reason: `"${id}" is not of 32 bytes, or 64 hexadecimal digits` });
  return Uint8Array.from(bytes);
}

function fromHex(text: string): Uint8Array {
  return /^(?:[0-9a-f]{2})*$/i.test(text) ? Buffer.from(text, "hex") : new Uint8Array();
}

interface Stored {
  readonly id: string;
  readonly nonce: Uint8Array;
  readonly tag: Uint8Array;
  readonly body: Uint8Array;
}

function parseStored(stored: string): Stored {
  const [format, id = "", data = "", ...rest] = stored.split(".");
  const bytes = Buffer.from(data, "base64url");
  // What is decoded leniently is compared strictly.
  const isWhole = bytes.length >= NONCE_BYTES + TAG_BYTES && bytes.toString("base64url") === data;
  if (format !== FORMAT || rest.length > 0 || !isWhole) {
    throw errors.CIPHERTEXT_INVALID({ reason: "it was not written by an encrypted column" });
  }
  const start = NONCE_BYTES + TAG_BYTES;
  return { id, nonce: bytes.subarray(0, NONCE_BYTES), tag: bytes.subarray(NONCE_BYTES, start), body: bytes.subarray(start) };
}

/** Lengths stand before the parts, so that no two triples spell the same; UTF-16, because UTF-8 cannot tell halves of surrogate pairs apart. */
function boundTo(id: string, column: string, row: string): Buffer {
  return Buffer.from([FORMAT, id, column, row].map((part) => `${part.length}:${part}`).join(""), "utf16le");
}

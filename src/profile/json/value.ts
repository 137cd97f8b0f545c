import type { Place } from "../../errors.js";

/**
 * A JSON text as a tree that keeps what a reader of configuration needs and `JSON.parse` throws away:
 * where everything stands, numbers as they were written, and repeated keys in their order.
 */
export type JsonValue = JsonNull | JsonBoolean | JsonNumber | JsonString | JsonArray | JsonObject;

interface Located {
  /** 0-based offset of the value's first character, in UTF-16 units. */
  readonly offset: number;
}

export interface JsonNull extends Located {
  readonly kind: "null";
}

export interface JsonBoolean extends Located {
  readonly kind: "boolean";
  readonly value: boolean;
}

export interface JsonNumber extends Located {
  readonly kind: "number";
  /** As written: a double could not hold 2^64-1. */
  readonly literal: string;
}

export interface JsonString extends Located {
  readonly kind: "string";
  readonly value: string;
}

export interface JsonArray extends Located {
  readonly kind: "array";
  readonly items: readonly JsonValue[];
}

export interface JsonObject extends Located {
  readonly kind: "object";
  readonly members: readonly JsonMember[];
}

export interface JsonMember {
  readonly key: string;
  readonly keyOffset: number;
  readonly value: JsonValue;
}

export interface JsonDocument {
  readonly root: JsonValue;
  /** The place of an offset in the text. */
  placeAt(offset: number): Place;
}

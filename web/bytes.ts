/** Bytes and digests, on WebCrypto alone. */
export type Bytes = Uint8Array<ArrayBuffer>;

export function bytes(...parts: (string | Uint8Array | number)[]): Bytes {
  const pieces = parts.map((part) =>
    typeof part === "string" ? new TextEncoder().encode(part) : typeof part === "number" ? Uint8Array.of(part) : part,
  );
  const joined = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let place = 0;
  for (const piece of pieces) {
    joined.set(piece, place);
    place += piece.length;
  }
  return joined;
}

export async function sha256(...parts: (string | Uint8Array | number)[]): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes(...parts)));
}

export function toHex(data: Uint8Array): string {
  return [...data].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function fromBase64(text: string): Bytes {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}

export function same(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, i) => byte === right[i]);
}

import { type Bytes, bytes, fromBase64, fromHex, same, sha256, toHex } from "./bytes";

/** What `/api/v1/statements/{digest}/proof` answers: everything needed to recompute the signed root from the statement's own words. */
export interface Proof {
  commitment: string;
  shown: Record<string, { text: string; secret: string }>;
  hidden: Record<string, string>;
  batch: { index: number; count: number; root: string; path: string[] } | null;
  leaf: string;
  index: number;
  size: number;
  root: string;
  path: string[];
  checkpoint: string;
  vkey: string;
}

export interface Step {
  what: string;
  ok: boolean;
}

const GROUPS = ["content", "source", "asserter", "handling", "header"];
const LEAF_COMMITMENT = 16;

/** Recompute every hash from the shown words up to the signed checkpoint. A step that fails ends the list. */
export async function verify(proof: Proof): Promise<Step[]> {
  const steps: Step[] = [];
  const add = (what: string, ok: boolean): boolean => {
    steps.push({ what, ok });
    return ok;
  };
  const commitment = await commitmentOf(proof);
  const shown = Object.keys(proof.shown).join(", ") || "none";
  if (!add(`The statement's words (${shown}) give its commitment`, toHex(commitment) === proof.commitment)) return steps;
  const leaf = fromHex(proof.leaf);
  const inLeaf = leaf.slice(LEAF_COMMITMENT, LEAF_COMMITMENT + 32);
  if (proof.batch) {
    const { index, count, root, path } = proof.batch;
    const found = await climb(commitment, index, count, path);
    const bound = await sha256("saksi/b1\0", uint32(count), found);
    const ok = toHex(found) === root && same(bound, inLeaf);
    if (!add(`It is statement ${index + 1} of ${count} in its batch`, ok)) return steps;
  } else if (!add("Its commitment stands in the leaf", same(commitment, inLeaf))) return steps;
  const top = await climb(await sha256(0, leaf), proof.index, proof.size, proof.path);
  if (!add(`Leaf ${proof.index} leads to the root of the ledger of ${proof.size} leaves`, toHex(top) === proof.root)) return steps;
  const lines = proof.checkpoint.split("\n");
  const named = lines[1] === String(proof.size) && lines[2] !== undefined && toHex(fromBase64(lines[2])) === proof.root;
  if (!add("The checkpoint names this size and this root", named)) return steps;
  const signed = await signatureHolds(proof);
  if (signed !== null) add("The checkpoint is signed with this node's key", signed);
  return steps;
}

/** The root that a path leads to (RFC 9162, section 2.1.3.2). Throws where the path has the wrong length. */
async function climb(leaf: Bytes, index: number, size: number, path: readonly string[]): Promise<Bytes> {
  if (!(index >= 0 && index < size)) throw new Error("the index is outside the tree");
  let node = BigInt(index);
  let last = BigInt(size - 1);
  let found = leaf;
  for (const step of path) {
    if (last === 0n) throw new Error("the path is too long");
    if (node % 2n === 1n || node === last) {
      found = await sha256(1, fromHex(step), found);
      while (node % 2n === 0n && node > 0n) {
        node /= 2n;
        last /= 2n;
      }
    } else found = await sha256(1, found, fromHex(step));
    node /= 2n;
    last /= 2n;
  }
  if (last !== 0n) throw new Error("the path is too short");
  return found;
}

async function commitmentOf(proof: Proof): Promise<Bytes> {
  const count = Object.keys(proof.shown).length + Object.keys(proof.hidden).length;
  let level: Bytes[] = [];
  for (const name of GROUPS.slice(0, count)) {
    const open = proof.shown[name];
    const closed = proof.hidden[name];
    if (open) level.push(await sha256(0, fromHex(open.secret), open.text));
    else if (closed) level.push(fromHex(closed));
    else throw new Error(`the group ${name} is missing`);
  }
  while (level.length > 1) {
    const above: Bytes[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const [left, right] = [level[i], level[i + 1]];
      if (left) above.push(right ? await sha256(1, left, right) : left);
    }
    level = above;
  }
  return sha256("saksi/c1\0", count, level[0] ?? bytes());
}

/** Whether the node's Ed25519 key signed the checkpoint; null where this browser cannot check Ed25519. */
async function signatureHolds(proof: Proof): Promise<boolean | null> {
  const [name, id, key] = proof.vkey.split("+", 3);
  if (!name || !id || !key) return false;
  const material = fromBase64(proof.vkey.slice(name.length + id.length + 2));
  if (material[0] !== 1) return null;
  let verifier: CryptoKey;
  try {
    verifier = await crypto.subtle.importKey("raw", material.slice(1), { name: "Ed25519" }, false, ["verify"]);
  } catch {
    return null;
  }
  const cut = proof.checkpoint.indexOf("\n\n");
  const text = new TextEncoder().encode(proof.checkpoint.slice(0, cut + 1));
  for (const line of proof.checkpoint.slice(cut + 2).split("\n")) {
    const [dash, signer, blob] = line.split(" ");
    if (dash !== "—" || signer !== name || !blob) continue;
    const data = fromBase64(blob);
    if (toHex(data.slice(0, 4)) !== id) continue;
    if (await crypto.subtle.verify("Ed25519", verifier, data.slice(4), text)) return true;
  }
  return false;
}

function uint32(value: number): Bytes {
  const made = new Uint8Array(4);
  new DataView(made.buffer).setUint32(0, value);
  return made;
}

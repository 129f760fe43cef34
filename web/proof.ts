import { type Bytes, bytes, fromBase64, same, sha256, toHex } from "./bytes";

/** A proof file (`saksi verify` reads the same): a statement's words, opened or closed, its leaf, and the log's own proof. */
interface Proof {
  saksi: string;
  origin: string;
  ref: string;
  leaf: string;
  log: string;
  groups: Record<string, { is: string; secret: string } | { hash: string }>;
  batch?: { index: number; count: number; root: string; path: string[] };
}

interface LogProof {
  index: number;
  path: string[];
  checkpoint: string;
  origin: string;
  size: number;
  root: Bytes;
}

export interface Step {
  what: string;
  ok: boolean;
}

const GROUPS = ["content", "source", "asserter", "handling", "header"];
const LEAF_COMMITMENT = 16;

/**
 * Recompute every hash from the shown words up to the signed checkpoint. A step that fails ends the list.
 * `asked` is the commitment the page is about; `vkey` the node's public key.
 */
export async function verify(text: string, asked: string, vkey: string): Promise<Step[]> {
  const proof = JSON.parse(text) as Proof;
  if (proof.saksi !== "proof/1") throw new Error(`a proof of version ${proof.saksi} is not known here`);
  const steps: Step[] = [];
  const add = (what: string, ok: boolean): boolean => {
    steps.push({ what, ok });
    return ok;
  };
  const commitment = await commitmentOf(proof);
  const opened = GROUPS.filter((name) => proof.groups[name] && "is" in proof.groups[name]).join(", ") || "none";
  const named = toHex(commitment) === asked && proof.ref === `${proof.origin}#${asked}`;
  if (!add(`The statement's own words (${opened}) give its commitment`, named)) return steps;
  const leaf = fromBase64(proof.leaf);
  const inLeaf = leaf.slice(LEAF_COMMITMENT, LEAF_COMMITMENT + 32);
  if (proof.batch) {
    const { index, count, root, path } = proof.batch;
    const found = await climb(commitment, index, count, path);
    const ok = same(found, fromBase64(root)) && same(await sha256("saksi/b1\0", uint32(count), found), inLeaf);
    if (!add(`It is statement ${index + 1} of ${count} in its batch`, ok)) return steps;
  } else if (!add("The commitment stands in its leaf", same(commitment, inLeaf))) return steps;
  const log = readLogProof(proof.log);
  const top = await climb(await sha256(0, leaf), log.index, log.size, log.path);
  if (!add(`Leaf ${log.index} leads to the root of the ledger of ${log.size} leaves`, same(top, log.root))) return steps;
  if (!add("The checkpoint is one of this ledger", log.origin === proof.origin)) return steps;
  const signed = await signatureHolds(log.checkpoint, vkey);
  if (signed === null) add("The signature was not checked: this browser does not know Ed25519", true);
  else add("The checkpoint is signed with this node's key", signed);
  return steps;
}

function readLogProof(text: string): LogProof {
  const cut = text.indexOf("\n\n");
  const [header, ...lines] = text.slice(0, cut).split("\n");
  if (cut < 0 || header !== "c2sp.org/tlog-proof@v1") throw new Error("the log's proof cannot be read");
  if (lines[0]?.startsWith("extra ")) lines.shift();
  const index = /^index (0|[1-9][0-9]{0,15})$/.exec(lines.shift() ?? "")?.[1];
  const checkpoint = text.slice(cut + 2);
  const [origin, size, root] = checkpoint.split("\n");
  if (!index || !origin || !size || !/^[1-9][0-9]{0,15}$/.test(size) || !root) throw new Error("the log's proof cannot be read");
  return { index: Number(index), path: lines, checkpoint, origin, size: Number(size), root: fromBase64(root) };
}

/** The root that a path leads to (RFC 9162, section 2.1.3.2). Throws where the path has the wrong length. */
async function climb(leaf: Bytes, index: number, size: number, path: readonly string[]): Promise<Bytes> {
  if (!(index >= 0 && index < size)) throw new Error("the index is outside the tree");
  let node = BigInt(index);
  let last = BigInt(size - 1);
  let found = leaf;
  for (const step of path) {
    if (last === 0n) throw new Error("the path is too long");
    const sibling = fromBase64(step);
    if (node % 2n === 1n || node === last) {
      found = await sha256(1, sibling, found);
      while (node % 2n === 0n && node > 0n) {
        node /= 2n;
        last /= 2n;
      }
    } else found = await sha256(1, found, sibling);
    node /= 2n;
    last /= 2n;
  }
  if (last !== 0n) throw new Error("the path is too short");
  return found;
}

async function commitmentOf(proof: Proof): Promise<Bytes> {
  const count = Object.keys(proof.groups).length;
  let level: Bytes[] = [];
  for (const name of GROUPS.slice(0, count)) {
    const group = proof.groups[name];
    if (!group) throw new Error(`the group ${name} is missing`);
    level.push("is" in group ? await sha256(0, fromBase64(group.secret), group.is) : fromBase64(group.hash));
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
async function signatureHolds(checkpoint: string, vkey: string): Promise<boolean | null> {
  const [name, id] = vkey.split("+", 2);
  if (!name || !id) return false;
  const material = fromBase64(vkey.slice(name.length + id.length + 2));
  if (material[0] !== 1) return null;
  let key: CryptoKey;
  try {
    key = await crypto.subtle.importKey("raw", material.slice(1), { name: "Ed25519" }, false, ["verify"]);
  } catch {
    return null;
  }
  const cut = checkpoint.indexOf("\n\n");
  const text = bytes(checkpoint.slice(0, cut + 1));
  for (const line of checkpoint.slice(cut + 2).split("\n")) {
    const [dash, signer, blob] = line.split(" ");
    if (dash !== "—" || signer !== name || !blob) continue;
    const data = fromBase64(blob);
    if (toHex(data.slice(0, 4)) === id && (await crypto.subtle.verify("Ed25519", key, data.slice(4), text))) return true;
  }
  return false;
}

function uint32(value: number): Bytes {
  const made = new Uint8Array(4);
  new DataView(made.buffer).setUint32(0, value);
  return made;
}

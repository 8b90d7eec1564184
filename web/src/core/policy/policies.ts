/**
 * The organisation's policies as this device has them (R36, R43). They are no secret: list and texts are kept as plain records, so that
 * they can be read without a network and before anybody has signed in. What a person accepted is theirs: it is told by the server while
 * they are signed in and never kept here.
 *
 * Invariant: a text is shown, kept and accepted only when its SHA-256 is the one that the list names.
 */
import * as v from 'valibot';
import { base64url } from '../../crypto/names.ts';
import { utf8 } from '../../crypto/bytes.ts';
import type { Policy, PolicyRef } from '../contract.ts';
import { Fault, Unreachable } from '../fault.ts';
import type { Remote } from '../remote/remote.ts';
import type { Store } from '../store/store.ts';

const listName = 'policy/list';
const textName = ({ policy, version }: PolicyRef) => `policy/text/${policy}/${version}`;

const kept = v.array(
  v.object({
    policy: v.string(),
    version: v.number(),
    title: v.string(),
    kind: v.string(),
    summary: v.string(),
    supersedes: v.optional(v.string()),
    effectiveAt: v.number(),
    reviewAt: v.number(),
    required: v.boolean(),
    graceMs: v.number(),
    hash: v.string(),
  }),
);
type Kept = v.InferOutput<typeof kept>[number];

export class Policies {
  readonly #remote: Remote;
  readonly #disk: () => Promise<Store>;

  constructor(remote: Remote, disk: () => Promise<Store>) {
    this.#remote = remote;
    this.#disk = disk;
  }

  /** Those in force. For somebody who is signed in, as they stand with them; else, or without a network, as they were last seen here. */
  async list(signedIn: boolean): Promise<Policy[]> {
    if (signedIn) {
      try {
        return await this.#fetch();
      } catch (thrown) {
        if (!(thrown instanceof Unreachable)) throw thrown;
      }
    }
    return (await this.#kept()).map((each) => ({ ...each, needed: false, asKept: true }));
  }

  async text(wanted: PolicyRef, signedIn: boolean): Promise<{ text: string }> {
    const hash = (await this.#kept()).find(
      ({ policy, version }) => policy === wanted.policy && version === wanted.version,
    )?.hash;
    const disk = await this.#disk();
    const here = await disk.get(textName(wanted));
    if (hash !== undefined && typeof here === 'string' && (await isOf(here, hash))) return { text: here };
    if (!signedIn) throw new Fault('policy_not_here');
    const { text } = await this.#remote.policies.text(wanted.policy, wanted.version);
    if (hash === undefined || !(await isOf(text, hash))) throw new Fault('policy_changed');
    await disk.change({ put: [[textName(wanted), text]] });
    return { text };
  }

  async accept({ policy, version }: PolicyRef, hash: string): Promise<void> {
    await this.#remote.policies.accept(policy, version, hash);
  }

  async defer({ policy, version }: PolicyRef): Promise<{ until: number }> {
    return this.#remote.policies.defer(policy, version);
  }

  async #fetch(): Promise<Policy[]> {
    const { policies } = await this.#remote.policies.list();
    const list = policies.map(({ graceMillis: graceMs, supersedes, acceptedAt, deferredUntil, needed, ...rest }) => ({
      card: { ...rest, graceMs, ...(supersedes ? { supersedes } : {}) },
      mine: { ...(acceptedAt ? { acceptedAt } : {}), ...(deferredUntil ? { deferredUntil } : {}), needed },
    }));
    await this.#keep(list.map(({ card }) => card));
    return list.map(({ card, mine }) => ({ ...card, ...mine }));
  }

  /** Keeps the list, and takes away the texts that it does not name any more. */
  async #keep(cards: Kept[]): Promise<void> {
    const disk = await this.#disk();
    const names = new Set(cards.map(textName));
    const old = (await disk.all('policy/text/')).map(([name]) => name).filter((name) => !names.has(name));
    await disk.change({ put: [[listName, cards]], remove: old });
    void this.#fetchTexts(cards).catch(() => undefined);
  }

  /** So that each can be read when the network has gone. */
  async #fetchTexts(cards: Kept[]): Promise<void> {
    for (const card of cards) await this.text(card, true);
  }

  async #kept(): Promise<Kept[]> {
    const found = v.safeParse(kept, await (await this.#disk()).get(listName));
    return found.success ? found.output : [];
  }
}

async function isOf(text: string, hash: string): Promise<boolean> {
  return base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', utf8(text)))) === hash;
}

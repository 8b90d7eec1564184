/**
 * Keys that were made for somebody and that they cannot use (docs/protocol.md, section 7.7): saying so, hearing of it, and giving the key to
 * whoever is affected.
 *
 * Invariant: a complaint of somebody else makes nobody rotate and stops nothing.
 */
import { type Bytes, equal, hex, order } from '../../crypto/bytes.ts';
import { problemOf, signComplaint, verifyComplaint } from '../../crypto/complaint.ts';
import type { Epoch } from '../../crypto/epoch.ts';
import { mayRead } from '../../crypto/grant.ts';
import type { Complaint } from '../../crypto/layouts/complaint.ts';
import { Refusal } from '../../crypto/refusal.ts';
import { giveEpochs } from './grants.ts';
import { currentEpoch } from './rotate.ts';
import type { Thread } from './thread.ts';

type Known = { value: Complaint; epoch: Epoch; at: number; answered: boolean };

const hour = 3_600_000;
/** How many epochs I make in an hour because of my own complaints: a bad author must not get two of us to go on for ever. */
const mostRotations = 3;
/** Those who answer at once; everybody else only what nobody has answered for a while. */
const first = 2;
const patience = 60_000;

export class Complaints {
  readonly #thread: Thread;
  #known: readonly Known[] = [];
  #count = 0;
  #mine = new Set<number>();
  #given = new Set<string>();
  #rotations: number[] = [];
  #busy = false;
  #again = false;

  constructor(thread: Thread) {
    this.#thread = thread;
  }

  /** Those about one epoch. */
  about(number: number): readonly Known[] {
    return this.#known.filter(({ value }) => value.epoch === number);
  }

  /** The server tells how many there are. */
  learnCount(count: number): void {
    if (count <= this.#count || this.#thread.left) return;
    this.#count = count;
    this.settled(true);
  }

  /** The log has been judged as far as it goes: there may be something to say, and to answer. */
  settled(fetch = false): void {
    const wanted = fetch || this.#thread.secrets.spoilt.some(({ number }) => !this.#mine.has(number));
    if (!wanted && this.#unanswered().length === 0) return;
    if (this.#busy) {
      this.#again ||= fetch;
      return;
    }
    this.#busy = true;
    void this.#run(fetch)
      .catch(() => undefined) // without the network it is tried again when the thread changes
      .finally(() => {
        this.#busy = false;
        const again = this.#again;
        this.#again = false;
        if (again) this.settled(true);
      });
  }

  async #run(fetch: boolean): Promise<void> {
    const thread = this.#thread;
    if (fetch) await this.#fetch();
    if (thread.records.frozen || thread.left || thread.ward.closed()) return;
    for (const { number, code, envelope } of thread.secrets.spoilt)
      await this.#raise(number, problemOf(code), envelope);
    for (const each of this.#unanswered()) await this.#answer(each);
  }

  async #fetch(): Promise<void> {
    const thread = this.#thread;
    const { membership } = thread.records;
    if (!membership) return;
    const { complaints } = await thread.ward.remote.threads.complaints(thread.id);
    const known: Known[] = [];
    await thread.ward.people.ensure([...membership.current.members.values()].map(({ person }) => person));
    for (const { complaint, at, answered } of complaints) {
      try {
        const epochs = (number: number) => thread.records.epoch(number);
        const verified = await verifyComplaint(complaint, { membership, epochs, people: thread.ward.people.log });
        known.push({ ...verified, at, answered });
        if (equal(verified.value.person, thread.ward.me.person)) this.#mine.add(verified.value.epoch);
      } catch (thrown) {
        if (!(thrown instanceof Refusal)) throw thrown; // what is not genuine is nobody's complaint
      }
    }
    this.#known = known;
    thread.changed();
  }

  async #raise(number: number, problem: Complaint['problem'] | undefined, envelope: Bytes): Promise<void> {
    const thread = this.#thread;
    const epoch = thread.records.epoch(number);
    const { me, now, remote } = thread.ward;
    if (!epoch || !problem || this.#mine.has(number) || equal(epoch.core.person, me.person)) return;
    const value = { thread: thread.bytes, epoch: number, record: epoch.recordHash, problem, envelope, issued: now() };
    await remote.threads.complain(thread.id, await signComplaint(value, me));
    this.#mine.add(number);
    await this.#fetch();
    const newest = thread.records.newest?.epoch.core.epoch === number;
    this.#rotations = this.#rotations.filter((at) => now() - at < hour);
    if (!newest || !thread.mayPost || this.#rotations.length >= mostRotations) return;
    this.#rotations.push(now());
    await currentEpoch(thread);
  }

  /** What I can help with: I hold the key, somebody else made it, and who complained may have it. */
  #unanswered(): Known[] {
    const thread = this.#thread;
    const { me, now } = thread.ward;
    const members = [...(thread.membership?.members.values() ?? [])];
    return this.#known.filter(({ value, epoch, at, answered }) => {
      if (answered || this.#given.has(nameOf(value)) || value.problem === 'wrong-state') return false;
      if (equal(value.person, me.person) || equal(epoch.core.person, me.person)) return false;
      const target = thread.membership?.members.get(hex(value.person));
      if (!target || !mayRead(target, epoch) || !thread.secrets.has(value.epoch)) return false;
      const able = members
        .filter(
          ({ person, role }) =>
            role !== 'reader' && ![value.person, epoch.core.person].some((each) => equal(each, person)),
        )
        .sort((a, b) => order(a.person, b.person));
      const rank = able.findIndex(({ person }) => equal(person, me.person));
      return rank >= 0 && (rank < first || now() - at > patience);
    });
  }

  async #answer({ value, epoch }: Known): Promise<void> {
    this.#given.add(nameOf(value));
    await giveEpochs(this.#thread, value.person, (each) => each === epoch);
  }
}

const nameOf = ({ epoch, person }: Complaint): string => `${epoch} ${hex(person)}`;
